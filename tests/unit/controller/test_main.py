"""The assembled operator, on an API in memory: how its probes answer for its watches."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import pytest
from aiohttp.test_utils import TestClient, TestServer

from allswell.controller import assembly
from allswell.controller.assembly import Operator
from allswell.controller.cache import watch_health
from allswell.controller.config import settings
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.kube.errors import KubeUnavailable
from allswell.kube.kinds import MONITOR
from tests.unit.controller.world import World

T = TypeVar("T")
SETTINGS = settings.read(
    {
        "ALLSWELL_DATABASE_URL": "sqlite://",
        "ALLSWELL_NAMESPACE": "home",
        "ALLSWELL_CHECKER_IMAGE": "allswell",
    }
)


def operator_of(world: World) -> Operator:
    """Return an operator that serves the world."""

    def run_in_writer(act: Callable[[], T]) -> Awaitable[T]:
        return asyncio.to_thread(act)

    return Operator(
        SETTINGS,
        api=world.api,
        ledgers=assembly.ledgers(world.database.engine, SETTINGS),
        run_in_writer=run_in_writer,
        metrics=OperatorMetrics(),
        now=world.clock,
    )


async def alive(operator: Operator) -> int:
    """Return what the kubelet gets."""
    app = operator.health_endpoints().application()
    async with TestClient(TestServer(app)) as client, client.get("/healthz") as answer:
        return answer.status


@pytest.mark.parametrize(
    ("delivers", "answers", "expected"),
    [(False, True, 500), (True, True, 200), (False, False, 200)],
    ids=["a dead watch", "one that delivers late", "a dead one, and no API server"],
)
def test_liveness_fails_when_a_watch_does_not_deliver_what_a_resync_has_found(
    world: World, *, delivers: bool, answers: bool, expected: int
) -> None:
    async def story() -> tuple[int, int]:
        operator = operator_of(world)
        world.api.put(MONITOR, monitor("api"))
        await operator.resync.run()
        live = world.api.put(MONITOR, monitor("web"))
        await operator.resync.run()
        if delivers:
            operator.observe(MONITOR, live, False)
        before = await alive(operator)
        world.now += watch_health.OVERDUE_AFTER + timedelta(seconds=1)
        world.api.trouble["get"] = [] if answers else [KubeUnavailable("away")]
        return before, await alive(operator)

    assert asyncio.run(story()) == (200, expected)


def monitor(name: str) -> dict[str, object]:
    """Return a Monitor that somebody has applied."""
    metadata = {"name": name, "namespace": "acme"}
    return {"metadata": metadata, "spec": {"http": {"url": "https://example.com/"}}}
