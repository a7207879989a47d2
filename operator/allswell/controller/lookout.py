"""Whether the operator is well, told to Kubernetes over HTTP, with its figures for Prometheus.

It is not alive when no complete look has worked for long *although the API server answers*: were an
API server that is away a reason, operator and collector would be restarted in a loop. It is ready
when it has seen the whole cluster once, and its collector has read the central database.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from aiohttp import web
from prometheus_client import generate_latest

from allswell.controller.meters import Meters

# Two resyncs may fail in a row.
LATEST = timedelta(minutes=25)


def is_stale(started: datetime, succeeded: datetime | None, now: datetime) -> bool:
    """Whether the last complete look, or the start, is too long ago."""
    return now - (succeeded or started) > LATEST


class Lookout:
    """Answers `/healthz`, `/readyz` and `/metrics`."""

    def __init__(
        self,
        *,
        succeeded: Callable[[], datetime | None],
        listening: Callable[[], bool],
        answers: Callable[[], Awaitable[bool]],
        meters: Meters,
        now: Callable[[], datetime],
    ) -> None:
        self._succeeded = succeeded
        self._listening = listening
        self._answers = answers
        self._meters = meters
        self._now = now
        self._started = now()

    def application(self) -> web.Application:
        """The whole HTTP application."""
        app = web.Application()
        app.router.add_get("/healthz", self.healthz)
        app.router.add_get("/readyz", self.readyz)
        app.router.add_get("/metrics", self.metrics)
        return app

    async def healthz(self, _: web.Request) -> web.Response:
        """500 when a restart may help."""
        stale = is_stale(self._started, self._succeeded(), self._now())
        if stale and await self._answers():
            return web.Response(status=500, text="no complete look has worked for 25 minutes\n")
        return web.Response(text="ok\n")

    async def readyz(self, _: web.Request) -> web.Response:
        """503 until the whole cluster has been seen and checkers can be listened to."""
        if self._succeeded() is None:
            return web.Response(status=503, text="the cluster has not been seen yet\n")
        if not self._listening():
            return web.Response(status=503, text="the central database has not been read yet\n")
        return web.Response(text="ok\n")

    async def metrics(self, _: web.Request) -> web.Response:
        """The figures as text."""
        content = generate_latest(self._meters.registry)
        return web.Response(body=content, headers={"Content-Type": "text/plain; version=0.0.4"})
