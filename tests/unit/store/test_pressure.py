"""What gives way when there is no room, what never does, and that it ends by itself.

Full in two ways: the file's own limit, and a real small volume that somebody else fills.
"""

import itertools
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from allswell.domain import instant
from allswell.domain.health import starting_from
from allswell.store import BatchItem, BatchResult, EnrolledMonitor, Store, StoreFull, disk_quota
from tests.unit.store.conftest import Open
from tests.unit.store.examples import (
    NOW,
    TODAY,
    all_samples,
    at,
    batched,
    change,
    day_report,
    sample,
    seen,
    waiting,
)

DAY = 24 * 60
SMALL = 700_000  # some 25,000 samples
VOLUME = 3 * 1024 * 1024
KIB = 1024


def fill(store: Store, monitor: EnrolledMonitor, start: int, count: int) -> list[BatchResult]:
    """Commit so many minutes, an hour at a time."""
    return [
        store.commit([batched(monitor, minute) for minute in range(hour, hour + 60)])
        for hour in range(start, start + count, 60)
    ]


def report_for_ever(store: Store, monitor: EnrolledMonitor) -> None:
    for count in itertools.count(1):
        store.commit([batched(monitor, count, change(monitor, count, count))])


def lost(results: list[BatchResult]) -> int:
    return sum(each.dropped_samples for each in results)


def test_at_the_limit_the_oldest_samples_go_and_are_counted(opened: Open, path: Path) -> None:
    store = opened(max_bytes=SMALL)
    api = store.enroll("api", "t")
    results = fill(store, api, 0, 40_020)
    counts = store.counts()
    assert 0 < lost(results) == counts.raw_lost == 40_020 - counts.samples
    expected = [at(minute) for minute in range(counts.raw_lost, 40_020)]
    assert expected == [each.started for each in all_samples(store, api)]
    assert counts.is_almost_full
    assert results[-1].is_almost_full
    assert path.stat().st_size <= SMALL


def test_at_the_limit_the_new_samples_are_kept(opened: Open) -> None:
    store = opened(max_bytes=SMALL)
    results = fill(store, store.enroll("api", "t"), 0, 40_020)
    assert {each.stored for each in results} == {60}


def test_one_commit_drops_a_bounded_number_of_samples(opened: Open) -> None:
    store = opened(max_bytes=SMALL)
    results = fill(store, store.enroll("api", "t"), 0, 40_020)
    assert max(each.dropped_samples for each in results) <= 4_000


def test_rows_of_many_monitors_make_room_too(opened: Open) -> None:
    store = opened(max_bytes=SMALL)
    monitors = [store.enroll(f"m{number}", "t") for number in range(100)]
    results = [store.commit([batched(each, minute) for each in monitors]) for minute in range(400)]
    assert {each.stored for each in results} == {100}
    assert store.counts().samples + lost(results) == 40_000


def test_archived_days_go_before_older_raw_ones_and_are_not_lost(opened: Open) -> None:
    store = opened(max_bytes=SMALL)
    api = store.enroll("api", "t")
    fill(store, api, 0, 5 * DAY)
    second = TODAY + timedelta(days=2)
    store.seal(api.number, day_report(api, 1, second, checks=DAY))
    (found,) = store.unarchived(second + timedelta(days=1), 10)
    store.mark_gathered(found)
    assert store.mark_archived(found)
    results: list[BatchResult] = []
    while not any(each.dropped_samples for each in results):
        results += fill(store, api, (5 * DAY) + 60 * len(results), 60)
    assert sum(each.released for each in results) == DAY
    days = {instant.day_of(each.started) for each in all_samples(store, api)}
    assert TODAY in days
    assert second not in days


def test_a_days_losses_are_noted_with_the_day(opened: Open) -> None:
    store = opened(max_bytes=SMALL)
    api = store.enroll("api", "t")
    fill(store, api, 0, 40_020)
    days = store.days(api.number)
    assert sum(day.lost for day in days) == store.counts().raw_lost
    assert days[0].lost == 12 * 60
    assert days[-1].lost == 0


def test_at_the_limit_a_change_of_state_is_kept_with_its_health(opened: Open) -> None:
    store = opened(max_bytes=SMALL)
    api = store.enroll("api", "t")
    fill(store, api, 0, 40_020)
    for number in range(1, 101):
        store.commit([batched(api, 41_000 + number, change(api, number, number))])
    assert waiting(store) == [change(api, number, number) for number in range(1, 101)]
    assert store.enroll("api", "t").health.claim == change(api, 100, 100).claim


