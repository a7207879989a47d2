"""The changes of ledgers, let follow for a moment."""

import asyncio
from datetime import timedelta

from allswell.controller.cache.cache import ObjectKey
from allswell.controller.runtime import ledger_changes
from allswell.controller.runtime.ledger_changes import LedgerChanges
from allswell.domain.state import State
from allswell.kube.kinds import PAGE
from tests.central_database import transition
from tests.unit.controller.runtime.test_workers import until
from tests.unit.controller.world import API, World

MAIN = ObjectKey(PAGE.name, "acme", "main")


def test_a_change_is_taken_once_however_often_and_from_whichever_thread_it_comes() -> None:
    async def story() -> list[int]:
        changes = LedgerChanges()
        for _ in range(2):
            await asyncio.to_thread(changes.record, 7)
        taken = [await changes.take()]
        changes.add(8)
        return [*taken, await asyncio.wait_for(changes.take(), 5)]

    assert asyncio.run(story()) == [7, 8]


def test_a_change_is_read_and_enqueues_the_monitor_and_its_pages(world: World) -> None:
    world.monitor()
    world.page()
    enqueued: list[ObjectKey] = []

    async def story() -> None:
        await world.reconciler.reconcile(API)
        (row,) = world.database.writer.living()
        world.database.writer.hello(row.id, "s1", world.now)
        claim = transition(1, State.UP, world.now - timedelta(seconds=5))
        world.database.writer.accept_transition(row.id, claim, world.now)
        changes = LedgerChanges()
        changes.record(row.id)
        following = ledger_changes.follow(
            changes, world.statuses, enqueued.append, world.cache.pages
        )
        await until(lambda: len(enqueued) > 1, following)

    asyncio.run(story())
    assert enqueued == [API, MAIN]
    assert world.statuses.state(("acme", "api")) is State.UP


def test_a_change_of_a_monitor_that_is_hidden_enqueues_nothing(world: World) -> None:
    enqueued: list[ObjectKey] = []

    async def story() -> None:
        changes = LedgerChanges()
        changes.add(404)
        following = asyncio.create_task(
            ledger_changes.follow(changes, world.statuses, enqueued.append, world.cache.pages)
        )
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        following.cancel()

    asyncio.run(story())
    assert enqueued == []
