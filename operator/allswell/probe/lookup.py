"""Resolve a host's name to its addresses.

The system's resolver blocks, and where a name server is silent it does so for up to half a minute,
long after the check that asked has ended. So each lookup has a thread of its own, a name has at
most one lookup at a time, which all its checks share, and there is a bound on all together: a dead
name server costs each name one thread, and never the lookups of other names.
"""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address

from allswell.probe import daemon_thread
from allswell.probe.address_policy import Address

# A host's name to its addresses, best first. Raises OSError when there are none.
Resolve = Callable[[str], Awaitable[Sequence[Address]]]

MAX_AT_ONCE = 256
WAIT = 0.25


def literal(host: str) -> Address | None:
    """Parse a host that is written as an address, in its usual spelling; None for a name.

    Unusual spellings (`127.1`, `0x7f.1`) count as names: the system's resolver knows them.
    """
    try:
        return ip_address(host)
    except ValueError:
        return None


def ask_system(host: str) -> tuple[Address, ...]:
    """Ask the system's resolver, blocking."""
    try:
        infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise socket.gaierror(socket.EAI_NONAME, "this can be no host's name") from error
    return tuple(dict.fromkeys(ip_address(info[4][0]) for info in infos))


class SystemLookup:
    """The system's resolver as a `Resolve`; `ask` is what blocks."""

    def __init__(
        self,
        ask: Callable[[str], tuple[Address, ...]] = ask_system,
        max_at_once: int = MAX_AT_ONCE,
    ) -> None:
        self._ask = ask
        self._max_at_once = max_at_once
        self._running: dict[str, asyncio.Future[tuple[Address, ...] | Exception]] = {}

    async def __call__(self, host: str) -> tuple[Address, ...]:
        """Resolve a host. Raises OSError when it has no address."""
        running = self._running.get(host)
        if running is None:
            await self._wait_for_place()
            running = self._running.get(host) or self._begin(host)
        result = await asyncio.shield(running)
        if isinstance(result, Exception):
            raise result
        return result

    def _begin(self, host: str) -> asyncio.Future[tuple[Address, ...] | Exception]:
        running = daemon_thread.begin(lambda: self._ask(host), f"lookup-{host}")
        self._running[host] = running
        running.add_done_callback(lambda _: self._running.pop(host, None))
        return running

    async def _wait_for_place(self) -> None:
        """Wait briefly for a free place; hanging lookups are no statement about this name."""
        if len(self._running) < self._max_at_once:
            return
        await asyncio.wait(
            self._running.values(), timeout=WAIT, return_when=asyncio.FIRST_COMPLETED
        )
        if len(self._running) >= self._max_at_once:
            raise OSError(errno.EAGAIN, f"{self._max_at_once} name lookups are hanging")