def test_when_reports_alone_fill_the_file_samples_are_dropped_and_reports_kept(
    opened: Open,
) -> None:
    store = opened(max_bytes=SMALL)
    api = store.enroll("api", "t")
    count, result = 0, BatchResult(1)
    while result.stored:
        count += 1
        result = store.commit([batched(api, count, change(api, count, count))])
    assert result.is_almost_full
    assert waiting(store)[-1] == change(api, count, count)
    assert store.counts().raw_lost == count - store.counts().samples


def test_when_even_the_reserve_is_full_nothing_of_the_batch_is_kept(
    opened: Open, path: Path
) -> None:
    store = opened(max_bytes=SMALL)
    api = store.enroll("api", "t")
    with pytest.raises(StoreFull, match="full"):
        report_for_ever(store, api)
    found = store.enroll("api", "t")
    reports = waiting(store)
    assert 500 < len(reports) == found.sequence < 5_000
    assert reports[-1] == change(api, found.sequence, found.sequence)
    assert found.health.claim == change(api, found.sequence, found.sequence).claim
    assert path.stat().st_size <= SMALL


def test_a_file_full_of_reports_recovers_once_they_are_old(opened: Open) -> None:
    store = opened(max_bytes=SMALL)
    api = store.enroll("api", "t")
    with pytest.raises(StoreFull, match="full"):
        report_for_ever(store, api)
    store.mark_delivered([each.id for each in store.outbox(10_000, NOW)], NOW)
    store.prune({}, at(100 * DAY))
    assert store.commit([batched(api, 100 * DAY)]) == BatchResult(1)


def test_room_that_pruning_made_ends_the_pressure(opened: Open) -> None:
    store = opened(max_bytes=SMALL)
    api = store.enroll("api", "t")
    fill(store, api, 0, 40_020)
    assert store.counts().is_almost_full
    store.prune({api.number: timedelta(days=1)}, at(40_020))
    assert not store.counts().is_almost_full
    assert store.commit([batched(api, 40_020)]) == BatchResult(1)


def test_a_file_that_is_already_above_a_lower_limit_goes_on(opened: Open) -> None:
    store = opened()
    api = store.enroll("api", "t")
    fill(store, api, 0, 40_020)
    store.close()
    smaller = opened(max_bytes=SMALL)
    results = fill(smaller, api, 40_020, 6_000)
    assert {each.stored for each in results} == {60}
    assert lost(results) > 0


@pytest.mark.parametrize("size", [0, 1_000_000, 134_217_728, 10**12])
def test_file_reserve_and_log_fit_a_volume(size: int) -> None:
    planned = disk_quota.plan(disk_quota.of_volume(size))
    beside = planned.reserve + 2 * disk_quota.WAL_PAGES * KIB
    assert planned.reserved > 0
    assert size < 2_000_000 or planned.file + planned.reserved + beside <= size
    assert size < 2_000_000 or planned.file + planned.reserved <= size * 0.8


@pytest.mark.parametrize(
    ("monitors", "file_pages", "expected"),
    [(1, 10**6, 256), (64, 10**6, 256), (1_000, 10**6, 4_000), (1_000, 32_000, 1_000)],
)
def test_the_log_grows_with_the_number_of_monitors_within_bounds(
    monitors: int, file_pages: int, expected: int
) -> None:
    assert disk_quota.log_pages(monitors, file_pages) == expected


def test_the_log_is_never_longer_than_ten_megabytes() -> None:
    assert disk_quota.log_pages(10**6, 10**9) * KIB <= 10_000_000


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    """Yield a real small file system, where this user may mount one."""
    folder = tmp_path / "volume"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={VOLUME}", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only a user who may mount a tmpfs can try a volume that is full")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def crowd(volume: Path, leave: int = 0) -> Path:
    """Let somebody else fill the volume."""
    filler = volume / "filler"
    with filler.open("ab") as file:
        os.posix_fallocate(file.fileno(), 0, file.tell() + disk_quota.available(volume) - leave)
    return filler


@pytest.fixture
def crowded(volume: Path) -> Iterator[Store]:
    """Yield a store with a day of samples on a volume that somebody else has filled."""
    store = Store.open(volume / "checker.db", now=NOW)
    fill(store, store.enroll("api", "t"), 0, 5 * DAY)
    crowd(volume)
    yield store
    store.close()


