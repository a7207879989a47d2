"""Run the room's functions in transactions on one file, one at a time: the store."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Self, TypeVar

from allswell.domain.health import HealthClaim
from allswell.domain.report import DayReport
from allswell.domain.sample import Sample
from allswell.store import connection as store_connection
from allswell.store import disk_quota, monitors, outbox, pruning, samples
from allswell.store.errors import StoreDamaged, translated
from allswell.store.values import (
    BatchItem,
    BatchResult,
    EnrolledMonitor,
    OutboxEnvelope,
    Pruned,
    StoreCounts,
    StoredDay,
    Unarchived,
)
from allswell.store.writer import StoreWriter, Work

_T = TypeVar("_T")


class Store:
    """One open file. Methods may be called from any thread; they wait for each other.

    Every method may raise a `StoreError`; what a transaction refused, it has not changed.
    """

    def __init__(
        self, path: Path, lock: store_connection.Lock, writer: StoreWriter, set_aside: Path | None
    ) -> None:
        """Use `Store.open`."""
        self._path = path
        self._lock = lock
        self._writer = writer
        self._mutex = threading.Lock()
        self._living: set[int] = set()
        self._deferred: dict[int, outbox.Deferred] = {}
        self.set_aside = set_aside

    @classmethod
    def open(cls, path: Path, *, max_bytes: int | None = None, now: datetime) -> Self:
        """Open the file, or make it; `max_bytes` is 80 % of the volume unless given.

        A file that is damaged or was not made by allswell is renamed, and a new one begun:
        `set_aside` is its new name then. Raises `StoreBusy` and `NewerStore`.
        """
        with translated(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            most = (
                disk_quota.of_volume(disk_quota.total(path.parent))
                if max_bytes is None
                else max_bytes
            )
            quota = disk_quota.plan(most)
            lock = store_connection.Lock.acquire(path)
            try:
                reserve = disk_quota.DiskReserve(
                    store_connection.sibling(path, ".reserve"), quota.reserve
                )
                connection, aside = _connect(path, reserve, now)
                return cls(path, lock, StoreWriter(connection, path, quota, reserve), aside)
            except BaseException:
                lock.release()
                raise

    def enroll(self, monitor: str, target: str) -> EnrolledMonitor:
        """Find a monitor or begin one; `target` is a hash of what is checked.

        Another target than before forgets what was being confirmed.
        """
        enrolled = self._run(lambda connection: monitors.enroll(connection, monitor, target))
        with self._mutex:
            if enrolled.number not in self._living:
                self._living.add(enrolled.number)
                self._writer.expect(len(self._living))
        return enrolled

    def renew(self, monitor: str, claim: HealthClaim | None) -> EnrolledMonitor:
        """Restart the count of transitions under a new store id, from `claim`; samples stay.

        Reports that wait under the old id keep it.
        """
        return self._run(lambda connection: monitors.renew(connection, monitor, claim))

    def start_from(self, monitor: str, claim: HealthClaim | None) -> EnrolledMonitor:
        """Start from the collector's state, under the same id and without a transition.

        Raises `OutOfStep` once a transition was claimed.
        """
        return self._run(lambda connection: monitors.start_from(connection, monitor, claim))

    def commit(self, batch: Sequence[BatchItem]) -> BatchResult:
        """Store samples, healths and reports in one transaction.

        1. Turn the samples into rows; ValueError for a reason that is not on the closed list.
        2. Write everything. It survives a power cut if a report is part of it, else a kill.
        3. Where there is no room, drop old samples and write again.
        4. Where that does not help, write everything but the samples, on the reserve.

        Raises `OutOfStep`, and `StoreFull` when not even the reserve has room.
        """
        rows = [None if item.sample is None else samples.row_of(item.sample) for item in batch]

        def write(connection: sqlite3.Connection) -> int:
            return _write(connection, batch, rows)

        def write_without_samples(connection: sqlite3.Connection) -> int:
            lost = sum(row is not None for row in rows)
            connection.execute("UPDATE file SET raw_lost = raw_lost + ?", (lost,))
            return _write(connection, batch, [None] * len(rows))

        durable = any(item.envelopes for item in batch)
        with self._mutex:
            stored, dropped = self._writer.run(
                write, durable=durable, fallback=write_without_samples
            )
            is_almost_full = self._writer.is_almost_full
        lost = dropped.lost + sum(row is not None for row in rows) - stored
        return BatchResult(stored, lost, is_almost_full, dropped.released)

    def seal(self, number: int, report: DayReport) -> None:
        """Queue a day's roll-up and note its revision. Raises `OutOfStep` unless it is the next."""

        def add(connection: sqlite3.Connection) -> None:
            outbox.add(connection, number, report)

        with self._mutex:
            self._writer.run(add, fallback=add)

    def unarchived(self, before: date, limit: int) -> tuple[Unarchived, ...]:
        """Return sealed days before `before` with samples that no archive has, oldest first."""
        return self._read(lambda connection: samples.unarchived(connection, before, limit))

    def mark_gathered(self, day: Unarchived) -> None:
        """Note that a day is about to be read for the archive; a later sample undoes the note."""
        self._run(lambda connection: samples.mark_gathered(connection, day), durable=False)

    def mark_archived(self, day: Unarchived) -> bool:
        """Note that an archive has what was gathered; False if the day has changed since."""
        return self._run(lambda connection: samples.mark_archived(connection, day))

    def mark_damaged(self, monitor: str, day: date) -> bool:
        """Note that an archive has lost a day, so that it is archived anew; False if it cannot."""
        return self._run(lambda connection: samples.mark_damaged(connection, monitor, day))

    def days(self, number: int) -> tuple[StoredDay, ...]:
        """Return every UTC day of a monitor that has, or had, samples, oldest first."""
        return self._read(lambda connection: samples.days(connection, number))

    def samples(self, number: int, start: datetime, end: datetime) -> Iterator[Sample]:
        """Yield samples that began in [start, end), by start, read a little at a time.

        The reader has a connection of its own and holds up neither writer nor checkpoint.
        """
        with (
            store_connection.in_use(self._path),
            closing(store_connection.connect_to_read(self._path)) as connection,
        ):
            yield from samples.read(connection, number, start, end)

    def outbox(self, limit: int, now: datetime) -> tuple[OutboxEnvelope, ...]:
        """Return the oldest reports that wait, at most `limit`, in the order in which to send them.

        A monitor with a report that is deferred beyond `now` is left out.
        """
        return self._read(lambda connection: outbox.waiting(connection, limit, self._deferred, now))

    def defer(self, ids: Sequence[int], until: datetime) -> None:
        """Count a failed attempt of these reports; `outbox` leaves their monitors out until then.

        A restart tries at once, and so does a clock that was set back by more than 10 minutes:
        this is kept in memory, so that a collector that is unreachable costs no writing.
        """
        with self._mutex:
            for id_ in ids:
                attempts = self._deferred[id_].attempts if id_ in self._deferred else 0
                self._deferred[id_] = outbox.Deferred(attempts + 1, until)

    def mark_delivered(self, ids: Sequence[int], now: datetime) -> None:
        """Note that the collector has these reports; they are kept for 90 days."""
        # A mark that a power cut takes costs one duplicate, which the collector recognises.
        self._run(lambda connection: outbox.mark_delivered(connection, ids, now), durable=False)
        self._forget_attempts(ids)

    def mark_dead(self, id_: int, why: str, now: datetime) -> None:
        """Note that the collector never accepts a report; it is kept for 90 days, and counted."""
        self._run(lambda connection: outbox.mark_dead(connection, id_, why, now))
        self._forget_attempts([id_])

    def requeue(self, monitor: str, store: str, known: int, rolled_up: date | None) -> int:
        """Queue again what was delivered after transition `known` and day `rolled_up`; how many.

        The collector has a store only up to these: its database was restored.
        """
        return self._run(lambda c: outbox.requeue(c, monitor, store, known, rolled_up))

    def counts(self) -> StoreCounts:
        """Return figures for metrics; counting the samples reads their whole table."""
        with (
            store_connection.in_use(self._path),
            closing(store_connection.connect_to_read(self._path)) as connection,
        ):
            (total,) = connection.execute("SELECT count(*) FROM sample").fetchone()
            waiting, dead, lost = connection.execute(
                "SELECT (SELECT count(*) FROM outgoing WHERE state = 0),"
                " (SELECT count(*) FROM outgoing WHERE state = 2), raw_lost FROM file"
            ).fetchone()
            days, oldest = samples.backlog(connection)
        with self._mutex:
            writer = self._writer
            space = (writer.size(), writer.free(), writer.is_almost_full)
            return StoreCounts(total, waiting, dead, lost, *space, days, oldest)

    def prune(
        self, retention: Mapping[int, timedelta], now: datetime, *, archived_only: bool = False
    ) -> Pruned:
        """Remove what has expired, in steps between which commits get through.

        1. Samples older than their monitor's retention.
        2. Reports that were delivered or given up 90 days ago.
        3. Days that have been empty for 90 days, and monitors of which nothing is left.

        `retention` is by monitor number; one that is not named keeps what was last asked for it.
        With `archived_only` samples of those that are named stay until an archive has their day.
        """
        removed = 0
        for expiry in self._run(
            lambda c: pruning.expiries(c, retention, now, archived_only=archived_only)
        ):
            removed += self._expire(expiry)
        reports = 0
        while step := self._run(lambda c: pruning.remove_reports(c, now), durable=False):
            reports += step
        living = self._living | set(retention)
        gone = self._run(lambda c: pruning.remove_monitors(c, living, now), durable=False)
        with self._mutex:
            self._writer.checkpoint()
        return Pruned(removed, reports, gone)

    def close(self) -> None:
        """Close the file and let another process open it."""
        with self._mutex:
            try:
                self._writer.close()
            finally:
                self._lock.release()

    def _expire(self, expiry: pruning.SampleExpiry) -> int:
        removed, finished = 0, False
        while not finished:
            step, finished = self._run(lambda c: pruning.expire(c, expiry), durable=False)
            removed += step
        return removed

    def _forget_attempts(self, ids: Sequence[int]) -> None:
        with self._mutex:
            for id_ in ids:
                self._deferred.pop(id_, None)

    def _read(self, work: Work[_T]) -> _T:
        with self._mutex:
            return self._writer.read(work)

    def _run(self, work: Work[_T], *, durable: bool = True) -> _T:
        with self._mutex:
            return self._writer.run(work, durable=durable)[0]


def _connect(
    path: Path, reserve: disk_quota.DiskReserve, now: datetime
) -> tuple[sqlite3.Connection, Path | None]:
    if reserve.is_short():
        reserve.release()
    try:
        with translated(path):
            return store_connection.connect(path), None
    except StoreDamaged:
        aside = store_connection.set_aside(path, now)
        return store_connection.connect(path), aside


def _write(
    connection: sqlite3.Connection, batch: Sequence[BatchItem], rows: Sequence[samples.Row | None]
) -> int:
    for item, row in zip(batch, rows, strict=True):
        monitors.store_health(connection, item.number, item.health, item.observation)
        if row is not None:
            samples.insert(connection, item.number, row)
        for envelope in item.envelopes:
            outbox.add(connection, item.number, envelope)
    return sum(row is not None for row in rows)
