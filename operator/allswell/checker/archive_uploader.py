"""Brings each day that is over to the archive: one at a time, the oldest first.

A day's file is made twice from the checker's own: once to know its length and checksum, which are
signed, and once while it is sent. A sample that comes in between makes another content, which the
store refuses, and the day is tried again. Its rows may go when the centre says that it has recorded
what the archive holds, and never before.
"""

import asyncio
import contextlib
import hashlib
import logging
import random
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from allswell.archive import day_file
from allswell.checker.batch_writer import BatchWriter
from allswell.checker.clock import Clock
from allswell.checker.collector_client import CollectorClient, CollectorUnreachable
from allswell.checker.monitor_runtime import MonitorRuntime
from allswell.checker.object_store_client import UploadFailed, UploadSink
from allswell.checker.object_store_client import UploadTarget as Depot
from allswell.checker.outbox_sender import wait_after
from allswell.checker.registration import Registration
from allswell.checker.schedule import phase
from allswell.domain import archive_upload, instant
from allswell.domain.archive import DayFileContent
from allswell.domain.archive_upload import UploadPermit, UploadRequest
from allswell.domain.message import MalformedMessage
from allswell.domain.sample import Sample
from allswell.store import Store, StoreError, Unarchived

log = logging.getLogger(__name__)
PATH = "/v1/archive"
EVERY = 30.0
SPREAD = timedelta(hours=1)
AT_ONCE = 1_000
# A thread that makes a file gives way so often, for so long: checks have a clock to keep.
PACE, BREATH = 250, 0.002
OK = 200
# What concerns this day alone: the monitor is gone, its store unknown, its day not over there.
UNWELCOME = frozenset({404, 409, 410, 422})
LATER = 3600.0
SOONEST = 1.0
# A hello is on its way.
SOON = 5.0


class UploadRefused(Exception):
    """The collector did not do as it was asked; the text says why."""


class UploadDeferred(UploadRefused):
    """The collector will not have this day now, and may have others."""


