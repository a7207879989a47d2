"""Provide central databases for simulations, on both kinds of server, that do not sync to disk."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from tests import central_database, postgres
from tests.central_database import Central


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """Yield a PostgreSQL server."""
    with postgres.running() as running:
        yield running


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated SQLite file to copy from."""
    path = tmp_path_factory.mktemp("central") / "template.db"
    central_database.migrated(f"sqlite:///{path}")
    return path


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))]
)
def both(request: pytest.FixtureRequest, tmp_path: Path, template: Path) -> Iterator[Central]:
    """Yield a central database of its own, on each of the two."""
    if request.param == "sqlite":
        yield from _in_sqlite(template, tmp_path)
        return
    server: postgres.Server = request.getfixturevalue("server")
    address = server.create("simulated")
    central_database.migrated(address)
    with central_database.opened(address) as opened:
        yield opened
    server.drop("simulated")


@pytest.fixture
def central(tmp_path: Path, template: Path) -> Iterator[Central]:
    """Yield a central database in a SQLite file of its own."""
    yield from _in_sqlite(template, tmp_path)


def _in_sqlite(template: Path, folder: Path) -> Iterator[Central]:
    with central_database.opened(central_database.copied(template, folder)) as opened:
        event.listen(opened.engine, "connect", do_not_sync)
        yield opened


def do_not_sync(connection: object, _: object) -> None:
    """Skip syncing: nothing is kept, so nothing need reach the disk."""
    connection.execute("PRAGMA synchronous = OFF")  # type: ignore[attr-defined]
