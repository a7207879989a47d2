"""Send one HTTP/1.1 request over a stream and read its response.

The grammar is h11's; this room adds the bounds that a hostile target must not pass: size of the
header block, number of interim responses, bytes of the body, and a pause for the others in between.
"""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass

import h11

from allswell.domain import state
from allswell.probe.fault import Fault
from allswell.probe.lean_httpx import httpx
from allswell.probe.stream import Stream

MAX_HEADER_BYTES = 64 * 1024
MAX_INTERIM = 16
MAX_BODY = 1024 * 1024
# Each piece costs some 6 µs, however small it is.
MAX_PIECES = 16_384
# Events handled before others may run: about a millisecond.
STRETCH = 64
BEGINNING = b"HTTP/"
# Where h11 begins to quote what the target sent, which may be what it was sent: a secret.
QUOTED = re.compile(r":| bytearray| b['\"]")

Event = h11.Response | h11.InformationalResponse | h11.Data | h11.EndOfMessage


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a response; names of headers are lower-case."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]


class Exchange:
    """A request in progress: `send`, then `head`, then `piece` until it returns nothing."""

    def __init__(self, stream: Stream, max_body: int = MAX_BODY) -> None:
        self._stream = stream
        self._engine = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEADER_BYTES)
        self._begun = b""
        self._ended = False
        self._events = 0
        self._left = max_body
        self._max_body = max_body
        self._pieces = 0

    async def send(self, request: httpx.Request, resource: str) -> None:
        """Send the whole request, which asks for `resource` (path and query)."""
        data = self._engine.send(_head_of(request, resource)) or b""
        assert isinstance(request.stream, httpx.AsyncByteStream)  # noqa: S101 - for mypy
        async for piece in request.stream:
            if piece:
                data += self._engine.send(h11.Data(data=piece)) or b""
        data += self._engine.send(h11.EndOfMessage()) or b""
        try:
            await self._stream.write(data)
        except Fault as error:
            # A target may answer and close before it has read everything.
            if error.reason != state.CONNECTION_RESET:
                raise

    async def head(self) -> Head:
        """Wait for the response's status and headers."""
        for _ in range(MAX_INTERIM + 1):
            event = await self._event()
            if isinstance(event, h11.Response):
                return Head(event.status_code, tuple(event.headers))
        raise Fault(state.PROTOCOL_ERROR, f"more than {MAX_INTERIM} interim answers")

    async def piece(self) -> bytes:
        """Return the next bytes of the body as they were sent, or none at its end."""
        while True:
            event = await self._event()
            if not isinstance(event, h11.Data):
                return b""
            self._left -= len(event.data)
            self._pieces += 1
            if self._pieces > MAX_PIECES:
                raise Fault(state.BODY_TOO_LARGE, f"the body is in over {MAX_PIECES} pieces")
            if self._left < 0:
                words = f"the body is over {self._max_body // 1024} KiB"
                raise Fault(state.BODY_TOO_LARGE, words)
            if event.data:
                return bytes(event.data)

    @property
    def is_reusable(self) -> bool:
        """Tell whether the exchange is complete, so that the connection may serve another one."""
        engine = self._engine
        ended = engine.our_state is h11.DONE and engine.their_state is h11.DONE
        return ended and not engine.trailing_data[0]

    async def _event(self) -> Event:
        while True:
            self._events += 1
            if self._events % STRETCH == 0:
                await asyncio.sleep(0)
            try:
                event = self._engine.next_event()
            except h11.RemoteProtocolError as error:
                raise self._broken(error) from error
            if isinstance(event, Event):
                return event
            if event is not h11.NEED_DATA:
                raise Fault(state.CONNECTION_RESET, "the target closed the connection")
            await self._receive()

    async def _receive(self) -> None:
        data = await self._stream.read()
        self._ended = not data
        if len(self._begun) < len(BEGINNING):
            self._begun += data[: len(BEGINNING)]
            if data and not self._begun.startswith(BEGINNING[: len(self._begun)]):
                raise Fault(state.PROTOCOL_ERROR, "the answer does not begin with HTTP/")
        self._engine.receive_data(data)

    def _broken(self, error: h11.RemoteProtocolError) -> Fault:
        if self._ended:
            done = "in the middle of its answer" if self._begun else "without an answer"
            return Fault(state.CONNECTION_RESET, f"the target closed the connection {done}")
        if error.error_status_hint == 431:  # noqa: PLR2004 - Request Header Fields Too Large
            words = f"a header block over {MAX_HEADER_BYTES // 1024} KiB"
            return Fault(state.PROTOCOL_ERROR, words)
        rule = QUOTED.split(str(error))[0]
        return Fault(state.PROTOCOL_ERROR, f"the answer breaks the rules of HTTP/1.1: {rule}")


def _head_of(request: httpx.Request, resource: str) -> h11.Request:
    try:
        return h11.Request(method=request.method, target=resource, headers=request.headers.raw)
    except h11.LocalProtocolError:
        # The cause names the value, which may be a secret.
        words = "a header cannot be sent: its value has characters that HTTP does not allow"
        raise Fault(state.CHECKER_ERROR, words) from None


def header_value(pairs: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes:
    """Return the first value of a header, by its name in lower case; empty when there is none."""
    return next((value for key, value in pairs if key.lower() == name), b"")


def text(value: bytes) -> str:
    """Decode a header's value: as UTF-8 where it is valid, as some servers send it in Location."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
