"""Provide what the tests of faults share: a target, and a fork server for processes."""

from collections.abc import Iterator

import pytest

from tests.integration.faults import fork_server, target
from tests.integration.faults.fork_server import ForkServer
from tests.integration.faults.target import Target


@pytest.fixture(name="fork_server")
def _fork_server() -> Iterator[ForkServer]:
    with fork_server.opened() as running:
        yield running


@pytest.fixture(name="target")
def _target() -> Iterator[Target]:
    with target.serving() as running:
        yield running
