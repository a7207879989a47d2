"""An open store and hands to fill it, for every test of the room."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from allswell.store import Store
from tests.unit.store.examples import NOW

Open = Callable[..., Store]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "checker.db"


@pytest.fixture
def opened(path: Path) -> Iterator[Open]:
    """Open the test's file as often as needed; what is left open is closed."""
    stores: list[Store] = []

    def open_it(**options: int) -> Store:
        stores.append(Store.open(path, now=NOW, **options))
        return stores[-1]

    yield open_it
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: Open) -> Store:
    return opened()
