"""The collector's HTTP side: reads messages, asks who is speaking, answers as checkers expect.

2xx also for what was there already; 4xx that a checker must not repeat only for messages that can
never be right; 503 whenever the fault may pass.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from datetime import datetime
from typing import TypeVar

from aiohttp import web

from allswell.central.errors import CentralError, Conflict
from allswell.controller.collector.centre import Centre
from allswell.controller.collector.identity import (
    Authenticator,
    Identity,
    NotInSync,
    Refused,
    Unauthorized,
)
from allswell.domain import instant, report
from allswell.domain.message import Malformed, Reader

log = logging.getLogger(__name__)
# Beats and hellos speak of a whole list of monitors; envelopes are held to report.MOST_BYTES.
MOST_BYTES = 4 * 2**20

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Intake:
    """The routes, with what they need closed over."""

    def __init__(
        self,
        centre: Centre,
        authenticator: Authenticator,
        writing: Executor,
        now: Callable[[], datetime],
    ) -> None:
        self._centre = centre
        self._authenticator = authenticator
        self._writing = writing
        self._now = now

    def application(self) -> web.Application:
        """The whole HTTP application."""
        app = web.Application(client_max_size=MOST_BYTES, middlewares=[answer_errors])
        app.router.add_post("/v1/hello", self.hello)
        app.router.add_post("/v1/beat", self.beat)
        app.router.add_post("/v1/report", self.report)
        app.router.add_get("/v1/latency", self.latency)
        app.router.add_get("/healthz", self.healthz)
        return app

    async def hello(self, request: web.Request) -> web.Response:
        """`POST /v1/hello`: checkers say where their stores stand, and learn where we are."""
        sender = await self._sender(request)
        greetings = report.read_hello(await _body(request, MOST_BYTES))
        standings = await self._write(self._centre.hello, sender, greetings, self._now())
        return web.json_response(report.standings_json(standings))

    async def beat(self, request: web.Request) -> web.Response:
        """`POST /v1/beat`: signs of life, kept in memory."""
        sender = await self._sender(request)
        body = await _body(request, MOST_BYTES)
        received = self._now()
        beats = report.read_beats(body)
        pulse = self._centre.beat(sender, beats, Reader(body).moment("sent_at"), received)
        return web.json_response(report.pulse_json(pulse))

    async def report(self, request: web.Request) -> web.Response:
        """`POST /v1/report`: one envelope; 201 when it is new, 200 when it was there already."""
        sender = await self._sender(request)
        body = await _body(request, report.MOST_BYTES)
        received = self._now()
        envelope = report.read_envelope(body)
        sent = Reader(body).moment("sent_at")
        new = await self._write(self._centre.accept, sender, envelope, sent, received)
        return web.json_response({"new": new}, status=201 if new else 200)

    async def latency(self, request: web.Request) -> web.Response:
        """`GET /v1/latency?monitor=…`: the last 24 hours in buckets of five minutes."""
        sender = await self._sender(request)
        if not sender.page:
            raise Refused("only the page may read latencies")
        asked = request.query.getall("monitor", [])
        found = {
            public: [[instant.to_ms(b.start), b.count, b.average_us, b.p95_us] for b in buckets]
            for public, buckets in self._centre.latencies(asked).items()
        }
        return web.json_response({"monitors": found})

    async def healthz(self, _: web.Request) -> web.Response:
        """`GET /healthz`: the process answers; it says nothing of the database."""
        return web.Response(text="ok\n")

    async def _sender(self, request: web.Request) -> Identity:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("send a bearer token")
        if self._centre.started is None:
            raise NotInSync("the collector is starting")
        return await self._authenticator.identify(token.strip())

    async def _write(self, act: Callable[..., T], *args: object) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writing, act, *args)


async def _body(request: web.Request, most: int) -> object:
    if (request.content_length or 0) > most:
        raise web.HTTPRequestEntityTooLarge(most, request.content_length or 0)
    raw = await request.read()
    if len(raw) > most:
        raise web.HTTPRequestEntityTooLarge(most, len(raw))
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Malformed("the body is not JSON") from error


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what the rooms raise into the answers that checkers know."""
    try:
        return await handler(request)
    except Refused as error:
        return _refusal(error.status, str(error))
    except Malformed as error:
        return _refusal(422, str(error))
    except Conflict as error:
        return _refusal(409, str(error))
    except CentralError as error:
        log.warning("the central database cannot be written: %s", error)
        return _refusal(503, "the central database is away")


def _refusal(status: int, why: str) -> web.Response:
    return web.json_response({"error": why}, status=status)
