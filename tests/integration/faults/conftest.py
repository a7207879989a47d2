"""What the tests of faults share: a target, and a nursery of processes."""

from collections.abc import Iterator

import pytest

from tests.integration.faults import nursery, target
from tests.integration.faults.nursery import Nursery
from tests.integration.faults.target import Target


@pytest.fixture(name="nursery")
def _nursery() -> Iterator[Nursery]:
    with nursery.opened() as found:
        yield found


@pytest.fixture(name="target")
def _target() -> Iterator[Target]:
    with target.serving() as found:
        yield found