@dataclass(slots=True)
class ArchiveUploader:
    """The loop that archives. `wanted` is None until a beat's answer has told."""

    keeper: BatchWriter
    line: CollectorClient
    clock: Clock
    greeter: Registration
    depot: Depot
    every: float = EVERY
    breath: float = BREATH
    wanted: bool | None = None
    backlog: tuple[Unarchived, ...] = ()
    failures: int = 0
    failed: int = 0
    archived: int = 0
    trouble: str = ""
    _greeted: frozenset[str] = frozenset()
    _ungreeted: set[str] = field(default_factory=set)
    _nudged: asyncio.Event = field(default_factory=asyncio.Event)
    _later: dict[tuple[int, date], float] = field(default_factory=dict)
    _damaged: set[tuple[str, date]] = field(default_factory=set)

    def told(self, *, wanted: bool, damaged: Iterable[tuple[str, date]]) -> None:
        """What a beat's answer says: whether there is an archive, and which days it has lost."""
        before, news = self.wanted, set(damaged)
        self.wanted = wanted
        self._damaged |= news
        if wanted and (news or not before or self._greeted != self._greeted_now()):
            self._nudged.set()

    def waiting(self, subject: MonitorRuntime) -> tuple[date, ...]:
        """The days of a monitor that are over and not archived, the oldest first."""
        return tuple(day.day for day in self.backlog if day.number == subject.number)

    async def run(self) -> None:
        """Look for what is due every so often, later after a failure, for ever."""
        while True:
            wait = self._wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(self.clock.monotonic() + wait):
                    await self._nudged.wait()
            self._nudged.clear()
            await self.round()

    def _wait(self) -> float:
        """Seconds until the next look, if nobody nudges."""
        if self.failures:
            return SOONEST + wait_after(self.failures, random.random())  # noqa: S311 - jitter
        return SOON if self._ungreeted else self.every

    def _greeted_now(self) -> frozenset[str]:
        return frozenset(name for name, it in self.greeter.subjects.items() if it.greeted)

    async def round(self) -> bool:
        """Archive whatever is due; False when that was not possible."""
        if not self.wanted:
            return True
        try:
            await self._mark_damaged()
            while (day := await self._next()) is not None:
                await self._tried(day)
        except (
            StoreError,
            CollectorUnreachable,
            MalformedMessage,
            UploadRefused,
            UploadFailed,
        ) as error:
            self._complain(str(error))
            return False
        self._calm()
        return True

    async def _tried(self, day: Unarchived) -> None:
        """Archive a day; one that is unwelcome holds up no other."""
        try:
            await self._archive(day)
        except UploadDeferred as error:
            log.error("%s: the results of %s stay here: %s", day.monitor, day.day, error)
            self.failed += 1
            self._later[day.number, day.day] = self.clock.monotonic() + LATER
        else:
            self.archived += 1
            self._calm()

    def _calm(self) -> None:
        if self.trouble:
            log.warning("days are archived again")
        self.failures, self.trouble = 0, ""

    def _complain(self, why: str) -> None:
        if not self.trouble:
            log.warning("a day cannot be archived: %s; it is kept, and tried again", why)
        self.failures, self.failed, self.trouble = self.failures + 1, self.failed + 1, why

    async def _mark_damaged(self) -> None:
        while self._damaged:
            monitor, day = next(iter(self._damaged))
            if await self.keeper.call(lambda store: store.damaged(monitor, day)):  # noqa: B023
                log.warning("%s: the archive has lost %s; it is archived anew", monitor, day)
            self._damaged.discard((monitor, day))

    async def _next(self) -> Unarchived | None:
        """The oldest day that is due; of those who wait for their minute, none."""
        now = self.clock.now()
        today = instant.day_of(now)
        found = await self.keeper.call(lambda store: store.unarchived(today, AT_ONCE))
        subjects = self.greeter.subjects
        self.backlog = tuple(day for day in found if day.monitor in subjects)
        self._greeted = self._greeted_now()
        self._ungreeted = {it.monitor for it in self.backlog} - self._greeted
        return next((day for day in self.backlog if self._is_due(day, now)), None)

    def _is_due(self, day: Unarchived, now: datetime) -> bool:
        if self._later.get((day.number, day.day), 0.0) > self.clock.monotonic():
            return False
        subject = self.greeter.subjects[day.monitor]
        if subject.gone or not subject.greeted:
            return False
        own = phase(subject.monitor.meta.namespace, day.monitor)
        return now >= instant.day_start(day.day + timedelta(days=1)) + own * SPREAD

    async def _archive(self, day: Unarchived) -> None:
        await self.keeper.flush()
        await self.keeper.call(lambda store: store.gathered(day))
        content = await self.keeper.call(lambda store: measured(self._write(store, day)))
        if not content.samples:
            # All of them were dropped for want of room meanwhile.
            await self.keeper.call(lambda store: store.archived(day))
            return
        wanted = UploadRequest(day.monitor, day.store, day.day, content, day.whole)
        permit = await self._ask(wanted)
        if permit.url:
            await self._put(day, permit)
        if not permit.recorded:
            wanted = UploadRequest(
                day.monitor, day.store, day.day, content, day.whole, permit.revision
            )
            if not (await self._ask(wanted)).recorded:
                raise UploadRefused("the collector has not recorded a day that was put")
        if not await self.keeper.call(lambda store: store.archived(day)):
            log.info("%s: results of %s came in meanwhile", day.monitor, day.day)

    async def _put(self, day: Unarchived, permit: UploadPermit) -> None:
        is_new = await self.keeper.call(
            lambda store: self.depot.put(permit, self._write(store, day))
        )
        if not is_new:
            log.info("%s: %s is in the archive already", day.monitor, day.day)

    async def _ask(self, wanted: UploadRequest) -> UploadPermit:
        reply = await self.line.post(PATH, archive_upload.request_json(wanted))
        if reply.status != OK:
            kind = UploadDeferred if reply.status in UNWELCOME else UploadRefused
            raise kind(f"the collector answers {reply.status}")
        return archive_upload.read_permit(reply.body)

    def _write(self, store: Store, day: Unarchived) -> Callable[[UploadSink], int]:
        """What writes a day's file, and says how many samples it holds."""

        def write(out: UploadSink) -> int:
            start = instant.day_start(day.day)
            with closing(
                _paced(store.samples(day.number, start, start + timedelta(days=1)), self.breath)
            ) as samples:
                return day_file.write(samples, out)

        return write


def _paced(samples: Iterator[Sample], breath: float) -> Generator[Sample]:
    """The samples, with a breath between some of them."""
    for number, sample in enumerate(samples, 1):
        yield sample
        if breath and number % PACE == 0:
            time.sleep(breath)


@dataclass(slots=True)
class _ByteCounter:
    """Counts bytes and keeps none."""

    size: int = 0
    sha256: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def write(self, chunk: bytes) -> int:
        self.size += len(chunk)
        self.sha256.update(chunk)
        return len(chunk)


def measured(write: Callable[[UploadSink], int]) -> DayFileContent:
    """The length, checksum and samples of what is written, without keeping it."""
    measure = _ByteCounter()
    samples = write(measure)
    return DayFileContent(measure.size, measure.sha256.hexdigest(), samples)
