"""One HTTP/1.1 request and its answer over a stream.

The grammar is h11's; this room adds the bounds that a hostile target must not pass: size of the
header block, number of interim answers, bytes of the body, and a pause for the others in between.
"""

import asyncio
import re
from dataclasses import dataclass

import h11

from allswell.domain import state
from allswell.probe.fault import Fault
from allswell.probe.hop import Request
from allswell.probe.stream import Stream

MOST_HEADER_BYTES = 64 * 1024
MOST_INTERIM = 16
MOST_BODY = 1024 * 1024
# Each piece costs some 6 µs, however small it is.
MOST_PIECES = 16_384
# Events handled before others may run: about a millisecond.
STRETCH = 64
BEGINNING = b"HTTP/"
# Where h11 begins to quote what the target sent, which may be what it was sent: a secret.
QUOTED = re.compile(r":| bytearray| b['\"]")

Event = h11.Response | h11.InformationalResponse | h11.Data | h11.EndOfMessage


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of an answer; names of headers are lower-case."""

    status: int
    headers: tuple[tuple[str, str], ...]

    def header(self, name: str) -> str:
        """The first header of a name, empty when there is none."""
        return next((value for key, value in self.headers if key == name), "")


class Exchange:
    """A request under way: `send`, then `head`, then `piece` until it gives nothing."""

    def __init__(self, stream: Stream, user_agent: str) -> None:
        self._stream = stream
        self._user_agent = user_agent
        self._engine = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEADER_BYTES)
        self._begun = b""
        self._ended = False
        self._events = 0
        self._body = 0
        self._pieces = 0

    async def send(self, request: Request) -> None:
        """Send the whole request."""
        data = self._engine.send(_head_of(request, self._user_agent)) or b""
        if request.body:
            data += self._engine.send(h11.Data(data=request.body)) or b""
        data += self._engine.send(h11.EndOfMessage()) or b""
        try:
            await self._stream.write(data)
        except Fault as error:
            # A target may answer and close before it has read everything.
            if error.reason != state.CONNECTION_RESET:
                raise

    async def head(self) -> Head:
        """Wait for the answer's status and headers."""
        for _ in range(MOST_INTERIM + 1):
            event = await self._event()
            if isinstance(event, h11.Response):
                pairs = [(k.decode("ascii"), _text(v)) for k, v in event.headers]
                return Head(event.status_code, tuple(pairs))
        raise Fault(state.PROTOCOL_ERROR, f"more than {MOST_INTERIM} interim answers")

    async def piece(self) -> bytes:
        """Some bytes of the body as they were sent, or none at its end."""
        while True:
            event = await self._event()
            if not isinstance(event, h11.Data):
                return b""
            self._body += len(event.data)
            self._pieces += 1
            if self._pieces > MOST_PIECES:
                raise Fault(state.BODY_TOO_LARGE, f"the body is in over {MOST_PIECES} pieces")
            if self._body > MOST_BODY:
                raise Fault(state.BODY_TOO_LARGE, f"the body is over {MOST_BODY // 1024} KiB")
            if event.data:
                return bytes(event.data)

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
            words = f"a header block over {MOST_HEADER_BYTES // 1024} KiB"
            return Fault(state.PROTOCOL_ERROR, words)
        rule = QUOTED.split(str(error))[0]
        return Fault(state.PROTOCOL_ERROR, f"the answer breaks the rules of HTTP/1.1: {rule}")


def _head_of(request: Request, user_agent: str) -> h11.Request:
    given = {field.name.lower() for field in request.headers}
    own = [
        ("Host", request.target.authority),
        ("User-Agent", user_agent),
        ("Accept", "*/*"),
        # Nothing to unpack here, nothing to pack for each check there.
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    ]
    if request.body is not None or request.method in ("POST", "PUT", "PATCH"):
        own.append(("Content-Length", str(len(request.body or b""))))
    pairs = [pair for pair in own if pair[0].lower() not in given]
    pairs += [(field.name, field.value) for field in request.headers]
    try:
        headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in pairs]
        return h11.Request(method=request.method, target=request.target.resource, headers=headers)
    except (h11.LocalProtocolError, UnicodeEncodeError):
        # The cause names the value, which may be a secret.
        words = "a header cannot be sent: its value has characters that HTTP does not allow"
        raise Fault(state.CHECKER_ERROR, words) from None


def _text(value: bytes) -> str:
    """A header's value: UTF-8 where it is that, as some servers send it in Location."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
