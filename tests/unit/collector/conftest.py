"""A real centre in a SQLite file, for the collector's parts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import centre
from tests.centre import Centre


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy from."""
    path = tmp_path_factory.mktemp("collector") / "template.db"
    centre.migrated(f"sqlite:///{path}")
    return path


@pytest.fixture
def central(migrated: Path, tmp_path: Path) -> Iterator[Centre]:
    """A centre's database with the monitors api and db."""
    with centre.opened(centre.copied(migrated, tmp_path)) as opened:
        for name in ("api", "db"):
            opened.writer.register(centre.monitor(name), namespace_uid="ns", now=centre.NOON)
        yield opened
