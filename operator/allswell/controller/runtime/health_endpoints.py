"""Serve the operator's probes and its metrics over HTTP.

It is not alive when no resync has succeeded for long, or when a watch does not deliver what a
resync has found, *although the API server answers*: were an API server that is away a reason,
operator and collector would be restarted in a loop. It is ready when it has listed the whole
cluster once, and its collector has read the central database.
"""

import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta

from aiohttp import web
from prometheus_client import generate_latest

from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.kube.client import Api
from allswell.kube.errors import KubeError, KubeUnavailable
from allswell.kube.kinds import NAMESPACE, Kind

log = logging.getLogger(__name__)
# Two resyncs may fail in a row.
RESYNC_OVERDUE = timedelta(minutes=25)
MINUTE = timedelta(minutes=1)


def trouble(resynced: datetime, dead: Collection[Kind], now: datetime) -> str:
    """Return what a restart may help against, or nothing.

    `resynced` is when the last resync succeeded, or the start; `dead` are kinds with a dead watch.
    """
    if now - resynced > RESYNC_OVERDUE:
        return f"no resync has succeeded for {RESYNC_OVERDUE // MINUTE} minutes"
    if dead:
        kinds = ", ".join(sorted(kind.plural for kind in dead))
        return f"the watch of {kinds} does not deliver what a resync has found"
    return ""


async def api_answers(api: Api) -> bool:
    """Tell whether the API server answers, with an error or without."""
    try:
        await api.get(NAMESPACE, "", "default")
    except KubeUnavailable:
        return False
    except KubeError:
        return True
    return True


class HealthEndpoints:
    """Answers `/healthz`, `/readyz` and `/metrics`."""

    def __init__(
        self,
        *,
        succeeded: Callable[[], datetime | None],
        listening: Callable[[], bool],
        answers: Callable[[], Awaitable[bool]],
        dead: Callable[[datetime], Collection[Kind]],
        metrics: OperatorMetrics,
        now: Callable[[], datetime],
    ) -> None:
        self._succeeded = succeeded
        self._listening = listening
        self._answers = answers
        self._dead = dead
        self._metrics = metrics
        self._now = now
        self._started = now()

    def application(self) -> web.Application:
        """Build the whole HTTP application."""
        app = web.Application()
        app.router.add_get("/healthz", self.healthz)
        app.router.add_get("/readyz", self.readyz)
        app.router.add_get("/metrics", self.metrics)
        return app

    async def healthz(self, _: web.Request) -> web.Response:
        """Answer 500 when a restart may help."""
        now = self._now()
        why = trouble(self._succeeded() or self._started, self._dead(now), now)
        if why and await self._answers():
            log.error("the liveness probe fails: %s", why)
            return web.Response(status=500, text=f"{why}\n")
        return web.Response(text="ok\n")

    async def readyz(self, _: web.Request) -> web.Response:
        """Answer 503 until the whole cluster has been listed and checkers can report."""
        if self._succeeded() is None:
            return web.Response(status=503, text="the cluster has not been listed yet\n")
        if not self._listening():
            return web.Response(status=503, text="the central database has not been read yet\n")
        return web.Response(text="ok\n")

    async def metrics(self, _: web.Request) -> web.Response:
        """Answer with the metrics as text."""
        content = generate_latest(self._metrics.registry)
        return web.Response(body=content, headers={"Content-Type": "text/plain; version=0.0.4"})
