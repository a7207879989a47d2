"""Test that every sample is in the checker's file or the archive, whatever dies and when."""

import asyncio
from datetime import date, timedelta
from pathlib import Path

import pytest

from allswell.checker.monitor_runtime import target_hash
from allswell.domain import instant, rollup
from allswell.domain.archive import DayFileContent
from allswell.domain.cover import Observation
from allswell.domain.report import DayReport
from allswell.domain.sample import Sample
from allswell.domain.state import State
from allswell.store import BatchItem
from tests import thoroughness
from tests.central_database import Central
from tests.simulation.archive_world import CHECKS_A_DAY, INTERVAL, ArchivedWorld
from tests.simulation.target import Outage
from tests.simulation.world import DAY, HOUR, MINUTE, CheckerProcess

MIDNIGHT = 12 * HOUR
# How many days are archived after a death.
DAYS = 4 if thoroughness.THOROUGH else 2


def check_archive(world: ArchivedWorld, checker: CheckerProcess) -> None:
    """Check that all samples are in the file, the archive or both, and none is archived twice."""
    archived, stored = world.archived_starts(), world.stored_starts(checker)
    assert set(archived) | set(stored) == world.checked_starts(checker)
    assert set(archived.values()) <= {1}


async def restart_after_death(checker: CheckerProcess) -> None:
    await asyncio.wait_for(checker.died.wait(), 2 * DAY)
    await checker.kill()
    await asyncio.sleep(20.0)
    await checker.start()


def test_days_are_archived_within_an_hour_and_pass_away_after_their_time(
    both: Central, tmp_path: Path
) -> None:
    world = ArchivedWorld(both, tmp_path)

    async def story() -> None:
        world.collect()
        checker = await world.check()
        await world.until(MIDNIGHT + 61 * MINUTE)
        assert [named.key.partition("/")[2] for named in world.bucket.list_objects("v1/")] == [
            f"date=2026-03-02/{world.row.public_id}.1.ndjson.gz"
        ]
        await world.until(MIDNIGHT + 4 * DAY + 2 * HOUR)
        check_archive(world, checker)
        assert len(world.archived_starts()) >= 4 * CHECKS_A_DAY
        assert len(world.stored_starts(checker)) < 3 * CHECKS_A_DAY
        entries = world.catalogue.entries()
        assert len(entries) == 5
        assert sum(entry.content.samples for entry in entries) == len(world.archived_starts())
        assert checker.store.counts().raw_lost == 0
        await checker.stop()

    world.run(story())
    assert world.unseen() == []


@pytest.mark.parametrize(
    "dies_at",
    [
        "before the upload",
        "in the middle of the upload",
        "after the upload",
        "before it notes that it is archived",
    ],
)
def test_a_checker_that_dies_over_a_day_file_loses_and_doubles_nothing(
    central: Central, tmp_path: Path, dies_at: str
) -> None:
    world = ArchivedWorld(central, tmp_path)

    async def story() -> None:
        world.collect()
        checker = await world.check()
        await world.until(10 * HOUR)
        world.bucket.dies_at = checker.store.dies_at = dies_at
        await restart_after_death(checker)
        check_archive(world, checker)
        await world.until(MIDNIGHT + 2 * HOUR)
        assert checker.store.counts().unarchived == 0
        check_archive(world, checker)
        await world.until(MIDNIGHT + DAYS * DAY)
        check_archive(world, checker)
        await checker.stop()

    world.run(story())
    assert len(world.bucket.puts) == DAYS


@pytest.mark.parametrize("question", [1, 2])
def test_a_collector_that_dies_before_it_answers_loses_and_doubles_nothing(
    central: Central, tmp_path: Path, question: int
) -> None:
    world = ArchivedWorld(central, tmp_path)

    async def story() -> None:
        checker = await world.check()
        collector = world.collect()
        collector.fatal_request = question
        await asyncio.wait_for(collector.ended.wait(), MIDNIGHT + 2 * HOUR)
        assert len(world.bucket.puts) == question - 1
        assert len(world.catalogue.entries()) == question - 1
        check_archive(world, checker)
        await asyncio.sleep(HOUR)
        world.collect()
        await world.until(MIDNIGHT + 8 * HOUR)
        assert checker.store.counts().unarchived == 0
        check_archive(world, checker)
        assert len(world.catalogue.entries()) == 1
        await checker.stop()

    world.run(story())


