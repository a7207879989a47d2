"""Seal the days that are over, queue their roll-ups, and prune what has expired."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from allswell.checker.batch_writer import BatchWriter
from allswell.checker.clock import Clock
from allswell.checker.monitor_runtime import MonitorRuntime, day_is_over
from allswell.checker.registration import Registration
from allswell.domain import instant, rollup
from allswell.domain.report import DayReport
from allswell.store import Store, StoreCounts, StoredDay, StoreError

log = logging.getLogger(__name__)
INTERVAL = 30.0
COUNT_INTERVAL = 300.0
LATEST = timedelta(minutes=15)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(slots=True)
class DayRollup:
    """The loop that maintains the store file; `interval` in seconds.

    `archive_configured` returns None until it is known whether there is an archive.
    """

    writer: BatchWriter
    clock: Clock
    registration: Registration
    archive_configured: Callable[[], bool | None] = lambda: False
    counts: StoreCounts | None = None
    interval: float = INTERVAL
    _count_due: float = 0.0
    _sealed_at: dict[str, tuple[date, datetime]] = field(default_factory=dict)
    _pruned_at: datetime | None = None

    async def run(self) -> None:
        """Maintain the file every interval, for ever."""
        while True:
            await self.clock.sleep_until(self.clock.monotonic() + self.interval)
            await self.maintain()

    async def maintain(self) -> None:
        """Seal the days that are over, count, and prune once an hour."""
        try:
            for runtime in list(self.registration.runtimes.values()):
                await self._seal(runtime, self.clock.now())
            await self._count()
            await self._prune(self.clock.now())
        except StoreError as error:
            log.error("store: maintenance failed, will retry: %s", error)

    async def _seal(self, runtime: MonitorRuntime, now: datetime) -> None:
        """Seal a monitor's days: once after each day's end, and hourly for late samples."""
        today = instant.day_of(now)
        day, at = self._sealed_at.get(runtime.name, (date.min, now))
        is_over = day_is_over(runtime, now, LATEST)
        if day == today and HOUR > now - at >= timedelta():
            return
        await self.writer.flush()
        last = today - DAY if is_over else today - 2 * DAY
        if await self.writer.call(lambda store: seal_days(store, runtime, last)):
            self.writer.reports_pending.set()
        if is_over:
            self._sealed_at[runtime.name] = (today, now)

    async def _count(self) -> None:
        """Count, but seldom: it reads every sample, and may take a hundredth of the time."""
        began = self.clock.monotonic()
        if began >= self._count_due:
            self.counts = await self.writer.call(Store.counts)
            ended = self.clock.monotonic()
            self._count_due = ended + max(COUNT_INTERVAL, 100 * (ended - began))

    async def _prune(self, now: datetime) -> None:
        if self._pruned_at is not None and timedelta() <= now - self._pruned_at < HOUR:
            return
        self._pruned_at = now
        retention = {
            runtime.number: runtime.monitor.retention_days * DAY
            for runtime in self.registration.runtimes.values()
        }
        # Until it is known that there is no archive, samples that it may want are not pruned.
        archived_only = self.archive_configured() is not False
        pruned = await self.writer.call(
            lambda store: store.prune(retention, now, archived_only=archived_only)
        )
        log.debug("store: pruned %s", pruned)


def seal_days(store: Store, runtime: MonitorRuntime, last: date) -> int:
    """Seal every day up to `last` that needs it; return how many."""
    due = [day for day in store.days(runtime.number) if day.day <= last and _is_due(day)]
    for day in due:
        start = instant.day_start(day.day)
        samples = store.samples(runtime.number, start, instant.day_start(day.day + DAY))
        rolled_up = rollup.of_day(day.day, samples)
        report = DayReport(runtime.name, runtime.store, day.revision + 1, rolled_up)
        store.seal(runtime.number, report)
    return len(due)


def _is_due(day: StoredDay) -> bool:
    # Where rows are gone, a second roll-up would know less than the first.
    return day.revision == 0 or (day.changed and not day.lost and not day.removed)