def test_on_a_full_volume_samples_and_changes_are_kept(crowded: Store) -> None:
    api = crowded.enroll("api", "t")
    results = fill(crowded, api, 5 * DAY, 2 * DAY)
    for number in range(1, 101):
        minute = 7 * DAY + number
        results.append(crowded.commit([batched(api, minute, change(api, number, minute))]))
    assert waiting(crowded) == [change(api, n, 7 * DAY + n) for n in range(1, 101)]
    assert crowded.enroll("api", "t").sequence == 100
    assert all_samples(crowded, api)[-1] == sample(7 * DAY + 100)
    assert results[-1].is_almost_full
    assert lost(results) == crowded.counts().raw_lost > 0


def test_a_full_volume_is_seen_as_such_and_no_figure_is_wrong(crowded: Store) -> None:
    api = crowded.enroll("api", "t")
    results = fill(crowded, api, 5 * DAY, 5 * DAY)
    counts = crowded.counts()
    assert counts.is_almost_full
    assert counts.samples + counts.raw_lost == 10 * DAY
    assert {each.stored for each in results} == {60}


def test_a_full_volume_that_takes_the_reserve_too_still_does_not_stop_the_checker(
    crowded: Store, volume: Path
) -> None:
    api = crowded.enroll("api", "t")
    minute = 5 * DAY
    while not crowded.counts().is_almost_full:
        fill(crowded, api, minute, 60)
        minute += 60
    crowd(volume)
    assert disk_quota.available(volume) == 0
    results = fill(crowded, api, minute, 3 * DAY)
    crowded.commit([batched(api, minute + 3 * DAY, change(api, 1))])
    assert {each.stored for each in results} == {60}
    assert waiting(crowded) == [change(api, 1)]


def test_it_recovers_by_itself_when_there_is_room(crowded: Store, volume: Path) -> None:
    api = crowded.enroll("api", "t")
    fill(crowded, api, 5 * DAY, 2 * DAY)
    reserve = volume / "checker.db.reserve"
    assert not reserve.exists()
    (volume / "filler").unlink()
    assert crowded.commit([batched(api, 8 * DAY)]) == BatchResult(1)
    assert reserve.exists()
    assert not crowded.counts().is_almost_full
    before = crowded.counts().raw_lost
    fill(crowded, api, 9 * DAY, DAY)
    assert crowded.counts().raw_lost == before


def test_a_store_opens_on_a_full_volume_and_goes_on(crowded: Store, volume: Path) -> None:
    api = crowded.enroll("api", "t")
    crowded.close()
    crowd(volume)
    again = Store.open(volume / "checker.db", now=NOW)
    results = fill(again, api, 5 * DAY, DAY)
    again.commit([batched(api, 9 * DAY, change(api, 1))])
    assert again.set_aside is None
    assert {each.stored for each in results} == {60}
    assert waiting(again) == [change(api, 1)]
    again.close()


def test_a_new_store_on_a_full_volume_says_that_it_is_full(volume: Path) -> None:
    crowd(volume)
    with pytest.raises(StoreFull, match="full"):
        Store.open(volume / "checker.db", now=NOW)


def test_a_volume_filled_by_the_store_itself_stays_within_its_share(volume: Path) -> None:
    store = Store.open(volume / "checker.db", now=NOW)
    api = store.enroll("api", "t")
    results = fill(store, api, 0, 120_000)
    assert {each.stored for each in results} == {60}
    assert lost(results) > 0
    assert (volume / "checker.db").stat().st_size <= VOLUME * 0.8
    assert (volume / "checker.db.reserve").exists()
    store.close()


def test_many_monitors_go_on_together_on_a_full_volume(crowded: Store) -> None:
    monitors = [crowded.enroll(f"m{number}", "t") for number in range(200)]
    for minute in range(30):
        crowded.commit([batched(each, 5 * DAY + minute) for each in monitors])
    batch = [
        batched(each, 6 * DAY, change(each, 1, name=f"m{number}"))
        for number, each in enumerate(monitors)
    ]
    crowded.commit(batch)
    assert len(waiting(crowded)) == 200
    assert crowded.counts().samples + crowded.counts().raw_lost == 5 * DAY + 31 * 200
    assert {crowded.enroll(f"m{number}", "t").sequence for number in range(200)} == {1}


def test_a_large_health_is_kept_on_a_full_volume(crowded: Store) -> None:
    api = crowded.enroll("api", "t")
    changes = tuple(at(minute) for minute in range(60))
    health = replace(starting_from(None), changes=changes, flapping=True)
    crowded.commit([BatchItem(api.number, sample(5 * DAY), health, seen(5 * DAY))])
    assert crowded.enroll("api", "t").health == health
