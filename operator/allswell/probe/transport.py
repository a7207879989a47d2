"""Provide httpx's transport: one connection of our own for each request.

httpx knows requests, responses, redirects and cookies; what must hold against a hostile target
holds here and below: the address that was judged is dialled, whatever arrives is bounded, and
httpx gets bodies already decoded, so that it has nothing to unpack. Every error is a `Fault`.
"""

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from allswell.domain import state
from allswell.domain.spec.tls import Tls
from allswell.probe import target, trust
from allswell.probe.check_run import CheckRun
from allswell.probe.connector import Connector
from allswell.probe.content_coding import MAX_BYTES, Unpacker
from allswell.probe.exchange import Exchange, Head, header_value, text
from allswell.probe.fault import Fault
from allswell.probe.lean_httpx import httpx
from allswell.probe.stream import Plain, Stream
from allswell.probe.target import Target

# Extension of a request: where it goes. Its URL is only httpx's spelling of that.
TARGET = "allswell.target"
# Extension of a response: its headers as they were received.
RAW_HEADERS = "allswell.headers"
# Headers that are no longer true once the body is decoded.
ENCODED_BODY_HEADERS = (b"content-encoding", b"content-length")


class ResponseBody(httpx.AsyncByteStream):
    """The body of a response, decoded piece by piece; `close` is called when it is done with."""

    def __init__(
        self, exchange: Exchange, encoding: str, close: Callable[[], None], max_bytes: int
    ) -> None:
        self._exchange = exchange
        self._encoding = encoding
        self._close = close
        self._max_bytes = max_bytes
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield at most 64 KiB at a time; after `aclose` no more."""
        unpacker = Unpacker(self._encoding, self._max_bytes)
        while data := await self._exchange.piece():
            for piece in unpacker.feed(data):
                yield piece
                if self._closed:
                    return
        unpacker.end()

    async def aclose(self) -> None:
        """Close the connection, or give it back."""
        self._closed = True
        self._close()


@dataclass(slots=True)
class Transport(httpx.AsyncBaseTransport):
    """The transport of one check: records in `run` what it does and how long that takes."""

    connector: Connector
    run: CheckRun
    tls: Tls

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and await the head of its response. Raises `Fault`."""
        destination = target_of(request)
        self.run.next_hop()
        line = await self.connector.open(self.run, destination.host, destination.port)
        try:
            exchange = Exchange(await self._stream(line, destination))
            head = await self._ask(exchange, request, destination)
        except BaseException:
            line.close()
            raise
        return response_of(head, exchange, line.close)

    async def _stream(self, line: Plain, destination: Target) -> Stream:
        if destination.scheme == "http":
            return line
        return await self.connector.encrypt(self.run, line, destination.host, self.tls, trust.HTTP)

    async def _ask(self, exchange: Exchange, request: httpx.Request, destination: Target) -> Head:
        run = self.run
        run.doing = f"waiting for the answer of {destination.shown}"
        began = time.perf_counter()
        await exchange.send(request, destination.resource)
        head = await exchange.head()
        run.first_byte = time.perf_counter() - began
        run.summary = f"{request.method} {destination.shown}: status {head.status}"
        return head


def response_of(
    head: Head, exchange: Exchange, close: Callable[[], None], max_bytes: int = MAX_BYTES
) -> httpx.Response:
    """Build a response with a body of at most `max_bytes`, in which httpx has nothing to decode."""
    encoding = header_value(head.headers, b"content-encoding")
    headers = head.headers
    if any(name == b"content-encoding" for name, _ in headers):
        headers = tuple(pair for pair in headers if pair[0] not in ENCODED_BODY_HEADERS)
    return httpx.Response(
        head.status,
        headers=headers,
        stream=ResponseBody(exchange, text(encoding), close, max_bytes),
        extensions={RAW_HEADERS: head.headers},
    )


def target_of(request: httpx.Request) -> Target:
    """Return where a request goes; without an extension that is the URL that httpx holds."""
    destination = request.extensions.get(TARGET)
    if isinstance(destination, Target):
        return destination
    try:
        return target.parse(str(request.url))
    except target.BadTarget as error:
        raise Fault(state.CHECKER_ERROR, f"the address cannot be used: {error}") from error
