"""Provide the central database on both kinds of server, new for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import central_database, postgres
from tests.central_database import NOON, Central


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """Yield a PostgreSQL server with a migrated database, `central`."""
    with postgres.running() as running:
        central_database.migrated(running.create("central"))
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
def kind(request: pytest.FixtureRequest) -> str:
    """Return which of the two databases a test runs on."""
    return str(request.param)


@pytest.fixture
def empty(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Yield the address of a database without tables."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: postgres.Server = request.getfixturevalue("server")
    yield server.create("empty")
    server.drop("empty")


@pytest.fixture
def address(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """Return the address of a migrated database."""
    if kind == "sqlite":
        return central_database.copied(request.getfixturevalue("template"), tmp_path)
    server: postgres.Server = request.getfixturevalue("server")
    # Emptying takes a tenth of the time that a copy does.
    central_database.emptied(server.url("central"))
    return server.url("central")


@pytest.fixture
def central(address: str) -> Iterator[Central]:
    """Yield a central database that was started at noon."""
    with central_database.opened(address) as opened:
        opened.writer.start(NOON)
        yield opened
