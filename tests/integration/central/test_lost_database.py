"""Test that a lost database is reported soon, and used again when it is back."""

import os
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from allswell.central import session
from allswell.central.errors import DatabaseFailed, DatabaseFull, DatabaseUnavailable
from allswell.domain.state import State
from tests import central_database, postgres
from tests.central_database import NOON, Central, transition

pytestmark = pytest.mark.integration
PATIENCE = timedelta(seconds=1)


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    """Yield a server that a test may stop."""
    with postgres.running() as running:
        central_database.migrated(running.create("central"))
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a migrated SQLite file."""
    path = tmp_path / "central.db"
    central_database.migrated(f"sqlite:///{path}")
    return path


def started(central: Central) -> int:
    central.writer.start(NOON)
    return central.add().id


def fill(central: Central, row: int) -> None:
    for sequence in range(10_000):
        central.writer.accept_transition(row, transition(sequence, State.UP, NOON), NOON)


@pytest.mark.needs("postgresql")
def test_a_server_that_stops_is_unavailable_and_used_again_afterwards(
    server: postgres.Server,
) -> None:
    with central_database.opened(server.url("central"), PATIENCE) as central:
        row = started(central)
        server.stop()
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable) as caught:
                central.writer.accept_transition(row, transition(1, State.UP, NOON), NOON)
            with pytest.raises(DatabaseUnavailable):
                central.reader.pages()
        assert postgres.PASSWORD not in str(caught.value)
        server.start()
        assert central.writer.accept_transition(row, transition(1, State.UP, NOON), NOON)


@pytest.mark.needs("postgresql")
def test_a_server_that_stops_within_a_transaction_keeps_nothing_of_it(
    server: postgres.Server,
) -> None:
    with central_database.opened(server.url("central"), PATIENCE) as central:
        started(central)

        def stop_between() -> None:
            with session.writing(central.engine) as connection:
                connection.exec_driver_sql("DELETE FROM store")
                server.stop()
                connection.exec_driver_sql("DELETE FROM monitor")

        with pytest.raises(DatabaseUnavailable):
            stop_between()
        server.start()
        assert central.counts()["store"] == 1


@pytest.mark.needs("postgresql")
def test_a_row_that_somebody_holds_is_waited_for_no_longer_than_patience(
    server: postgres.Server,
) -> None:
    with central_database.opened(server.url("central"), PATIENCE) as central:
        row = started(central)
        with central.engine.begin() as other:
            other.exec_driver_sql("SELECT id FROM monitor FOR UPDATE")
            with pytest.raises(DatabaseUnavailable, match="lock timeout"):
                central.writer.accept_transition(row, transition(1, State.UP, NOON), NOON)
        assert central.writer.accept_transition(row, transition(1, State.UP, NOON), NOON)


@pytest.mark.needs("postgresql")
def test_a_query_without_end_is_ended(server: postgres.Server) -> None:
    with central_database.opened(server.url("central"), PATIENCE) as central:
        with (
            pytest.raises(DatabaseUnavailable, match="statement timeout"),
            session.reading(central.engine) as connection,
        ):
            connection.exec_driver_sql("SELECT pg_sleep(60)")
        assert central.reader.pages() == ()


@pytest.mark.needs("postgresql")
def test_a_reader_cannot_write(server: postgres.Server) -> None:
    with (
        central_database.opened(server.url("central")) as central,
        pytest.raises(DatabaseUnavailable, match="read-only"),
        session.reading(central.engine) as connection,
    ):
        connection.exec_driver_sql("DELETE FROM monitor")


def test_a_file_that_another_locks_is_unavailable_until_it_lets_go(file: Path) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    with central_database.opened(f"sqlite:///{file}", timedelta(milliseconds=200)) as central:
        row = started(central)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailable, match="locked"):
            central.writer.accept_transition(row, transition(1, State.UP, NOON), NOON)
        assert len(central.writer.living()) == 1
        other.execute("ROLLBACK")
        assert central.writer.accept_transition(row, transition(1, State.UP, NOON), NOON)
    other.close()


def test_a_full_file_says_so_and_takes_more_when_there_is_room(file: Path) -> None:
    with central_database.opened(f"sqlite:///{file}") as central:
        row = started(central)
        with central.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
        with pytest.raises(DatabaseFull):
            fill(central, row)
        kept = central.counts()["transition"]
        with central.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 100000")
        sent = transition(20_000, State.UP, NOON)
        assert central.writer.accept_transition(row, sent, NOON)
        assert central.counts()["transition"] == kept + 1


def test_a_file_whose_folder_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with (
        central_database.opened(f"sqlite:///{tmp_path / 'no' / 'central.db'}") as central,
        pytest.raises(DatabaseUnavailable),
    ):
        central.reader.pages()


def test_a_file_that_is_no_database_fails_for_good(tmp_path: Path) -> None:
    path = tmp_path / "central.db"
    path.write_bytes(os.urandom(8192))
    with central_database.opened(f"sqlite:///{path}") as central, pytest.raises(DatabaseFailed):
        central.reader.pages()
