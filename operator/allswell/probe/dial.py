"""Connect to one of several addresses of the same target.

Addresses are tried in order, IPv6 and IPv4 in turn; when an attempt has not succeeded after a
quarter of a second, the next one starts beside it, so that one address that drops packets does
not use up the deadline (RFC 8305 in short).
"""

import asyncio
import socket
from collections import deque
from collections.abc import Sequence

from allswell.domain import state
from allswell.probe import fault
from allswell.probe.address_policy import Address
from allswell.probe.fault import Fault

HEAD_START = 0.25
MAX_TRIED = 8

Connected = tuple[socket.socket, Address]


async def dial(addresses: Sequence[Address], port: int) -> Connected:
    """Connect to the first address that answers. Raises the most telling `Fault` of all."""
    if len(addresses) == 1:
        return await _connect(addresses[0], port)
    waiting = deque(interleave(addresses)[:MAX_TRIED])
    running: set[asyncio.Task[Connected]] = set()
    faults: list[Fault] = []
    try:
        while waiting or running:
            if waiting:
                running.add(asyncio.create_task(_connect(waiting.popleft(), port)))
            wait = HEAD_START if waiting else None
            await asyncio.wait(running, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            for task in [task for task in running if task.done()]:
                error = task.exception()
                if error is None:
                    running.discard(task)
                    return task.result()
                running.discard(task)
                faults.append(_expected(error))
    finally:
        for task in running:
            task.cancel()
            task.add_done_callback(_discard)
    raise most_telling(faults)


def interleave(addresses: Sequence[Address]) -> list[Address]:
    """Interleave the two address families, the first address's family first."""
    first = [entry for entry in addresses if entry.version == addresses[0].version]
    other = [entry for entry in addresses if entry.version != addresses[0].version]
    shorter = min(len(first), len(other))
    paired = [entry for pair in zip(first, other, strict=False) for entry in pair]
    return paired + first[shorter:] + other[shorter:]


def most_telling(faults: Sequence[Fault]) -> Fault:
    """Choose the fault that says most: a refusal says more of the target than a missing route."""
    telling = [entry for entry in faults if entry.reason != state.UNREACHABLE]
    return (telling or faults)[0]


async def _connect(address: Address, port: int) -> Connected:
    doing = f"connecting to {address} port {port}"
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004
    try:
        connecting = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise fault.of_os_error(error, doing) from error
    try:
        connecting.setblocking(False)  # noqa: FBT003 - the standard library's own signature
        connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(connecting, (str(address), port))
    except OSError as error:
        connecting.close()
        raise fault.of_os_error(error, doing) from error
    except BaseException:
        connecting.close()
        raise
    return connecting, address


def _expected(error: BaseException) -> Fault:
    if isinstance(error, Fault):
        return error
    raise error


def _discard(task: asyncio.Task[Connected]) -> None:
    """Close the socket of an attempt that succeeded too late."""
    if not task.cancelled() and task.exception() is None:
        task.result()[0].close()
