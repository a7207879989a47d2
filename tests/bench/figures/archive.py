"""Measure the archive's bytes per result, and what a long day costs the checker that uploads it."""

import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from allswell.archive import day_file
from allswell.checker.archive_uploader import measure
from allswell.checker.main import STORE
from allswell.checker.monitor_runtime import target_hash
from allswell.collector.archive.backlog import ArchiveBacklog
from allswell.domain import cover, instant
from allswell.domain.health import Health
from allswell.domain.sample import Sample
from allswell.domain.spec.monitor import Monitor
from allswell.store import BatchItem, Store
from tests.bench import processes
from tests.bench.figure import figure
from tests.bench.figures import checker as checks

DAY = timedelta(days=1)
BEGINNING = datetime(2026, 10, 1, tzinfo=UTC)
SPREADS = (0.1, 0.25, 0.5)
# How late a check begins, on average: every start is a few milliseconds off.
LATE_MS = 1.0
BATCH = 1_000
WARM_UP_S = 45.0
PATIENCE_S = 180.0


def day(start: datetime, every_s: int, spread: float) -> Iterator[Sample]:
    """Yield a day of 60 ms lognormally spread, begun about a millisecond late."""
    chance = random.Random(f"{start}{every_s}{spread}")
    for second in range(0, 86_400, every_s):
        late = 412 + int(chance.expovariate(1 / LATE_MS))
        started = start + timedelta(seconds=second, milliseconds=late)
        yield Sample(started, int(chance.lognormvariate(11, spread)))


@figure(name="archive_bytes_per_sample", unit="B", limit=6.5)
@figure(name="archive_year_mb", unit="MB", limit=3.5)
def weight() -> Iterator[tuple[str, float]]:
    """Measure the heaviest of nine shapes, and a year of the heaviest one-minute one."""
    most = 0.0
    for every in (1, 30, 60):
        for spread in SPREADS:
            samples = tuple(day(BEGINNING, every, spread))
            found = measure(lambda out, these=samples: day_file.write(these, out))  # type: ignore[misc]
            most = max(most, found.size / found.samples)
    yield "archive_bytes_per_sample", most
    size = 0
    for number in range(365):
        these = tuple(day(BEGINNING + number * DAY, 60, SPREADS[-1]))
        size += measure(lambda out, these=these: day_file.write(these, out)).size  # type: ignore[misc]
    yield "archive_year_mb", size / 1e6


@figure(name="archive_day_file_s", unit="s", limit=30)
@figure(name="archive_peak_added_mib", unit="MiB", limit=12)
@figure(name="archive_start_lateness_p99_ms", unit="ms", limit=20)
def long_day() -> Iterator[tuple[str, float]]:
    """Measure a real checker of a 1-second monitor that archives 86,400 results while it checks on.

    The time is from when the collector has an archive, so it includes the wait for the next beat.
    """
    with tempfile.TemporaryDirectory() as name:
        folder, news = Path(name), ArchiveBacklog()
        with checks.target(folder) as (_, tls, ca_file):
            monitor = processes.monitor("one", f"https://localhost:{tls}/", "1s")
            fill(folder / STORE, monitor)
            with processes.run_checker(folder, [monitor], processes.cores()[0], ca_file, news) as (
                pid,
                port,
            ):
                time.sleep(WARM_UP_S)
                before, late = processes.read_memory_kib(pid, "Rss"), processes.read_metrics(port)
                news.configured, begun = True, time.monotonic()
                peak = wait_for_archive(folder / "archive", pid)
                taken, late_after = time.monotonic() - begun, processes.read_metrics(port)
    yield "archive_day_file_s", taken
    yield "archive_peak_added_mib", (peak - before) / 1024
    yield "archive_start_lateness_p99_ms", checks.quantile_ms(late, late_after, 0.99)


def fill(file: Path, monitor: Monitor) -> None:
    """Fill a checker's file with the day before yesterday, which it has yet to seal."""
    start = instant.day_start(instant.day_of(processes.utc_now())) - 2 * DAY
    store = Store.open(file, now=start)
    row = store.enroll(monitor.meta.name, target_hash(monitor))
    samples = tuple(day(start, 1, SPREADS[-1]))
    for first in range(0, len(samples), BATCH):
        batch = samples[first : first + BATCH]
        seen = cover.extend(None, batch[-1].started, DAY)
        store.commit([BatchItem(row.number, sample, Health(), seen) for sample in batch])
    store.close()


def wait_for_archive(archive: Path, pid: int) -> int:
    """Wait until the day is in the archive; the most memory meanwhile, in KiB."""
    deadline, peak = time.monotonic() + PATIENCE_S, 0
    while not list(archive.rglob("*.gz")):
        if time.monotonic() > deadline:
            raise RuntimeError("the day did not reach the archive")
        peak = max(peak, processes.read_memory_kib(pid, "Rss"))
        time.sleep(0.02)
    return max(peak, processes.read_memory_kib(pid, "Rss"))
