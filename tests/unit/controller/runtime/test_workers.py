"""The operator's loops, let run for a moment."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta

import pytest

from allswell.controller.cache.cache import ObjectKey
from allswell.controller.runtime import ledger_changes, workers
from allswell.controller.runtime.ledger_changes import LedgerChanges
from allswell.controller.runtime.workqueue import Workqueue
from allswell.domain.state import State
from allswell.kube.errors import KubeConflict, KubeError, KubeUnavailable
from allswell.kube.kinds import MONITOR, PAGE
from tests.central_database import transition
from tests.unit.controller.world import API, World

MAIN = ObjectKey(PAGE.name, "acme", "main")


async def until(is_so: Callable[[], bool], loop: Coroutine[None, None, None]) -> None:
    """Let a loop that never ends run until something is so, on a busy machine too."""
    running = asyncio.create_task(loop)
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.002)
    assert not running.done()
    running.cancel()


def result(world: World, word: str) -> float:
    labels = {"kind": MONITOR.name, "result": word}
    registry = world.metrics.registry
    return registry.get_sample_value("allswell_reconciles_total", labels) or 0


@pytest.mark.parametrize(
    ("trouble", "word"),
    [
        (None, "ok"),
        (KubeConflict("409: newer"), "conflict"),
        (KubeUnavailable("503: away"), "unavailable"),
        (RuntimeError("a mistake of ours"), "error"),
    ],
)
def test_whatever_comes_of_a_look_it_is_counted_and_the_worker_goes_on(
    world: World, trouble: KubeError | None, word: str
) -> None:
    world.monitor()
    world.monitor("web")
    world.api.trouble["apply"] = [trouble] if trouble else []

    async def story() -> None:
        queue: Workqueue[ObjectKey] = Workqueue(lambda: 0.0)
        for name in ("api", "web"):
            queue.add(ObjectKey(MONITOR.name, "acme", name))
        expected = [1, 1] if trouble else [2, 2]
        await until(
            lambda: [result(world, word), result(world, "ok"), len(queue)] == [*expected, 2],
            workers.work(queue, world.reconciler, world.metrics),
        )

    asyncio.run(story())


def test_a_crowd_that_has_nothing_to_wait_for_lets_others_have_their_turn(world: World) -> None:
    async def story() -> int:
        queue: Workqueue[ObjectKey] = Workqueue(lambda: 0.0)
        for number in range(500):
            queue.add(ObjectKey(MONITOR.name, "acme", f"gone{number}"))
        worker = asyncio.create_task(workers.work(queue, world.reconciler, world.metrics))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        left = len(queue)
        worker.cancel()
        return left

    assert asyncio.run(story()) > 400


def test_what_the_collector_tells_is_read_and_has_monitor_and_pages_looked_at(world: World) -> None:
    world.monitor()
    world.page()
    woken: list[ObjectKey] = []

    async def story() -> None:
        await world.reconciler.reconcile(API)
        (row,) = world.database.writer.living()
        world.database.writer.hello(row.id, "s1", world.now)
        said = transition(1, State.UP, world.now - timedelta(seconds=5))
        world.database.writer.accept_transition(row.id, said, world.now)
        changes = LedgerChanges()
        changes.record(row.id)
        following = ledger_changes.follow(changes, world.statuses, woken.append, world.cache.pages)
        await until(lambda: len(woken) > 1, following)

    asyncio.run(story())
    assert woken == [API, MAIN]
    assert world.statuses.state(("acme", "api")) is State.UP


def test_a_resync_that_fails_is_counted_and_tried_again(world: World) -> None:
    world.monitor()
    world.api.trouble["every"] = [KubeUnavailable("away")]

    async def story() -> None:
        running = workers.run_resync(world.resync, world.metrics, asyncio.Event())
        await until(lambda: bool(world.api.asked) and failed() > 0, running)

    def failed() -> float:
        registry = world.metrics.registry
        return registry.get_sample_value("allswell_resyncs_total", {"result": "failed"}) or 0

    asyncio.run(story())
    assert failed() == 1
    assert world.resync.succeeded is None
