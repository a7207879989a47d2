"""Read and write a connection, plain or through TLS, on the event loop's socket calls.

Each connection may receive a limited number of bytes in its whole life. That bounds what a hostile
target can make the checker hold or compute, whatever it wraps them in, and it keeps a fast sender
from holding the event loop, which such a sender never makes wait.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from allswell.domain import state
from allswell.probe import fault
from allswell.probe.check_run import CheckRun
from allswell.probe.fault import Fault

T = TypeVar("T")

AT_ONCE = 16 * 1024
# Records read before others may run; what has arrived already never makes a reader wait.
STRETCH = 64
# A body of 1 MiB, and room around it for the handshake, the headers and the chunks' frames.
MAX_RECEIVED = (1024 + 256) * 1024


class Stream(Protocol):
    """What a check talks through."""

    async def read(self) -> bytes:
        """Read some bytes, or none when the target has closed its side."""

    async def write(self, data: bytes) -> None:
        """Send all of the data."""


class Plain:
    """A connected socket; `close` ends it at once, whatever still goes on above."""

    __slots__ = ("_left", "_loop", "_max_received", "_run", "_socket")

    def __init__(self, connected: socket.socket, run: CheckRun) -> None:
        self._run = run
        self._loop = asyncio.get_running_loop()
        self._socket = connected
        self._left = self._max_received = MAX_RECEIVED

    def allow(self, max_bytes: int) -> None:
        """Let as many further bytes come; for a connection that serves several requests."""
        self._left = self._max_received = max_bytes

    async def read(self) -> bytes:
        """Read some bytes, or none at the end."""
        try:
            data = await self._loop.sock_recv(self._socket, AT_ONCE)
        except OSError as error:
            raise fault.of_os_error(error, self._run.doing) from error
        self._left -= len(data)
        if self._left < 0:
            words = f"the target sent more than {self._max_received // 1024} KiB"
            raise Fault(state.BODY_TOO_LARGE, words)
        return data

    async def write(self, data: bytes) -> None:
        """Send all of the data."""
        try:
            await self._loop.sock_sendall(self._socket, data)
        except OSError as error:
            raise fault.of_os_error(error, self._run.doing) from error

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class Encrypted:
    """TLS over a plain stream. Nothing may be read or written before the handshake."""

    __slots__ = ("_below", "_incoming", "_outgoing", "_reads", "_tls")

    def __init__(self, below: Plain, context: ssl.SSLContext, server_name: str) -> None:
        self._below = below
        self._reads = 0
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)

    async def handshake(self) -> bytes:
        """Perform the handshake; return the target's certificate (DER). Raises `ssl.SSLError`."""
        await self._drive(self._tls.do_handshake)
        return self._tls.getpeercert(binary_form=True) or b""

    async def read(self) -> bytes:
        """Read some bytes, or none at the end, also without TLS's close_notify."""
        self._reads += 1
        if self._reads % STRETCH == 0:
            await asyncio.sleep(0)
        try:
            return await self._drive(self._read_record)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""
        except ssl.SSLError as error:
            raise fault.of_tls_error(error, "the target") from error

    async def write(self, data: bytes) -> None:
        """Send all of the data; the engine takes one record at a time."""
        try:
            while data:
                data = data[await self._drive(partial(self._tls.write, data)) :]
        except ssl.SSLError as error:
            raise fault.of_tls_error(error, "the target") from error

    def _read_record(self) -> bytes:
        return self._tls.read(AT_ONCE)

    async def _drive(self, step: Callable[[], T]) -> T:
        """Take a step of the TLS engine, moving bytes for it until it is done."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                await self._flush()
                data = await self._below.read()
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            except ssl.SSLError:
                with contextlib.suppress(Fault):  # tell the other side why, if it still listens
                    await self._flush()
                raise
            else:
                await self._flush()
                return result

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await self._below.write(self._outgoing.read())
