"""Addresses of databases."""

from pathlib import Path

import pytest

from allswell.central import engine
from allswell.central.errors import BadDatabaseUrl, DatabaseUnavailable
from allswell.central.reader import CentralReader


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_is_the_same_driver(scheme: str) -> None:
    made = engine.connect(f"{scheme}://me@db/central")
    assert made.url.drivername == "postgresql+psycopg"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "not a url",
        "mysql://me:hunter2@db/central",
        "postgresql://me:hunter2@db:port/central",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_what_is_no_usable_address_says_what_to_write(url: str) -> None:
    with pytest.raises(BadDatabaseUrl, match="write") as caught:
        engine.connect(url)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_password_is_not_in_the_error_of_a_server_that_is_not_there() -> None:
    made = engine.connect("postgresql://me:hunter2@127.0.0.1:1/central")
    with pytest.raises(DatabaseUnavailable) as caught:
        CentralReader(made).pages()
    assert "hunter2" not in f"{caught.value} {caught.value.__cause__} {made}"


def test_a_sqlite_file_is_written_ahead_and_keeps_its_references(tmp_path: Path) -> None:
    made = engine.connect(f"sqlite:///{tmp_path / 'central.db'}")
    with made.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    made.dispose()
