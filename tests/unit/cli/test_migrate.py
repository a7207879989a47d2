import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from allswell import cli
from tests import postgres


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    with postgres.running() as running:
        yield running


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))]
)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'central.sqlite'}"
        return
    server: postgres.Server = request.getfixturevalue("server")
    yield server.create("migrated")
    server.drop("migrated")


@pytest.mark.integration
def test_an_empty_database_is_brought_to_this_version_once(
    capsys: pytest.CaptureFixture[str], address: str
) -> None:
    assert cli.main(["migrate", "--database-url", address]) == 0
    assert capsys.readouterr().out.endswith(": migrated from nothing\n")
    assert cli.main(["migrate", "--database-url", address]) == 0
    seen = capsys.readouterr().out
    assert seen.startswith("the database is at ")
    assert "migrated" not in seen


def test_a_database_of_a_newer_version_is_refused_and_left_alone(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "central.sqlite"
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        database.execute("INSERT INTO alembic_version VALUES ('r9999')")
    database.close()
    assert cli.main(["migrate", "--database-url", f"sqlite:///{file}"]) == 1
    assert "r9999" in capsys.readouterr().err
    with sqlite3.connect(file) as database:
        tables = database.execute("SELECT name FROM sqlite_master").fetchall()
    database.close()
    assert tables == [("alembic_version",)]


@pytest.mark.parametrize(
    "url",
    [
        "mysql://allswell:hunter2@db/allswell",
        "postgresql://allswell:hunter2@db:port/allswell",
        "hunter2",
        "sqlite://",
    ],
)
def test_a_bad_address_is_bad_input_and_its_password_is_not_repeated(
    capsys: pytest.CaptureFixture[str], url: str
) -> None:
    assert cli.main(["migrate", "--database-url", url]) == 2
    seen = capsys.readouterr()
    assert "write" in seen.err
    assert "hunter2" not in seen.err + seen.out


def test_a_server_that_is_away_is_told_without_the_password(
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = "postgresql://allswell:hunter2@127.0.0.1:1/allswell"
    assert cli.main(["migrate", "--database-url", url]) == 1
    seen = capsys.readouterr()
    assert "hunter2" not in seen.err + seen.out
    assert len(seen.err.splitlines()) == 1
