"""Send httpx's requests to the collector over a check's streams, with connections kept open.

A heartbeat every 30 seconds from each checker would cost the collector a TLS handshake each. No
request waits for another one: each that finds no idle connection opens one.
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

MAX_BYTES = 4 * 2**20
# A response, and room for a handshake and the headers.
MAX_RECEIVED = MAX_BYTES + 256 * 1024
# The outbox sender, the heartbeat and the archive uploader.
MAX_IDLE = 3
# The collector's URL is the installation's own setting: only what is never dialled is refused.
ANY_ADDRESS = AddressPolicy(allow_loopback=True)


@dataclass(frozen=True, slots=True, eq=False)
class PooledConnection:
    """A connection to the collector, and the stream over it."""

    plain: Plain
    stream: Stream


class CollectorTransport(httpx.AsyncBaseTransport):
    """Sends requests over pooled connections; `context` verifies certificates (https)."""

    def __init__(self, context: ssl.SSLContext | None, timeout: timedelta) -> None:
        self._connector = Connector(ANY_ADDRESS, SystemLookup(), Trust())
        self._context = context
        self._timeout = timeout
        self._idle: list[PooledConnection] = []
        self._open: set[PooledConnection] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and await the head of its response. Raises `Fault`."""
        target = transport.target_of(request)
        while self._idle:
            try:
                return await self._send(self._idle.pop(), request, target)
            except Fault as error:
                # The collector may have closed an idle connection; only then another one is tried.
                if error.reason != state.CONNECTION_RESET:
                    raise
        return await self._send(await self._connect(target), request, target)

    def close(self) -> None:
        """Close every connection; pending requests fail."""
        self._idle.clear()
        for connection in tuple(self._open):
            self._discard(connection)

    async def _connect(self, target: Target) -> PooledConnection:
        run = CheckRun(self._timeout, lambda: datetime.now(UTC))
        plain = await self._connector.open(run, target.host, target.port)
        try:
            stream = await self._secure(run, plain, target)
        except BaseException:
            plain.close()
            raise
        run.doing = "waiting for the collector"
        connection = PooledConnection(plain, stream)
        self._open.add(connection)
        return connection

    async def _secure(self, run: CheckRun, plain: Plain, target: Target) -> Stream:
        if target.scheme == "http":
            return plain
        if self._context is None:
            raise Fault(state.CHECKER_ERROR, "there is no TLS context to verify certificates with")
        return await encrypted(run, plain, self._context, target.host.rstrip("."))

    async def _send(
        self, connection: PooledConnection, request: httpx.Request, target: Target
    ) -> httpx.Response:
        connection.plain.allow(MAX_RECEIVED)
        exchange = Exchange(connection.stream, MAX_BYTES)
        try:
            await exchange.send(request, target.resource)
            head = await exchange.head()
        except BaseException:
            self._discard(connection)
            raise
        return transport.response_of(
            head, exchange, lambda: self._release(connection, exchange), MAX_BYTES
        )

    def _release(self, connection: PooledConnection, exchange: Exchange) -> None:
        if exchange.is_reusable and connection in self._open and len(self._idle) < MAX_IDLE:
            self._idle.append(connection)
        else:
            self._discard(connection)

    def _discard(self, connection: PooledConnection) -> None:
        self._open.discard(connection)
        connection.plain.close()
