"""httpx's way to the collector: the streams of a check, with connections that are kept open.

A heartbeat every 30 seconds from each checker would cost the collector a TLS handshake each. No
request waits for another one: each that finds no connection at leisure makes one.
"""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from allswell.domain import state
from allswell.probe import AddressPolicy, transport
from allswell.probe.check_run import CheckRun
from allswell.probe.connector import Connector, encrypted
from allswell.probe.exchange import Exchange
from allswell.probe.fault import Fault
from allswell.probe.lean_httpx import httpx
from allswell.probe.lookup import SystemLookup
from allswell.probe.stream import Plain, Stream
from allswell.probe.target import Target
from allswell.probe.trust import Trust

MOST_BYTES = 4 * 2**20
# An answer, and room around it for a handshake and the headers.
MOST_RECEIVED = MOST_BYTES + 256 * 1024
# The outbox sender, the heartbeat and the archive uploader.
KEPT = 3
# The installation's own choice, as a reference target is.
ANYWHERE = AddressPolicy(allow_loopback=True)


@dataclass(frozen=True, slots=True, eq=False)
class KeptConnection:
    """A connection to the collector, and the stream of what is said over it."""

    plain: Plain
    stream: Stream


class CollectorTransport(httpx.AsyncBaseTransport):
    """Sends requests over connections that it keeps; `context` judges certificates (https)."""

    def __init__(self, context: ssl.SSLContext | None, timeout: timedelta) -> None:
        self._connector = Connector(ANYWHERE, SystemLookup(), Trust())
        self._context = context
        self._timeout = timeout
        self._idle: list[KeptConnection] = []
        self._open: set[KeptConnection] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and await the head of its answer. Raises `Fault`."""
        goal = transport.goal_of(request)
        while self._idle:
            try:
                return await self._exchanged(self._idle.pop(), request, goal)
            except Fault as error:
                # The collector may have closed what was kept open; only then another one is tried.
                if error.reason != state.CONNECTION_RESET:
                    raise
        return await self._exchanged(await self._connected(goal), request, goal)

    def close(self) -> None:
        """Close what is open; what is waited for is given up."""
        self._idle.clear()
        for connection in tuple(self._open):
            self._discard(connection)

    async def _connected(self, goal: Target) -> KeptConnection:
        run = CheckRun(self._timeout, lambda: datetime.now(UTC))
        plain = await self._connector.open(run, goal.host, goal.port)
        try:
            stream = await self._stream(run, plain, goal)
        except BaseException:
            plain.close()
            raise
        run.doing = "waiting for the collector"
        connection = KeptConnection(plain, stream)
        self._open.add(connection)
        return connection

    async def _stream(self, run: CheckRun, plain: Plain, goal: Target) -> Stream:
        if goal.scheme == "http":
            return plain
        if self._context is None:
            raise Fault(state.CHECKER_ERROR, "nothing tells which certificates are good")
        return await encrypted(run, plain, self._context, goal.host.rstrip("."))

    async def _exchanged(
        self, connection: KeptConnection, request: httpx.Request, goal: Target
    ) -> httpx.Response:
        connection.plain.allow(MOST_RECEIVED)
        exchange = Exchange(connection.stream, MOST_BYTES)
        try:
            await exchange.send(request, goal.resource)
            head = await exchange.head()
        except BaseException:
            self._discard(connection)
            raise
        return transport.response_of(
            head, exchange, lambda: self._give_back(connection, exchange), MOST_BYTES
        )

    def _give_back(self, connection: KeptConnection, exchange: Exchange) -> None:
        if exchange.is_over and connection in self._open and len(self._idle) < KEPT:
            self._idle.append(connection)
        else:
            self._discard(connection)

    def _discard(self, connection: KeptConnection) -> None:
        self._open.discard(connection)
        connection.plain.close()
