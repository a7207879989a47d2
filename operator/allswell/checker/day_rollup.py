"""The day's end and the hour's cleaning: seals days, sends roll-ups, prunes what has passed."""

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
EVERY = 30.0
COUNT_EVERY = 300.0
LATEST = timedelta(minutes=15)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(slots=True)
class DayRollup:
    """The loop that keeps the file in order."""

    keeper: BatchWriter
    clock: Clock
    greeter: Registration
    archives: Callable[[], bool | None] = lambda: False
    counts: StoreCounts | None = None
    every: float = EVERY
    _count_due: float = 0.0
    _looked: dict[str, tuple[date, datetime]] = field(default_factory=dict)
    _pruned: datetime | None = None

    async def run(self) -> None:
        """Tidy every so often, for ever."""
        while True:
            await self.clock.sleep_until(self.clock.monotonic() + self.every)
            await self.tidy()

    async def tidy(self) -> None:
        """Seal the days that are over, count, and prune once an hour."""
        try:
            for subject in list(self.greeter.subjects.values()):
                await self._look_at(subject, self.clock.now())
            await self._count()
            await self._prune(self.clock.now())
        except StoreError as error:
            log.error("the file cannot be put in order: %s", error)

    async def _look_at(self, subject: MonitorRuntime, now: datetime) -> None:
        """Look for days to seal: once after each day's end, and hourly for late samples."""
        today = instant.day_of(now)
        day, at = self._looked.get(subject.name, (date.min, now))
        is_over = day_is_over(subject, now, LATEST)
        if day == today and HOUR > now - at >= timedelta():
            return
        await self.keeper.flush()
        last = today - DAY if is_over else today - 2 * DAY
        if await self.keeper.call(lambda store: seal_days(store, subject, last)):
            self.keeper.reported.set()
        if is_over:
            self._looked[subject.name] = (today, now)

    async def _count(self) -> None:
        """Count, but seldom: it reads every sample, and may take a hundredth of the time."""
        began = self.clock.monotonic()
        if began >= self._count_due:
            self.counts = await self.keeper.call(Store.counts)
            ended = self.clock.monotonic()
            self._count_due = ended + max(COUNT_EVERY, 100 * (ended - began))

    async def _prune(self, now: datetime) -> None:
        if self._pruned is not None and timedelta() <= now - self._pruned < HOUR:
            return
        self._pruned = now
        kept = {
            subject.number: subject.monitor.retention_days * DAY
            for subject in self.greeter.subjects.values()
        }
        # Before it is known whether there is an archive, nothing goes that it may want.
        archived_only = self.archives() is not False
        pruned = await self.keeper.call(
            lambda store: store.prune(kept, now, archived_only=archived_only)
        )
        log.debug("pruned %s", pruned)


def seal_days(store: Store, subject: MonitorRuntime, last: date) -> int:
    """Seal every day up to `last` that needs it; how many."""
    due = [day for day in store.days(subject.number) if day.day <= last and _is_due(day)]
    for day in due:
        start = instant.day_start(day.day)
        samples = store.samples(subject.number, start, instant.day_start(day.day + DAY))
        rolled = rollup.of_day(day.day, samples)
        report = DayReport(subject.name, subject.store, day.revision + 1, rolled)
        store.seal(subject.number, report)
    return len(due)


def _is_due(day: StoredDay) -> bool:
    # Where rows are gone, a second roll-up would know less than the first.
    return day.revision == 0 or (day.changed and not day.lost and not day.removed)
