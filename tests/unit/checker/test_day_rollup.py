import asyncio
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from allswell.checker.day_rollup import DayRollup
from allswell.checker.monitor_runtime import day_is_over
from allswell.checker.registration import Registration
from allswell.domain.cover import Grace
from allswell.domain.report import DayReport
from allswell.domain.sample import Sample
from allswell.domain.spec.monitor import Confirm
from allswell.store import StoreFailed
from tests.unit.checker.fakes import (
    NOON,
    SECOND,
    FailingStore,
    FakeLine,
    clock,
    keeper_of,
    kept,
    opened,
    run,
    subject,
)

MIDNIGHT = NOON + timedelta(hours=12)
LATEST = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)
HALF_A_DAY = 12 * 3600


def sealer_of(folder: Path) -> tuple[DayRollup, FailingStore]:
    """A sealer of one monitor with a sample at noon."""
    store = opened(folder)
    keeper, _ = keeper_of(store)
    api = subject(store)
    store.commit([kept(api)])
    return DayRollup(keeper, clock(), Registration(keeper, FakeLine(), {"api": api})), store


def rollups(store: FailingStore) -> list[tuple[date, int, int]]:
    """The day reports that wait: day, revision, checks."""
    found = [each.envelope for each in store.outbox(100, NOON)]
    return [
        (each.rollup.day, each.revision, each.rollup.checks)
        for each in found
        if isinstance(each, DayReport)
    ]


def test_a_day_is_sealed_at_a_quarter_past_midnight_though_nothing_was_checked_since(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        sealer, store = sealer_of(tmp_path)
        task = asyncio.create_task(sealer.run())
        await asyncio.sleep(HALF_A_DAY + 14 * 60)
        assert rollups(store) == []
        await asyncio.sleep(120)
        assert rollups(store) == [(NOON.date(), 1, 1)]
        assert sealer.counts is not None
        task.cancel()

    run(story())


def test_a_day_is_sealed_as_soon_as_a_sample_of_the_next_is_kept(tmp_path: Path) -> None:
    async def story() -> None:
        sealer, store = sealer_of(tmp_path)
        await asyncio.sleep(HALF_A_DAY + 10)
        await sealer.tidy()
        assert rollups(store) == []
        sealer.greeter.subjects["api"].last = Sample(MIDNIGHT + SECOND, 1)
        await sealer.tidy()
        assert rollups(store) == [(NOON.date(), 1, 1)]

    run(story())


def test_a_late_sample_makes_a_new_revision_within_the_hour(tmp_path: Path) -> None:
    async def story() -> None:
        sealer, store = sealer_of(tmp_path)
        task = asyncio.create_task(sealer.run())
        await asyncio.sleep(HALF_A_DAY + 1800)
        store.commit([kept(sealer.greeter.subjects["api"], second=60)])
        await asyncio.sleep(3700)
        assert rollups(store) == [(NOON.date(), 1, 1), (NOON.date(), 2, 2)]
        task.cancel()

    run(story())


@pytest.mark.parametrize(("archives", "left"), [(None, 1), (True, 1), (False, 0)])
def test_what_an_archive_may_want_stays_until_it_is_known_that_there_is_none(
    tmp_path: Path, *, archives: bool | None, left: int
) -> None:
    async def story() -> None:
        sealer, store = sealer_of(tmp_path)
        sealer.archives = lambda: archives
        kept_for = sealer.greeter.subjects["api"].monitor.retention_days
        await asyncio.sleep((kept_for + 1) * 2 * HALF_A_DAY)
        await sealer.tidy()
        assert store.counts().samples == left

    run(story())


def test_a_file_that_fails_is_tried_again(tmp_path: Path) -> None:
    async def story() -> None:
        sealer, store = sealer_of(tmp_path)
        await asyncio.sleep(HALF_A_DAY + 1800)
        store.unreadable = StoreFailed("away")
        await sealer.tidy()
        store.unreadable = None
        await sealer.tidy()
        assert rollups(store) == [(NOON.date(), 1, 1)]

    run(story())


@pytest.mark.parametrize(
    ("minutes", "samples", "over"),
    [
        (1, (), False),
        (15, (), True),
        (1, ((1, ""),), True),
        # an outage that is still being confirmed, begun before midnight or after it
        (1, ((-1, "Timeout"), (1, "Timeout")), True),
        (1, ((-1, "Timeout"),), False),
        (2, ((1, "Timeout"),), True),
    ],
)
def test_a_day_is_over_when_nothing_begun_in_it_is_open(
    tmp_path: Path, minutes: int, samples: tuple[tuple[int, str], ...], *, over: bool
) -> None:
    store = opened(tmp_path)
    api = subject(store)
    for at, reason in samples:
        api.take(Sample(MIDNIGHT + at * SECOND, 1, reason), Grace())
    assert day_is_over(api, MIDNIGHT + timedelta(minutes=minutes), LATEST) is over
    store.close()


def test_a_confirmation_from_before_midnight_keeps_the_day_open_for_a_quarter_of_an_hour(
    tmp_path: Path,
) -> None:
    store = opened(tmp_path)
    api = subject(store)
    api.monitor = replace(api.monitor, confirm=Confirm(failures=3))
    for at, reason in ((-60, ""), (-1, "Timeout"), (1, "Timeout")):
        api.take(Sample(MIDNIGHT + at * SECOND, 1, reason), Grace())
    assert not day_is_over(api, MIDNIGHT + 14 * MINUTE, LATEST)
    assert day_is_over(api, MIDNIGHT + 15 * MINUTE, LATEST)
    api.take(Sample(MIDNIGHT + 2 * SECOND, 1, "Timeout"), Grace())
    assert day_is_over(api, MIDNIGHT + MINUTE, LATEST)
    store.close()


def test_a_claim_takes_the_next_number_and_goes_with_its_sample(tmp_path: Path) -> None:
    store = opened(tmp_path)
    api = subject(store)
    first, claim = api.take(Sample(NOON, 1), Grace())
    assert claim is not None
    assert [getattr(each, "sequence", 0) for each in first.envelopes] == [1]
    second, nothing = api.take(Sample(NOON + 60 * SECOND, 1), Grace())
    assert nothing is None
    assert second.envelopes == ()
    assert api.would_go_down(Sample(NOON + 120 * SECOND, 1, "Timeout")) is False
    assert second.observation.since == NOON
    store.close()
