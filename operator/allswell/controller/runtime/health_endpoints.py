"""Whether the operator is well, told to Kubernetes over HTTP, with its figures for Prometheus.

It is not alive when no complete look has worked for long, or when a watch does not tell what such
a look has found, *although the API server answers*: were an API server that is away a reason,
operator and collector would be restarted in a loop. It is ready when it has seen the whole cluster
once, and its collector has read the central database.
"""

import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta

from aiohttp import web
from prometheus_client import generate_latest

from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.kube.kinds import Kind

log = logging.getLogger(__name__)
# Two resyncs may fail in a row.
LATEST = timedelta(minutes=25)
MINUTE = timedelta(minutes=1)


def trouble(seen: datetime, dead: Collection[Kind], now: datetime) -> str:
    """What a restart may help against: the last complete look, or the start, was at `seen`."""
    if now - seen > LATEST:
        return f"no complete look has worked for {LATEST // MINUTE} minutes"
    if dead:
        names = ", ".join(sorted(kind.plural for kind in dead))
        return f"the watch of {names} does not tell what a complete look has found"
    return ""


class HealthEndpoints:
    """Answers `/healthz`, `/readyz` and `/metrics`."""

    def __init__(
        self,
        *,
        succeeded: Callable[[], datetime | None],
        listening: Callable[[], bool],
        answers: Callable[[], Awaitable[bool]],
        dead: Callable[[datetime], Collection[Kind]],
        meters: OperatorMetrics,
        now: Callable[[], datetime],
    ) -> None:
        self._succeeded = succeeded
        self._listening = listening
        self._answers = answers
        self._dead = dead
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
        now = self._now()
        found = trouble(self._succeeded() or self._started, self._dead(now), now)
        if found and await self._answers():
            log.error("not well: %s", found)
            return web.Response(status=500, text=f"{found}\n")
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