def test_a_database_that_goes_between_upload_and_record_loses_and_doubles_nothing(
    both: Central, tmp_path: Path
) -> None:
    world = ArchivedWorld(both, tmp_path)

    async def story() -> None:
        collector = world.collect()
        checker = await world.check()
        await world.until(10 * HOUR)
        collector.on_request = world.lose_database_after_upload
        await world.until(MIDNIGHT + 2 * HOUR)
        assert len(world.bucket.puts) == 1
        assert world.database_is_away
        check_archive(world, checker)
        collector.on_request = lambda: None
        world.database_is_away = False
        assert world.catalogue.entries() == ()
        await world.until(MIDNIGHT + 4 * HOUR)
        assert checker.store.counts().unarchived == 0
        assert len(world.catalogue.entries()) == len(world.bucket.puts) == 1
        check_archive(world, checker)
        await checker.stop()

    world.run(story())


def test_a_bucket_that_is_away_for_three_days_delays_no_check_and_loses_nothing(
    central: Central, tmp_path: Path
) -> None:
    world = ArchivedWorld(central, tmp_path)

    async def story() -> None:
        collector = world.collect()
        checker = await world.check()
        await world.until(10 * HOUR)
        world.bucket.is_away = True
        await world.until(MIDNIGHT + 3 * DAY + HOUR)
        assert checker.store.counts().unarchived == 4
        backlog = collector.state.archive_backlog.total()
        assert backlog is not None
        assert (backlog.days, backlog.oldest) == (4, world.begin.date())
        assert "allswell_archive_backlog_days 4" in checker.running.metrics()
        assert len(world.stored_starts(checker)) == len(checker.probe.checks)
        world.bucket.is_away = False
        await asyncio.sleep(25 * MINUTE)
        assert world.bucket.puts == sorted(world.bucket.puts)
        assert len(world.bucket.puts) == 4
        await asyncio.sleep(10 * MINUTE)
        assert checker.store.counts().unarchived == 0
        assert collector.state.archive_backlog.total() is None
        await world.until(MIDNIGHT + 6 * DAY)
        check_archive(world, checker)
        gaps = {
            round(later - earlier, 3)
            for earlier, later in zip(
                checker.probe.checks[1:], checker.probe.checks[2:], strict=False
            )
        }
        assert gaps == {INTERVAL}
        await checker.stop()

    world.run(story())
    assert world.unseen() == []


def test_a_lost_volume_overwrites_nothing_in_the_archive(central: Central, tmp_path: Path) -> None:
    world = ArchivedWorld(central, tmp_path)

    async def story() -> None:
        world.collect()
        checker = await world.check()
        await world.until(MIDNIGHT + 2 * HOUR)
        await checker.kill()
        lost = {at for at in world.checked_starts(checker) if at.date() != world.begin.date()}
        checker.restore(None)
        await checker.start()
        await world.until(MIDNIGHT + DAY + 2 * HOUR)
        names = [entry.key.rpartition(".ndjson")[0][-2:] for entry in world.catalogue.entries()]
        assert names == [".1", ".2"]
        remaining = set(world.archived_starts()) | set(world.stored_starts(checker))
        assert remaining == world.checked_starts(checker) - lost
        assert set(world.archived_starts().values()) == {1}
        await checker.stop()

    world.run(story())


def test_a_damaged_object_is_archived_anew_while_its_samples_are_there(
    central: Central, tmp_path: Path
) -> None:
    world = ArchivedWorld(central, tmp_path)

    async def story() -> None:
        world.collect()
        checker = await world.check()
        await world.until(MIDNIGHT + 2 * HOUR)
        (entry,) = world.catalogue.entries()
        (world.bucket.root / entry.key).write_bytes(b"rotten")
        world.catalogue.mark_damaged([entry.id], world.wall.now())
        await asyncio.sleep(30 * MINUTE)
        (after,) = world.catalogue.entries()
        assert (after.place.revision, after.damaged) == (2, False)
        assert after.content == DayFileContent(
            entry.content.size, entry.content.sha256, entry.content.samples
        )
        assert [named.key for named in world.bucket.list_objects("v1/")] == [after.key]
        check_archive(world, checker)
        await checker.stop()

    world.run(story())


