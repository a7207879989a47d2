"""The operator's loops, let run for a moment."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from allswell.controller.cache.cache import ObjectKey
from allswell.controller.runtime import workers
from allswell.controller.runtime.workqueue import Workqueue
from allswell.kube.errors import KubeConflict, KubeError, KubeUnavailable
from allswell.kube.kinds import MONITOR
from tests.unit.controller.world import World


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
def test_however_a_reconcile_ends_it_is_counted_and_the_worker_goes_on(
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


def test_many_that_have_nothing_to_wait_for_leave_the_loop_to_others(world: World) -> None:
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
