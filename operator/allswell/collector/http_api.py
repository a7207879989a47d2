"""Serve the collector's HTTP API: authenticate the sender, bound the body, pass the message on."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from datetime import datetime

from aiohttp import web

from allswell.archive.object_store import ArchiveError
from allswell.central.errors import CentralError
from allswell.collector import messages
from allswell.collector.archive import local_uploads
from allswell.collector.archive.executor import ArchiveBusy, ArchiveExecutor
from allswell.collector.archive.uploads import UnknownArchive
from allswell.collector.authentication import (
    Authenticator,
    NotInSync,
    RequestRefused,
    Sender,
    Unauthorized,
)
from allswell.collector.messages import Answer, MessageReply
from allswell.collector.rate_limit import RateLimit, TooManyRequests
from allswell.collector.state import CollectorState
from allswell.domain import archive_upload, instant, report
from allswell.domain.message import MalformedMessage

# Heartbeats and hellos may name a whole list of monitors; the rest is held to report.MOST_BYTES.
MAX_BYTES = 4 * 2**20

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class HttpApi:
    """The routes, with what they need closed over. `writing` runs whatever writes the database."""

    def __init__(
        self,
        state: CollectorState,
        authenticator: Authenticator,
        writing: Executor,
        now: Callable[[], datetime],
        *,
        archive: ArchiveExecutor | None = None,
        rate_limit: RateLimit | None = None,
    ) -> None:
        self._state = state
        self._authenticator = authenticator
        self._writing = writing
        self._now = now
        self._archive = archive
        self._rate_limit = rate_limit or RateLimit()

    def application(self) -> web.Application:
        """Return the whole HTTP application."""
        app = web.Application(client_max_size=MAX_BYTES, middlewares=[answer_errors])
        app.router.add_post("/v1/hello", self.hello)
        app.router.add_post("/v1/beat", self.heartbeat)
        app.router.add_post("/v1/report", self.report)
        app.router.add_post("/v1/archive", self.archive)
        app.router.add_get("/v1/latency", self.latency)
        if self._archive is not None and self._archive.local_uploads is not None:
            app.router.add_put(local_uploads.ROUTE, self._archive.local_uploads.put)
        app.router.add_get("/healthz", self.healthz)
        return app

    async def hello(self, request: web.Request) -> web.Response:
        """Answer `POST /v1/hello`: checkers name their stores and learn how far each got."""
        received = self._now()
        async with self._admitted(request) as sender:
            body = await _body(request, _max_bytes(sender))
            return _response(await self._in_writer(messages.answer_hello, sender, body, received))

    async def report(self, request: web.Request) -> web.Response:
        """Answer `POST /v1/report`: one envelope; 201 when it is new, 200 when it is known.

        1. The sender is authenticated, and counted against its rate limit.
        2. The body is read within its bound and decoded.
        3. The writing thread parses the envelope (`messages`), corrects the sender's clock
           (`state`) and writes it in one transaction (`central.writer`).

        What any step refuses becomes a status in `answer_errors`.
        """
        received = self._now()
        async with self._admitted(request) as sender:
            body = await _body(request, report.MOST_BYTES)
            return _response(await self._in_writer(messages.answer_report, sender, body, received))

    async def heartbeat(self, request: web.Request) -> web.Response:
        """Answer `POST /v1/beat`: kept in memory, and accepted while the database hangs."""
        received = self._now()
        async with self._admitted(request) as sender:
            body = await _body(request, _max_bytes(sender))
            return _response(messages.answer_heartbeats(self._state, sender, body, received))

    async def archive(self, request: web.Request) -> web.Response:
        """Answer `POST /v1/archive`: a checker wants to upload a day file, or has uploaded it."""
        async with self._admitted(request) as sender:
            upload = archive_upload.read_request(await _body(request, report.MOST_BYTES))
            row = self._state.monitor_row(messages.reporter(sender), upload.monitor)
            if self._archive is None:
                raise UnknownArchive("there is no archive")
            permit = await self._archive.handle(row, upload)
            return web.json_response(archive_upload.permit_json(permit))

    async def latency(self, request: web.Request) -> web.Response:
        """Answer `GET /v1/latency?monitor=…`: the last 24 hours in buckets of five minutes."""
        sender = await self._sender(request)
        if not sender.page:
            raise RequestRefused("only the page may read latencies")
        public_ids = request.query.getall("monitor", [])
        latencies = {
            public_id: [[instant.to_ms(b.start), b.count, b.average_us, b.p95_us] for b in buckets]
            for public_id, buckets in self._state.latencies(public_ids, self._now()).items()
        }
        return web.json_response({"monitors": latencies})

    async def healthz(self, _: web.Request) -> web.Response:
        """Answer `GET /healthz`: the process is alive; it says nothing of the database."""
        return web.Response(text="ok\n")

    async def _sender(self, request: web.Request) -> Sender:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("send a bearer token")
        if self._state.started is None:
            raise NotInSync("the collector is starting")
        return await self._authenticator.identify(token.strip())

    @asynccontextmanager
    async def _admitted(self, request: web.Request) -> AsyncIterator[Sender]:
        """Yield the sender, whose message counts as one of its own until it is answered."""
        sender = await self._sender(request)
        with self._rate_limit.admit(sender, request.path, asyncio.get_running_loop().time()):
            yield sender

    def _in_writer(
        self, answer: Answer, sender: Sender, body: object, received: datetime
    ) -> Awaitable[MessageReply]:
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._writing, answer, self._state, sender, body, received)


def _max_bytes(sender: Sender) -> int:
    """Return how long a hello or a heartbeat may be: of one monitor as short as an envelope."""
    return report.MOST_BYTES if sender.monitor else MAX_BYTES


def _response(reply: MessageReply) -> web.Response:
    return web.json_response(reply.body, status=reply.status)


async def _body(request: web.Request, limit: int) -> object:
    if (request.content_length or 0) > limit:
        raise web.HTTPRequestEntityTooLarge(limit, request.content_length or 0)
    raw = await request.read()
    if len(raw) > limit:
        raise web.HTTPRequestEntityTooLarge(limit, len(raw))
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise MalformedMessage("the body is not JSON") from error


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what the rooms raise into the answers that checkers know."""
    try:
        return await handler(request)
    except TooManyRequests as error:
        headers = {"Retry-After": str(error.retry_after)}
        return web.json_response({"error": str(error)}, status=error.status, headers=headers)
    except (RequestRefused, MalformedMessage, CentralError) as error:
        return _response(messages.refusal(error))
    except (ArchiveBusy, ArchiveError) as error:
        return _response(MessageReply(503, {"error": str(error)}))
