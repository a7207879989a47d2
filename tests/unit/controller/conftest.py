"""A world for the operator's parts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import central_database
from tests.unit.controller.objects import NOW
from tests.unit.controller.world import World


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated file to copy from."""
    path = tmp_path_factory.mktemp("operator") / "template.db"
    central_database.migrated(f"sqlite:///{path}")
    return path


@pytest.fixture
def world(empty_database: Path, tmp_path: Path) -> Iterator[World]:
    """Yield the operator's parts, with the namespace acme and nothing in it."""
    with central_database.opened(central_database.copied(empty_database, tmp_path)) as opened:
        opened.writer.start(NOW)
        yield World(opened)
