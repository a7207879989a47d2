"""The central database on both kinds of server, made anew for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import centre, postgres
from tests.centre import NOON, Centre


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """A PostgreSQL server with a migrated database, `centre`."""
    with postgres.running() as running:
        centre.migrated(running.create("centre"))
        yield running


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy from."""
    path = tmp_path_factory.mktemp("central") / "template.db"
    centre.migrated(f"sqlite:///{path}")
    return path


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))]
)
def kind(request: pytest.FixtureRequest) -> str:
    """Which of the two databases a test runs on."""
    return str(request.param)


@pytest.fixture
def empty(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database without tables."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: postgres.Server = request.getfixturevalue("server")
    yield server.create("empty")
    server.drop("empty")


@pytest.fixture
def address(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The address of a migrated database."""
    if kind == "sqlite":
        return centre.copied(request.getfixturevalue("template"), tmp_path)
    server: postgres.Server = request.getfixturevalue("server")
    # Emptying takes a tenth of the time that a copy does.
    centre.emptied(server.url("centre"))
    return server.url("centre")


@pytest.fixture
def central(address: str) -> Iterator[Centre]:
    """A centre that was started at noon."""
    with centre.opened(address) as opened:
        opened.writer.start(NOON)
        yield opened
