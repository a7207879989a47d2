"""The story that the tests of this room tell."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import centre
from tests.unit.controller.hostnames.story import Story


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    url = f"sqlite:///{tmp_path / 'centre.db'}"
    centre.migrated(url)
    with centre.opened(url) as opened:
        opened.writer.start(centre.NOON)
        yield Story(opened)
