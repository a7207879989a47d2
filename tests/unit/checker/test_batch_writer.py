import asyncio
from pathlib import Path

import pytest

from allswell.checker import batch_writer as keepers
from allswell.domain.health import Health
from allswell.store import BatchItem, BatchResult, OutOfStep, StoreDamaged, StoreFailed, StoreFull
from tests.unit.checker.fakes import NOON, SECOND, keeper_of, kept, opened, run, subject


def test_what_is_handed_in_together_is_committed_together(tmp_path: Path) -> None:
    async def story() -> None:
        store = opened(tmp_path)
        one, two = subject(store, "one"), subject(store, "two")
        keeper, task = keeper_of(store)
        keeper.keep(kept(one))
        keeper.keep(kept(two, 1))
        await keeper.flush()
        assert store.counts().samples == 2
        assert keeper.reported.is_set()
        task.cancel()

    run(story())


@pytest.mark.parametrize("failure", [StoreFailed("away"), StoreFull("full")])
def test_what_cannot_be_kept_is_held_in_order_until_it_can(
    tmp_path: Path, failure: Exception
) -> None:
    async def story() -> None:
        store = opened(tmp_path)
        api = subject(store)
        keeper, task = keeper_of(store)
        store.failure = failure
        for number in (1, 2, 3):
            keeper.keep(kept(api, number, second=number))
            await asyncio.sleep(5)
        assert keeper.trouble
        assert store.counts().samples == 0
        store.failure = None
        await keeper.flush()
        assert not keeper.trouble
        found = [each.envelope for each in store.outbox(10, NOON)]
        assert [getattr(each, "sequence", 0) for each in found] == [1, 2, 3]
        assert not keeper.broken.is_set()
        task.cancel()

    run(story())


def test_it_is_losing_while_what_makes_room_is_in_no_archive(tmp_path: Path) -> None:
    async def story() -> None:
        keeper, task = keeper_of(opened(tmp_path))
        seen = []
        for committed in (
            BatchResult(1, pressed=True),
            BatchResult(1, pressed=True, dropped_samples=3),
            BatchResult(1, pressed=True),
            BatchResult(1, pressed=True, released=5),
            BatchResult(1, pressed=True, dropped_samples=1, released=5),
            BatchResult(1),
        ):
            keeper._note_room(committed)
            seen.append(keeper.losing)
        assert seen == [False, True, True, False, True, False]
        task.cancel()

    run(story())


def test_a_result_that_can_never_be_kept_goes_alone(tmp_path: Path) -> None:
    async def story() -> None:
        store = opened(tmp_path)
        subjects = [subject(store, f"m{number}") for number in range(8)]
        keeper, task = keeper_of(store)
        for number, each in enumerate(subjects):
            keeper.keep(kept(each, 7 if number == 5 else 1))
        await keeper.flush()
        assert len(store.outbox(100, NOON)) == 7
        assert keeper.shed == 1
        assert keeper.broken.is_set()
        task.cancel()

    run(story())


def test_a_batch_that_fails_between_its_halves_is_not_queued_twice(tmp_path: Path) -> None:
    async def story() -> None:
        store = opened(tmp_path)
        api, other = subject(store, "api"), subject(store, "other")
        keeper, task = keeper_of(store)
        store.failure = OutOfStep("once")
        keeper.keep(kept(api, 1))
        keeper.keep(kept(other, 1))
        await asyncio.sleep(0.006)
        store.failure = StoreFailed("away")
        await asyncio.sleep(3)
        store.failure = None
        await keeper.flush()
        assert len(store.outbox(10, NOON)) == 2
        assert keeper.shed == 0
        task.cancel()

    run(story())


def test_a_damaged_file_is_said_and_nothing_is_let_go(tmp_path: Path) -> None:
    async def story() -> None:
        store = opened(tmp_path)
        keeper, task = keeper_of(store)
        store.failure = StoreDamaged("torn")
        keeper.keep(kept(subject(store), 1))
        await asyncio.sleep(1)
        assert keeper.broken.is_set()
        assert keeper.shed == 0
        task.cancel()

    run(story())


def test_beyond_a_bound_samples_are_let_go_and_changes_never(tmp_path: Path) -> None:
    async def story() -> None:
        store = opened(tmp_path)
        api, other = subject(store), subject(store, "other")
        keeper, task = keeper_of(store)
        store.failure = StoreFailed("away")
        for number in range(keepers.MOST_HELD):
            keeper.keep(kept(api, second=number))
        await asyncio.sleep(1)
        for second in range(50):
            keeper.keep(kept(other, second=second))
            keeper.keep(kept(api, second=20_000 + second))
        keeper.keep(kept(api, 1, second=30_000))
        keeper.keep(BatchItem(api.number, None, Health(), kept(api, second=31_000).observation))
        assert keeper.shed == 101
        store.failure = None
        await keeper.flush()
        assert store.counts().samples == keepers.MOST_HELD
        assert len(store.outbox(10, NOON)) == 1
        seen = store.enroll("api", "x").observation
        assert seen is not None
        assert seen.last == NOON + 31_000 * SECOND
        task.cancel()

    run(story())