def test_a_sample_that_comes_late_makes_a_further_revision(
    central: Central, tmp_path: Path
) -> None:
    world = ArchivedWorld(central, tmp_path)

    async def story() -> None:
        world.collect()
        checker = await world.check()
        await world.until(MIDNIGHT + 2 * HOUR)
        checker.wall.offset = -3 * HOUR
        await asyncio.sleep(INTERVAL)
        checker.wall.offset = 0.0
        await asyncio.sleep(3 * HOUR)
        (entry,) = world.catalogue.entries()
        assert entry.place.revision == 2
        assert [named.key for named in world.bucket.list_objects("v1/")] == [entry.key]
        archived, stored = world.archived_starts(), world.stored_starts(checker)
        assert len(set(archived) | set(stored)) == len(checker.probe.checks)
        assert set(archived.values()) == {1}
        await checker.stop()

    world.run(story())


def test_the_archive_of_a_deleted_monitor_goes_after_its_time(
    central: Central, tmp_path: Path
) -> None:
    world = ArchivedWorld(central, tmp_path)
    world.delete_after = timedelta(days=1)

    async def story() -> None:
        collector = world.collect()
        checker = await world.check()
        await world.until(MIDNIGHT + 2 * HOUR)
        await checker.stop()
        central.writer.hide([world.row.id], world.wall.now())
        collector.state.reload()
        await asyncio.sleep(0.9 * DAY)
        assert len(list(world.bucket.list_objects("v1/"))) == 1
        await asyncio.sleep(0.2 * DAY)
        assert list(world.bucket.list_objects("v1/")) == []
        assert world.catalogue.entries() == world.catalogue.marked_for_removal(9) == ()

    world.run(story())


def test_a_volume_that_fills_while_the_bucket_is_away_drops_the_oldest_and_counts_it(
    central: Central, tmp_path: Path
) -> None:
    outage = Outage(MIDNIGHT + 3 * HOUR, MIDNIGHT + 5 * HOUR)
    world = ArchivedWorld(central, tmp_path, outage)

    async def story() -> None:
        collector = world.collect()
        checker = await world.check()
        await world.until(MIDNIGHT + 2 * HOUR)
        first = world.begin.date()
        assert checker.store.counts().unarchived == 0
        await checker.kill()
        checker.most_bytes = SMALL
        await checker.start()
        world.bucket.is_away = True
        backlog = await filled(world, checker)
        await asyncio.sleep(DAY)
        assert checker.running.writer.pressed
        assert collector.state.archive_backlog.losing == {world.row.id}
        counts = checker.store.counts()
        assert counts.raw_lost > 0
        assert f"allswell_store_raw_lost {counts.raw_lost:g}" in checker.running.metrics()
        days = {day.day: day for day in checker.store.days(1)}
        assert days[first].lost == 0
        assert not [day for day in world.stored_starts(checker) if day.date() == first]
        lost = [day for day in sorted(days) if days[day].lost]
        assert lost == sorted(backlog)[: len(lost)]
        assert sum(day.lost for day in days.values()) == counts.raw_lost
        assert counts.undelivered == 0
        assert [state for state, _ in world.states()] == [State.UP, State.DOWN, State.UP]

        world.bucket.is_away = False
        await asyncio.sleep(HOUR)
        assert collector.state.archive_backlog.total() is None
        archived, stored = world.archived_starts(), world.stored_starts(checker)
        kept = len(set(archived) | set(stored))
        there = len(checker.probe.checks) + sum(backlog.values())
        assert kept + checker.store.counts().raw_lost == there
        assert set(archived.values()) == {1}
        await checker.stop()

    world.run(story())


SMALL = 640 * 1024


async def filled(world: ArchivedWorld, checker: CheckerProcess) -> dict[date, int]:
    """Fill a checker's file with sealed days of the past, beyond its brim; how many of each."""
    samples_by_day: dict[date, int] = {}
    enrolled = checker.store.enroll("api", target_hash(world.monitor))
    day, seen = world.begin.date() - timedelta(days=30), Observation(*[world.begin] * 3)
    while not checker.store.counts().raw_lost:
        start = instant.day_start(day)
        samples = [Sample(start + number * timedelta(seconds=60), 1_000) for number in range(1_440)]
        health = checker.running.registration.runtimes["api"].health
        for sample in samples:
            checker.running.writer.add(BatchItem(enrolled.number, sample, health, seen))
        await checker.running.writer.flush()
        report = DayReport("api", enrolled.store, 1, rollup.of_day(day, samples))
        checker.store.seal(enrolled.number, report)
        samples_by_day[day] = len(samples)
        day += timedelta(days=1)
    return samples_by_day
