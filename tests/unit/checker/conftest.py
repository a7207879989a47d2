"""Close what a test of this folder opens."""

from collections.abc import Iterator

import pytest

from tests.unit.checker import fakes


@pytest.fixture(autouse=True)
def _stores() -> Iterator[None]:
    """Close the stores that a test opens by `fakes.open_store`."""
    yield
    fakes.close_stores()
