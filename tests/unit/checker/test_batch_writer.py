import asyncio
from pathlib import Path

import pytest

from allswell.checker import batch_writer
from allswell.domain.health import Health
from allswell.store import BatchItem, BatchResult, OutOfStep, StoreDamaged, StoreFailed, StoreFull
from tests.unit.checker.fakes import NOON, SECOND, enroll, item, open_store, run, running_writer


def test_results_added_together_are_committed_together(tmp_path: Path) -> None:
    async def story() -> None:
        store = open_store(tmp_path)
        one, two = enroll(store, "one"), enroll(store, "two")
        writer, task = running_writer(store)
        writer.add(item(one))
        writer.add(item(two, 1))
        await writer.flush()
        assert store.counts().samples == 2
        assert writer.reports_pending.is_set()
        task.cancel()

    run(story())


@pytest.mark.parametrize("failure", [StoreFailed("away"), StoreFull("full")])
def test_results_that_cannot_be_committed_are_held_in_order_until_they_can(
    tmp_path: Path, failure: Exception
) -> None:
    async def story() -> None:
        store = open_store(tmp_path)
        api = enroll(store)
        writer, task = running_writer(store)
        store.failure = failure
        for number in (1, 2, 3):
            writer.add(item(api, number, second=number))
            await asyncio.sleep(5)
        assert writer.last_error
        assert store.counts().samples == 0
        store.failure = None
        await writer.flush()
        assert not writer.last_error
        envelopes = [each.envelope for each in store.outbox(10, NOON)]
        assert [getattr(each, "sequence", 0) for each in envelopes] == [1, 2, 3]
        assert not writer.restart_needed.is_set()
        task.cancel()

    run(story())


def test_it_is_losing_while_what_makes_room_is_in_no_archive(tmp_path: Path) -> None:
    async def story() -> None:
        writer, task = running_writer(open_store(tmp_path))
        seen = []
        for committed in (
            BatchResult(1, is_almost_full=True),
            BatchResult(1, is_almost_full=True, dropped_samples=3),
            BatchResult(1, is_almost_full=True),
            BatchResult(1, is_almost_full=True, released=5),
            BatchResult(1, is_almost_full=True, dropped_samples=1, released=5),
            BatchResult(1),
        ):
            writer._note_room(committed)
            seen.append(writer.losing)
        assert seen == [False, True, True, False, True, False]
        task.cancel()

    run(story())


def test_a_result_that_can_never_be_committed_is_dropped_alone(tmp_path: Path) -> None:
    async def story() -> None:
        store = open_store(tmp_path)
        runtimes = [enroll(store, f"m{number}") for number in range(8)]
        writer, task = running_writer(store)
        for number, each in enumerate(runtimes):
            writer.add(item(each, 7 if number == 5 else 1))
        await writer.flush()
        assert len(store.outbox(100, NOON)) == 7
        assert writer.shed == 1
        assert writer.restart_needed.is_set()
        task.cancel()

    run(story())


def test_a_batch_that_fails_between_its_halves_is_not_queued_twice(tmp_path: Path) -> None:
    async def story() -> None:
        store = open_store(tmp_path)
        api, other = enroll(store, "api"), enroll(store, "other")
        writer, task = running_writer(store)
        store.failure = OutOfStep("once")
        writer.add(item(api, 1))
        writer.add(item(other, 1))
        await asyncio.sleep(0.006)
        store.failure = StoreFailed("away")
        await asyncio.sleep(3)
        store.failure = None
        await writer.flush()
        assert len(store.outbox(10, NOON)) == 2
        assert writer.shed == 0
        task.cancel()

    run(story())


def test_a_damaged_file_asks_for_a_restart_and_sheds_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        store = open_store(tmp_path)
        writer, task = running_writer(store)
        store.failure = StoreDamaged("torn")
        writer.add(item(enroll(store), 1))
        await asyncio.sleep(1)
        assert writer.restart_needed.is_set()
        assert writer.shed == 0
        task.cancel()

    run(story())


def test_beyond_a_bound_samples_are_shed_and_changes_never(tmp_path: Path) -> None:
    async def story() -> None:
        store = open_store(tmp_path)
        api, other = enroll(store), enroll(store, "other")
        writer, task = running_writer(store)
        store.failure = StoreFailed("away")
        for number in range(batch_writer.MAX_PENDING):
            writer.add(item(api, second=number))
        await asyncio.sleep(1)
        for second in range(50):
            writer.add(item(other, second=second))
            writer.add(item(api, second=20_000 + second))
        writer.add(item(api, 1, second=30_000))
        writer.add(BatchItem(api.number, None, Health(), item(api, second=31_000).observation))
        assert writer.shed == 101
        store.failure = None
        await writer.flush()
        assert store.counts().samples == batch_writer.MAX_PENDING
        assert len(store.outbox(10, NOON)) == 1
        seen = store.enroll("api", "x").observation
        assert seen is not None
        assert seen.last == NOON + 31_000 * SECOND
        task.cancel()

    run(story())
