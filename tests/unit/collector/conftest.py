"""Open a real central database in a SQLite file, for the collector's parts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import central_database
from tests.central_database import Central


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated file to copy from."""
    path = tmp_path_factory.mktemp("collector") / "template.db"
    central_database.migrated(f"sqlite:///{path}")
    return path


@pytest.fixture
def central(migrated: Path, tmp_path: Path) -> Iterator[Central]:
    """Yield a central database with the monitors api and db."""
    with central_database.opened(central_database.copied(migrated, tmp_path)) as opened:
        for name in ("api", "db"):
            opened.writer.register(
                central_database.monitor(name), namespace_uid="ns", now=central_database.NOON
            )
        yield opened
