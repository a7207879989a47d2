"""The collector's HTTP side: asks who is speaking, and hands what they say to the desk."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from datetime import datetime

from aiohttp import web

from allswell.archive.object_store import ArchiveError
from allswell.central.errors import CentralError
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
from allswell.collector.messages import Act, MessageHandler, MessageReply, refusal, reporter
from allswell.collector.rate_limit import RateLimit, TooManyRequests
from allswell.collector.state import CollectorState
from allswell.domain import archive_upload, instant, report
from allswell.domain.message import MalformedMessage

# Beats and hellos may speak of a whole list of monitors; the rest is held to report.MOST_BYTES.
MOST_BYTES = 4 * 2**20

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class HttpApi:
    """The routes, with what they need closed over."""

    def __init__(
        self,
        centre: CollectorState,
        authenticator: Authenticator,
        writing: Executor,
        now: Callable[[], datetime],
        *,
        archive: ArchiveExecutor | None = None,
        admission: RateLimit | None = None,
    ) -> None:
        self._centre = centre
        self._desk = MessageHandler(centre)
        self._authenticator = authenticator
        self._writing = writing
        self._now = now
        self._archive = archive
        self._admission = admission or RateLimit()

    def application(self) -> web.Application:
        """The whole HTTP application."""
        app = web.Application(client_max_size=MOST_BYTES, middlewares=[answer_errors])
        app.router.add_post("/v1/hello", self.hello)
        app.router.add_post("/v1/beat", self.beat)
        app.router.add_post("/v1/report", self.report)
        app.router.add_post("/v1/archive", self.archive)
        app.router.add_get("/v1/latency", self.latency)
        if self._archive is not None and self._archive.uploads is not None:
            app.router.add_put(local_uploads.ROUTE, self._archive.uploads.put)
        app.router.add_get("/healthz", self.healthz)
        return app

    async def hello(self, request: web.Request) -> web.Response:
        """`POST /v1/hello`: checkers say where their stores stand, and learn where we are."""
        return await self._take(request, _most, self._desk.hello)

    async def report(self, request: web.Request) -> web.Response:
        """`POST /v1/report`: one envelope; 201 when it is new, 200 when it was there already."""
        return await self._take(request, lambda _: report.MOST_BYTES, self._desk.report)

    async def beat(self, request: web.Request) -> web.Response:
        """`POST /v1/beat`: signs of life, kept in memory; taken while the database hangs."""
        received = self._now()
        async with self._admitted(request) as sender:
            body = await _body(request, _most(sender))
            return _response(self._desk.beat(sender, body, received))

    async def archive(self, request: web.Request) -> web.Response:
        """`POST /v1/archive`: a checker has a day file, or has put it where it was told."""
        async with self._admitted(request) as sender:
            wanted = archive_upload.read_request(await _body(request, report.MOST_BYTES))
            row = self._centre.row(reporter(sender), wanted.monitor)
            if self._archive is None:
                raise UnknownArchive("there is no archive")
            permit = await self._archive.answer(row, wanted)
            return web.json_response(archive_upload.permit_json(permit))

    async def latency(self, request: web.Request) -> web.Response:
        """`GET /v1/latency?monitor=…`: the last 24 hours in buckets of five minutes."""
        sender = await self._sender(request)
        if not sender.page:
            raise RequestRefused("only the page may read latencies")
        asked = request.query.getall("monitor", [])
        found = {
            public: [[instant.to_ms(b.start), b.count, b.average_us, b.p95_us] for b in buckets]
            for public, buckets in self._centre.latencies(asked, self._now()).items()
        }
        return web.json_response({"monitors": found})

    async def healthz(self, _: web.Request) -> web.Response:
        """`GET /healthz`: the process answers; it says nothing of the database."""
        return web.Response(text="ok\n")

    async def _sender(self, request: web.Request) -> Sender:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("send a bearer token")
        if self._centre.started is None:
            raise NotInSync("the collector is starting")
        return await self._authenticator.identify(token.strip())

    @asynccontextmanager
    async def _admitted(self, request: web.Request) -> AsyncIterator[Sender]:
        """The sender, whose message counts as one of its own until it is answered."""
        sender = await self._sender(request)
        with self._admission.of(sender, request.path, asyncio.get_running_loop().time()):
            yield sender

    async def _take(
        self, request: web.Request, most: Callable[[Sender], int], act: Act
    ) -> web.Response:
        """Let the writing thread take a message."""
        received = self._now()
        async with self._admitted(request) as sender:
            body = await _body(request, most(sender))
            loop = asyncio.get_running_loop()
            return _response(await loop.run_in_executor(self._writing, act, sender, body, received))


def _most(sender: Sender) -> int:
    """How long a hello or a beat may be: what is said of one monitor is as short as an envelope."""
    return report.MOST_BYTES if sender.monitor else MOST_BYTES


def _response(answer: MessageReply) -> web.Response:
    return web.json_response(answer.body, status=answer.status)


async def _body(request: web.Request, most: int) -> object:
    if (request.content_length or 0) > most:
        raise web.HTTPRequestEntityTooLarge(most, request.content_length or 0)
    raw = await request.read()
    if len(raw) > most:
        raise web.HTTPRequestEntityTooLarge(most, len(raw))
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
        headers = {"Retry-After": str(error.wait)}
        return web.json_response({"error": str(error)}, status=error.status, headers=headers)
    except (RequestRefused, MalformedMessage, CentralError) as error:
        return _response(refusal(error))
    except (ArchiveBusy, ArchiveError) as error:
        return _response(MessageReply(503, {"error": str(error)}))
