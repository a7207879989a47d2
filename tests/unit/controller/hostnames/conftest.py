"""The story that the tests of this room tell."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import central_database
from tests.unit.controller.hostnames.story import Story


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    url = f"sqlite:///{tmp_path / 'central.db'}"
    central_database.migrated(url)
    with central_database.opened(url) as opened:
        opened.writer.start(central_database.NOON)
        yield Story(opened)
