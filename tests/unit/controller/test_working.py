"""The operator's loops, let run for a moment."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta

import pytest

from allswell.controller import working
from allswell.controller.index import Key
from allswell.controller.workqueue import Workqueue
from allswell.domain.state import State
from allswell.kube.errors import Conflict, KubeError, Unavailable
from allswell.kube.kinds import MONITOR, PAGE
from tests.centre import transition
from tests.unit.controller.world import API, World

MAIN = Key(PAGE.name, "acme", "main")


async def until_idle(loop: Coroutine[None, None, None], seconds: float = 0.2) -> None:
    """Let a loop run that never ends."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(loop, seconds)


def result(world: World, word: str) -> float:
    labels = {"kind": MONITOR.name, "result": word}
    registry = world.means.meters.registry
    return registry.get_sample_value("allswell_reconciles_total", labels) or 0


@pytest.mark.parametrize(
    ("trouble", "word"),
    [
        (None, "ok"),
        (Conflict("409: newer"), "conflict"),
        (Unavailable("503: away"), "unavailable"),
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
        queue: Workqueue[Key] = Workqueue(lambda: 0.0)
        for name in ("api", "web"):
            queue.add(Key(MONITOR.name, "acme", name))
        await until_idle(working.work(queue, world.reconciler, world.means.meters))
        assert len(queue) == 2

    asyncio.run(story())
    assert (result(world, word), result(world, "ok")) == ((1, 1) if trouble else (2, 2))


def test_a_crowd_that_has_nothing_to_wait_for_lets_others_have_their_turn(world: World) -> None:
    async def story() -> int:
        queue: Workqueue[Key] = Workqueue(lambda: 0.0)
        for number in range(500):
            queue.add(Key(MONITOR.name, "acme", f"gone{number}"))
        worker = asyncio.create_task(working.work(queue, world.reconciler, world.means.meters))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        left = len(queue)
        worker.cancel()
        return left

    assert asyncio.run(story()) > 400


def test_what_the_centre_tells_is_read_and_has_monitor_and_pages_looked_at(world: World) -> None:
    world.monitor()
    world.page()
    woken: list[Key] = []

    async def story() -> None:
        await world.reconciler.look(API)
        (row,) = world.database.writer.living()
        world.database.writer.hello(row.id, "s1", world.now)
        said = transition(1, State.UP, world.now - timedelta(seconds=5))
        world.database.writer.accept_transition(row.id, said, world.now)
        tidings = working.Tidings(
            world.central, world.reconciler, woken.append, world.index.pages, world.clock
        )
        tidings.hear(row.id)
        await until_idle(tidings.run())

    asyncio.run(story())
    assert woken == [API, MAIN]
    assert world.reconciler.standings["acme", "api"].state is State.UP


def test_a_resync_that_fails_is_counted_and_tried_again(world: World) -> None:
    world.monitor()
    world.api.trouble["every"] = [Unavailable("away")]

    async def story() -> None:
        hurry = asyncio.Event()
        await until_idle(working.resync(world.resync, world.means.meters, hurry), 0.1)

    asyncio.run(story())
    registry = world.means.meters.registry
    assert registry.get_sample_value("allswell_resyncs_total", {"result": "failed"}) == 1
    assert world.resync.succeeded is None
