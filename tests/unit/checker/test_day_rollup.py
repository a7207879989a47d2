import asyncio
from datetime import date, timedelta
from pathlib import Path

import pytest

from allswell.checker.day_rollup import DayRollup
from allswell.checker.registration import Registration
from allswell.domain.report import DayReport
from allswell.domain.sample import Sample
from allswell.store import StoreFailed
from tests.unit.checker.fakes import (
    NOON,
    SECOND,
    FailingStore,
    FakeCollector,
    clock,
    enroll,
    item,
    open_store,
    run,
    running_writer,
)

MIDNIGHT = NOON + timedelta(hours=12)
HALF_A_DAY = 12 * 3600


def rollup_loop_of(folder: Path) -> tuple[DayRollup, FailingStore]:
    """Return the roll-up loop of one monitor with a sample at noon."""
    store = open_store(folder)
    writer, _ = running_writer(store)
    api = enroll(store)
    store.commit([item(api)])
    return DayRollup(writer, clock(), Registration(writer, FakeCollector(), {"api": api})), store


def rollups(store: FailingStore) -> list[tuple[date, int, int]]:
    """Return the day reports in the outbox: day, revision, checks."""
    envelopes = [each.envelope for each in store.outbox(100, NOON)]
    return [
        (each.rollup.day, each.revision, each.rollup.checks)
        for each in envelopes
        if isinstance(each, DayReport)
    ]


def test_a_day_is_sealed_at_a_quarter_past_midnight_though_nothing_was_checked_since(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        rollup_loop, store = rollup_loop_of(tmp_path)
        task = asyncio.create_task(rollup_loop.run())
        await asyncio.sleep(HALF_A_DAY + 14 * 60)
        assert rollups(store) == []
        await asyncio.sleep(120)
        assert rollups(store) == [(NOON.date(), 1, 1)]
        assert rollup_loop.counts is not None
        task.cancel()

    run(story())


def test_a_day_is_sealed_as_soon_as_a_sample_of_the_next_is_kept(tmp_path: Path) -> None:
    async def story() -> None:
        rollup_loop, store = rollup_loop_of(tmp_path)
        await asyncio.sleep(HALF_A_DAY + 10)
        await rollup_loop.maintain()
        assert rollups(store) == []
        rollup_loop.registration.runtimes["api"].last = Sample(MIDNIGHT + SECOND, 1)
        await rollup_loop.maintain()
        assert rollups(store) == [(NOON.date(), 1, 1)]

    run(story())


def test_a_late_sample_makes_a_new_revision_within_the_hour(tmp_path: Path) -> None:
    async def story() -> None:
        rollup_loop, store = rollup_loop_of(tmp_path)
        task = asyncio.create_task(rollup_loop.run())
        await asyncio.sleep(HALF_A_DAY + 1800)
        store.commit([item(rollup_loop.registration.runtimes["api"], second=60)])
        await asyncio.sleep(3700)
        assert rollups(store) == [(NOON.date(), 1, 1), (NOON.date(), 2, 2)]
        task.cancel()

    run(story())


@pytest.mark.parametrize(("archives", "left"), [(None, 1), (True, 1), (False, 0)])
def test_what_an_archive_may_want_stays_until_it_is_known_that_there_is_none(
    tmp_path: Path, *, archives: bool | None, left: int
) -> None:
    async def story() -> None:
        rollup_loop, store = rollup_loop_of(tmp_path)
        rollup_loop.archive_configured = lambda: archives
        kept_for = rollup_loop.registration.runtimes["api"].monitor.retention_days
        await asyncio.sleep((kept_for + 1) * 2 * HALF_A_DAY)
        await rollup_loop.maintain()
        assert store.counts().samples == left

    run(story())


def test_a_file_that_fails_is_tried_again(tmp_path: Path) -> None:
    async def story() -> None:
        rollup_loop, store = rollup_loop_of(tmp_path)
        await asyncio.sleep(HALF_A_DAY + 1800)
        store.unreadable = StoreFailed("away")
        await rollup_loop.maintain()
        store.unreadable = None
        await rollup_loop.maintain()
        assert rollups(store) == [(NOON.date(), 1, 1)]

    run(story())
