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
from allswell.probe.content_coding import MOST_BYTES, Unpacker
from allswell.probe.exchange import Exchange, Head, first_value, text
from allswell.probe.fault import Fault
from allswell.probe.lean_httpx import httpx
from allswell.probe.stream import Plain, Stream
from allswell.probe.target import Target

# Where a request goes, among its extensions: the address that httpx holds is spelled for httpx.
GOAL = "allswell.goal"
# The headers of an answer as they were sent, among its extensions.
AS_SENT = "allswell.headers"
# What is no longer true of a body that was unpacked.
OF_THE_PACKED = (b"content-encoding", b"content-length")


class ResponseBody(httpx.AsyncByteStream):
    """The body of a response, decoded piece by piece; `close` is called when it is done with."""

    def __init__(
        self, exchange: Exchange, encoding: str, close: Callable[[], None], most: int
    ) -> None:
        self._exchange = exchange
        self._encoding = encoding
        self._close = close
        self._most = most
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield at most 64 KiB at a time; after `aclose` no more."""
        unpacker = Unpacker(self._encoding, self._most)
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
        goal = goal_of(request)
        self.run.next_hop()
        line = await self.connector.open(self.run, goal.host, goal.port)
        try:
            exchange = Exchange(await self._stream(line, goal))
            head = await self._ask(exchange, request, goal)
        except BaseException:
            line.close()
            raise
        return response_of(head, exchange, line.close)

    async def _stream(self, line: Plain, goal: Target) -> Stream:
        if goal.scheme == "http":
            return line
        return await self.connector.encrypt(self.run, line, goal.host, self.tls, trust.HTTP)

    async def _ask(self, exchange: Exchange, request: httpx.Request, goal: Target) -> Head:
        run = self.run
        run.doing = f"waiting for the answer of {goal.shown}"
        began = time.perf_counter()
        await exchange.send(request, goal.resource)
        head = await exchange.head()
        run.first_byte = time.perf_counter() - began
        run.summary = f"{request.method} {goal.shown}: status {head.status}"
        return head


def response_of(
    head: Head, exchange: Exchange, close: Callable[[], None], most: int = MOST_BYTES
) -> httpx.Response:
    """Make a response in which nothing is left to decode for httpx, with `most` bytes of a body."""
    encoding = first_value(head.headers, b"content-encoding")
    headers = head.headers
    if any(name == b"content-encoding" for name, _ in headers):
        headers = tuple(pair for pair in headers if pair[0] not in OF_THE_PACKED)
    return httpx.Response(
        head.status,
        headers=headers,
        stream=ResponseBody(exchange, text(encoding), close, most),
        extensions={AS_SENT: head.headers},
    )


def goal_of(request: httpx.Request) -> Target:
    """Return where a request goes; without an extension that is the URL that httpx holds."""
    goal = request.extensions.get(GOAL)
    if isinstance(goal, Target):
        return goal
    try:
        return target.parse(str(request.url))
    except target.BadTarget as error:
        raise Fault(state.CHECKER_ERROR, f"the address cannot be used: {error}") from error
