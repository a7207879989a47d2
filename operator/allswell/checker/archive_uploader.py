"""Upload each day that is over to the archive: one at a time, the oldest first.

A day's file is made twice from the checker's own: once to learn its length and checksum, which are
signed, and once while it is sent. A sample that comes in between makes another content, which the
object store refuses, and the day is tried again. Its samples may be pruned when the collector says
that it has recorded what the archive holds, and never before.
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
from allswell.checker.collector_client import CollectorClient
from allswell.checker.errors import (
    CollectorUnreachable,
    UploadDeferred,
    UploadFailed,
    UploadRefused,
)
from allswell.checker.monitor_runtime import MonitorRuntime
from allswell.checker.object_store_client import UploadSink, UploadTarget
from allswell.checker.outbox_sender import backoff
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
INTERVAL = 30.0
SPREAD = timedelta(hours=1)
MAX_BACKLOG = 1_000
# A thread that writes a file pauses after so many samples, for so long: checks have a schedule.
PAUSE_AFTER, PAUSE = 250, 0.002
OK = 200
# Statuses that concern this day alone: monitor gone, store unknown, day not over at the collector.
DEFERRED = frozenset({404, 409, 410, 422})
DEFER_SECONDS = 3600.0
SHORTEST_RETRY = 1.0
# The wait while a monitor with a backlog is being registered.
REGISTRATION_WAIT = 5.0


@dataclass(slots=True)
class ArchiveUploader:
    """The loop that uploads; `interval` and `pause` in seconds.

    `configured` is None until a heartbeat's reply has said whether there is an archive.
    """

    writer: BatchWriter
    collector: CollectorClient
    clock: Clock
    registration: Registration
    target: UploadTarget
    interval: float = INTERVAL
    pause: float = PAUSE
    configured: bool | None = None
    backlog: tuple[Unarchived, ...] = ()
    failures: int = 0
    failed: int = 0
    archived: int = 0
    last_error: str = ""
    _registered: frozenset[str] = frozenset()
    _unregistered: set[str] = field(default_factory=set)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _deferred: dict[tuple[int, date], float] = field(default_factory=dict)
    _damaged: set[tuple[str, date]] = field(default_factory=set)

    def update(self, *, configured: bool, damaged: Iterable[tuple[str, date]]) -> None:
        """Take over a heartbeat's reply: whether there is an archive, and which days it lost."""
        before, newly_damaged = self.configured, set(damaged)
        self.configured = configured
        self._damaged |= newly_damaged
        is_new = newly_damaged or not before or self._registered != self._registered_now()
        if configured and is_new:
            self._wake.set()

    def unarchived_days(self, runtime: MonitorRuntime) -> tuple[date, ...]:
        """Return the days of a monitor that are over and not archived, the oldest first."""
        return tuple(day.day for day in self.backlog if day.number == runtime.number)

    async def run(self) -> None:
        """Upload what is due every interval, later after a failure, for ever."""
        while True:
            seconds = self._seconds_to_wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(self.clock.monotonic() + seconds):
                    await self._wake.wait()
            self._wake.clear()
            await self.upload_due()

    def _seconds_to_wait(self) -> float:
        """Return the seconds until the next round, unless it is woken before."""
        if self.failures:
            return SHORTEST_RETRY + backoff(self.failures, random.random())  # noqa: S311 - jitter
        return REGISTRATION_WAIT if self._unregistered else self.interval

    def _registered_now(self) -> frozenset[str]:
        runtimes = self.registration.runtimes
        return frozenset(name for name, runtime in runtimes.items() if runtime.registered)

    async def upload_due(self) -> bool:
        """Upload every day that is due; False when that was not possible."""
        if not self.configured:
            return True
        try:
            await self._mark_damaged()
            while (day := await self._next()) is not None:
                await self._try(day)
        except (
            StoreError,
            CollectorUnreachable,
            MalformedMessage,
            UploadRefused,
            UploadFailed,
        ) as error:
            self._note_failure(str(error))
            return False
        self._note_success()
        return True

    async def _try(self, day: Unarchived) -> None:
        """Archive a day; one that the collector defers holds up no other."""
        try:
            await self._archive(day)
        except UploadDeferred as error:
            log.error(
                "archive: upload deferred, the results are kept: %s monitor=%s day=%s",
                error,
                day.monitor,
                day.day,
            )
            self.failed += 1
            self._deferred[day.number, day.day] = self.clock.monotonic() + DEFER_SECONDS
        else:
            self.archived += 1
            self._note_success()

    def _note_success(self) -> None:
        if self.last_error:
            log.warning("archive: uploads work again")
        self.failures, self.last_error = 0, ""

    def _note_failure(self, reason: str) -> None:
        if not self.last_error:
            log.warning("archive: upload failed, the results are kept, will retry: %s", reason)
        self.failures, self.failed, self.last_error = self.failures + 1, self.failed + 1, reason

    async def _mark_damaged(self) -> None:
        while self._damaged:
            monitor, day = next(iter(self._damaged))
            if await self.writer.call(lambda store: store.mark_damaged(monitor, day)):  # noqa: B023
                log.warning(
                    "archive: a day is lost in the archive, uploading it again monitor=%s day=%s",
                    monitor,
                    day,
                )
            self._damaged.discard((monitor, day))

    async def _next(self) -> Unarchived | None:
        """Refresh the backlog, and return the oldest day that is due, if there is one."""
        now = self.clock.now()
        today = instant.day_of(now)
        unarchived = await self.writer.call(lambda store: store.unarchived(today, MAX_BACKLOG))
        runtimes = self.registration.runtimes
        self.backlog = tuple(day for day in unarchived if day.monitor in runtimes)
        self._registered = self._registered_now()
        self._unregistered = {day.monitor for day in self.backlog} - self._registered
        return next((day for day in self.backlog if self._is_due(day, now)), None)

    def _is_due(self, day: Unarchived, now: datetime) -> bool:
        """Tell whether a day may be uploaded now: each monitor has its own minute of the hour."""
        if self._deferred.get((day.number, day.day), 0.0) > self.clock.monotonic():
            return False
        runtime = self.registration.runtimes[day.monitor]
        if runtime.gone or not runtime.registered:
            return False
        offset = phase(runtime.monitor.meta.namespace, day.monitor)
        return now >= instant.day_start(day.day + timedelta(days=1)) + offset * SPREAD

    async def _archive(self, day: Unarchived) -> None:
        """Bring one day to the archive.

        1. Write what is pending, and note that the day's samples have been gathered.
        2. Measure the file: its length, checksum and samples. A day without any is done.
        3. Ask the collector for a permit, and put the file where the permit says.
        4. Ask again, so that the collector verifies and records what the archive holds.
        5. Mark the day as archived, unless samples came in meanwhile.
        """
        await self.writer.flush()
        await self.writer.call(lambda store: store.mark_gathered(day))
        content = await self.writer.call(lambda store: measure(self._writer_of(store, day)))
        if not content.samples:
            # All of them were dropped for want of room meanwhile.
            await self.writer.call(lambda store: store.mark_archived(day))
            return
        request = UploadRequest(day.monitor, day.store, day.day, content, day.whole)
        permit = await self._ask(request)
        if permit.url:
            await self._put(day, permit)
        if not permit.recorded:
            request = UploadRequest(
                day.monitor, day.store, day.day, content, day.whole, permit.revision
            )
            if not (await self._ask(request)).recorded:
                raise UploadRefused("the collector has not recorded an uploaded day")
        if not await self.writer.call(lambda store: store.mark_archived(day)):
            log.info(
                "archive: results came in during the upload monitor=%s day=%s", day.monitor, day.day
            )

    async def _put(self, day: Unarchived, permit: UploadPermit) -> None:
        is_new = await self.writer.call(
            lambda store: self.target.put(permit, self._writer_of(store, day))
        )
        if not is_new:
            log.info("archive: day is archived already monitor=%s day=%s", day.monitor, day.day)

    async def _ask(self, request: UploadRequest) -> UploadPermit:
        reply = await self.collector.post(PATH, archive_upload.request_json(request))
        if reply.status != OK:
            kind = UploadDeferred if reply.status in DEFERRED else UploadRefused
            raise kind(f"the collector answers {reply.status}")
        return archive_upload.read_permit(reply.body)

    def _writer_of(self, store: Store, day: Unarchived) -> Callable[[UploadSink], int]:
        """Return a function that writes a day's file and returns how many samples it holds."""

        def write(sink: UploadSink) -> int:
            start = instant.day_start(day.day)
            with closing(
                _paced(store.samples(day.number, start, start + timedelta(days=1)), self.pause)
            ) as samples:
                return day_file.write(samples, sink)

        return write


def _paced(samples: Iterator[Sample], pause: float) -> Generator[Sample]:
    """Yield the samples, with a pause after every `PAUSE_AFTER` of them."""
    for number, sample in enumerate(samples, 1):
        yield sample
        if pause and number % PAUSE_AFTER == 0:
            time.sleep(pause)


@dataclass(slots=True)
class _ByteCounter:
    """Counts and hashes bytes, and keeps none."""

    size: int = 0
    sha256: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def write(self, chunk: bytes) -> int:
        self.size += len(chunk)
        self.sha256.update(chunk)
        return len(chunk)


def measure(write: Callable[[UploadSink], int]) -> DayFileContent:
    """Measure what `write` writes, its length, checksum and samples, without keeping it."""
    counter = _ByteCounter()
    samples = write(counter)
    return DayFileContent(counter.size, counter.sha256.hexdigest(), samples)
