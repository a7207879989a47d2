"""Trying several addresses."""

import asyncio
import socket
from ipaddress import ip_address

import pytest

from allswell.domain import state
from allswell.probe import dial
from allswell.probe.fault import Fault

pytestmark = pytest.mark.asyncio

LOOPBACK = ip_address("127.0.0.1")


@pytest.fixture
def listener() -> socket.socket:
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    return listening


@pytest.fixture
def port(listener: socket.socket) -> int:
    number: int = listener.getsockname()[1]
    return number


@pytest.fixture
def full() -> socket.socket:
    """Listens on 127.0.0.3 and takes nobody in: a connection to it hangs."""
    return socket.create_server(("127.0.0.3", 0), backlog=0)


async def test_families_take_turns_beginning_with_the_first() -> None:
    texts = ["::1", "::2", "::3", "10.0.0.1", "10.0.0.2"]
    mixed = dial.interleave([ip_address(text) for text in texts])
    assert [str(entry) for entry in mixed] == ["::1", "10.0.0.1", "::2", "10.0.0.2", "::3"]


async def test_a_refusal_says_more_than_a_missing_way() -> None:
    faults = [Fault(state.UNREACHABLE, "v6"), Fault(state.CONNECTION_REFUSED, "v4")]
    assert dial.most_telling(faults).reason == state.CONNECTION_REFUSED
    assert dial.most_telling(faults[:1]).reason == state.UNREACHABLE


async def test_all_addresses_failing_is_a_failure(listener: socket.socket, port: int) -> None:
    listener.close()
    with pytest.raises(Fault, match="nothing listens"):
        await dial.dial([LOOPBACK, ip_address("127.0.0.2")], port)


async def test_an_address_that_swallows_packets_costs_a_head_start_only(
    full: socket.socket,
) -> None:
    swallowing = full.getsockname()[1]
    with socket.create_server(("127.0.0.1", swallowing)), full:
        filling = [socket.socket() for _ in range(4)]
        for entry in filling:
            entry.setblocking(False)
            entry.connect_ex(("127.0.0.3", swallowing))
        async with asyncio.timeout(60):  # the kernel gives up after two minutes
            connected, address = await dial.dial([ip_address("127.0.0.3"), LOOPBACK], swallowing)
        for entry in (*filling, connected):
            entry.close()
    assert address == LOOPBACK


async def test_a_cancelled_dial_leaves_no_connection_behind(
    listener: socket.socket, port: int
) -> None:
    """A socket left open would be a ResourceWarning, which is an error here."""
    for _ in range(3):
        task = asyncio.create_task(dial.dial([LOOPBACK, LOOPBACK], port))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    listener.close()
