"""The probes of the operator's pod."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from aiohttp.test_utils import TestClient, TestServer

from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.controller.runtime import health_endpoints
from allswell.controller.runtime.health_endpoints import HealthEndpoints
from allswell.kube.kinds import MONITOR, PAGE, Kind
from tests.unit.controller.objects import NOW

MINUTE = timedelta(minutes=1)


@dataclass
class State:
    """What the endpoints know of the rest of the operator."""

    now: datetime = NOW
    succeeded: datetime | None = NOW
    listening: bool = True
    api_answers: bool = True
    dead: Collection[Kind] = ()
    metrics: OperatorMetrics = field(default_factory=OperatorMetrics)

    async def answers(self) -> bool:
        return self.api_answers


def ask(path: str, state: State, later: timedelta = timedelta()) -> tuple[int, str]:
    """Ask endpoints that began at noon, some time later."""

    async def asked() -> tuple[int, str]:
        endpoints = HealthEndpoints(
            succeeded=lambda: state.succeeded,
            listening=lambda: state.listening,
            answers=state.answers,
            dead=lambda _: state.dead,
            metrics=state.metrics,
            now=lambda: state.now,
        )
        state.now += later
        async with (
            TestClient(TestServer(endpoints.application())) as client,
            client.get(path) as answer,
        ):
            return answer.status, await answer.text()

    return asyncio.run(asked())


def test_an_operator_that_has_just_resynced_is_alive() -> None:
    assert ask("/healthz", State()) == (200, "ok\n")


@pytest.mark.parametrize("succeeded", [NOW, None])
def test_it_is_not_when_no_resync_has_succeeded_for_long(succeeded: datetime | None) -> None:
    assert ask("/healthz", State(succeeded=succeeded), 25 * MINUTE) == (200, "ok\n")
    stale = ask("/healthz", State(succeeded=succeeded), 26 * MINUTE)
    assert stale == (500, "no resync has succeeded for 25 minutes\n")


def test_it_is_not_when_a_watch_is_dead() -> None:
    assert ask("/healthz", State(dead=[PAGE, MONITOR])) == (
        500,
        "the watch of monitors, statuspages does not deliver what a resync has found\n",
    )


def test_while_the_api_server_is_away_a_restart_would_not_help() -> None:
    away = State(api_answers=False, dead=[MONITOR])
    assert ask("/healthz", away, 60 * MINUTE) == (200, "ok\n")


def test_it_is_ready_once_it_has_listed_everything_and_listens() -> None:
    assert ask("/readyz", State()) == (200, "ok\n")
    assert ask("/readyz", State(succeeded=None))[0] == 503
    assert ask("/readyz", State(listening=False))[0] == 503


def test_its_metrics_can_be_read() -> None:
    state = State()
    state.metrics.writes.labels("Monitor", "status").inc()
    status, text = ask("/metrics", state)
    assert status == 200
    assert 'allswell_writes_total{kind="Monitor",verb="status"} 1.0' in text


def test_a_resync_that_is_long_ago_is_reported_before_a_dead_watch() -> None:
    trouble = health_endpoints.trouble(NOW - 30 * MINUTE, [MONITOR], NOW)
    assert trouble == "no resync has succeeded for 25 minutes"
