"""The store itself: a thin shell that runs the room's functions in transactions, one at a time."""

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
        self._one = threading.Lock()
        self._living: set[int] = set()
        self._deferred: dict[int, outbox.Deferred] = {}
        self.set_aside = set_aside

    @classmethod
    def open(cls, path: Path, *, max_bytes: int | None = None, now: datetime) -> Self:
        """Open the file, or make it; `max_bytes` is 80 % of the volume unless given.

        A file that is damaged or not ours is renamed and a new one begun: `set_aside` is its new
        name then. Raises `StoreBusy` and `NewerStore`.
        """
        with translated(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            most = (
                disk_quota.of_volume(disk_quota.total(path.parent))
                if max_bytes is None
                else max_bytes
            )
            planned = disk_quota.plan(most)
            lock = store_connection.Lock.take(path)
            try:
                ballast = disk_quota.DiskReserve(
                    store_connection.sibling(path, ".reserve"), planned.ballast
                )
                connection, aside = _connect(path, ballast, now)
                return cls(path, lock, StoreWriter(connection, path, planned, ballast), aside)
            except BaseException:
                lock.release()
                raise

    def enroll(self, monitor: str, target: str) -> EnrolledMonitor:
        """Find a monitor or begin one; `target` is a hash of what is checked.

        Another target than before forgets what was being confirmed.
        """
        enrolled = self._run(lambda connection: monitors.enroll(connection, monitor, target))
        with self._one:
            if enrolled.number not in self._living:
                self._living.add(enrolled.number)
                self._writer.expect(len(self._living))
        return enrolled

    def renew(self, monitor: str, claim: HealthClaim | None) -> EnrolledMonitor:
        """Begin to count anew under a new store id, from `claim`; samples are kept.

        Reports that wait under the old id stay and keep it.
        """
        return self._run(lambda connection: monitors.renew(connection, monitor, claim))

    def start_from(self, monitor: str, claim: HealthClaim | None) -> EnrolledMonitor:
        """Take the centre's state as one's own, under the same id and without a transition.

        Raises `OutOfStep` once a transition was claimed.
        """
        return self._run(lambda connection: monitors.start_from(connection, monitor, claim))

    def commit(self, batch: Sequence[BatchItem]) -> BatchResult:
        """Keep samples, healths and reports in one transaction.

        It survives a power cut if there is a report among them, else a kill. When there is no room,
        old samples go, then those of the batch, and the rest is kept. Raises `OutOfStep`,
        `StoreFull`, and ValueError for a reason that is not on the closed list.
        """
        rows = [None if part.sample is None else samples.row_of(part.sample) for part in batch]

        def keep(connection: sqlite3.Connection) -> int:
            return _keep(connection, batch, rows)

        def keep_the_rest(connection: sqlite3.Connection) -> int:
            lost = sum(row is not None for row in rows)
            connection.execute("UPDATE file SET raw_lost = raw_lost + ?", (lost,))
            return _keep(connection, batch, [None] * len(rows))

        durable = any(part.envelopes for part in batch)
        with self._one:
            kept, dropped = self._writer.run(keep, durable=durable, spare=keep_the_rest)
            pressed = self._writer.pressed
        lost = dropped.lost + sum(row is not None for row in rows) - kept
        return BatchResult(kept, lost, pressed, dropped.released)

    def seal(self, number: int, report: DayReport) -> None:
        """Queue a day's roll-up and note its revision. Raises `OutOfStep` unless it is the next."""

        def add(connection: sqlite3.Connection) -> None:
            outbox.add(connection, number, report)

        with self._one:
            self._writer.run(add, spare=add)

    def unarchived(self, before: date, limit: int) -> tuple[Unarchived, ...]:
        """Sealed days before `before` with samples that no archive has, the oldest first."""
        return self._read(lambda connection: samples.unarchived(connection, before, limit))

    def gathered(self, day: Unarchived) -> None:
        """Note that a day is about to be read for the archive; a later sample undoes the note."""
        self._run(lambda connection: samples.gathered(connection, day), durable=False)

    def archived(self, day: Unarchived) -> bool:
        """Note that an archive has what was gathered; False if the day has changed since."""
        return self._run(lambda connection: samples.archived(connection, day))

    def damaged(self, monitor: str, day: date) -> bool:
        """Note that an archive has lost a day, so that it is archived anew; False if it cannot."""
        return self._run(lambda connection: samples.damaged(connection, monitor, day))

    def days(self, number: int) -> tuple[StoredDay, ...]:
        """Every UTC day of a monitor that has, or had, samples, oldest first."""
        return self._read(lambda connection: samples.days(connection, number))

    def samples(self, number: int, start: datetime, end: datetime) -> Iterator[Sample]:
        """Samples that began in [start, end), by start, read a little at a time.

        The reader has a connection of its own and holds up neither writer nor checkpoint.
        """
        with (
            store_connection.in_use(self._path),
            closing(store_connection.connect_to_read(self._path)) as connection,
        ):
            yield from samples.read(connection, number, start, end)

    def outbox(self, limit: int, now: datetime) -> tuple[OutboxEnvelope, ...]:
        """The oldest reports that wait, at most `limit`, in the order in which to send them.

        A monitor with a report that is deferred beyond `now` is left out.
        """
        return self._read(lambda connection: outbox.waiting(connection, limit, self._deferred, now))

    def deferred(self, ids: Sequence[int], until: datetime) -> None:
        """Count a failed attempt of these reports; `outbox` leaves their monitors out till then.

        A restart tries at once, and so does a clock that was set back by more than 10 minutes:
        this is remembered in memory, so that a centre that is away costs no writing.
        """
        with self._one:
            for id_ in ids:
                attempts = self._deferred[id_].attempts if id_ in self._deferred else 0
                self._deferred[id_] = outbox.Deferred(attempts + 1, until)

    def delivered(self, ids: Sequence[int], now: datetime) -> None:
        """The centre has these; they are kept for 90 days."""
        # A mark that a power cut takes costs one duplicate, which the centre knows how to meet.
        self._run(lambda connection: outbox.delivered(connection, ids, now), durable=False)
        self._settle(ids)

    def dead(self, id: int, why: str, now: datetime) -> None:  # noqa: A002 - as in Outgoing
        """The centre will never take this one; it is kept for 90 days, and counted."""
        self._run(lambda connection: outbox.dead(connection, id, why, now))
        self._settle([id])

    def forgotten(self, monitor: str, store: str, known: int, rolled_up: date | None) -> int:
        """The centre has a store only up to transition `known` and day `rolled_up`.

        Queues again what was delivered after that; how many.
        """
        return self._run(lambda c: outbox.forgotten(c, monitor, store, known, rolled_up))

    def counts(self) -> StoreCounts:
        """Figures for metrics; counting the samples reads their whole table."""
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
        with self._one:
            writer = self._writer
            full = (writer.size(), writer.free(), writer.pressed)
            return StoreCounts(total, waiting, dead, lost, *full, days, oldest)

    def prune(
        self, retention: Mapping[int, timedelta], now: datetime, *, archived_only: bool = False
    ) -> Pruned:
        """Remove what has passed its time, in steps between which commits get their turn.

        `retention` is by monitor number; one that is not named keeps what was last asked for it.
        With `archived_only` samples of those that are named stay until an archive has their day.
        """
        removed = 0
        for expiry in self._run(
            lambda c: pruning.expiries(c, retention, now, archived_only=archived_only)
        ):
            removed += self._expire(expiry)
        reports = 0
        while step := self._run(lambda c: pruning.forget_reports(c, now), durable=False):
            reports += step
        living = self._living | set(retention)
        gone = self._run(lambda c: pruning.forget_monitors(c, living, now), durable=False)
        with self._one:
            self._writer.checkpoint()
        return Pruned(removed, reports, gone)

    def close(self) -> None:
        """Close the file and let another process open it."""
        with self._one:
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

    def _settle(self, ids: Sequence[int]) -> None:
        with self._one:
            for id_ in ids:
                self._deferred.pop(id_, None)

    def _read(self, work: Work[_T]) -> _T:
        with self._one:
            return self._writer.read(work)

    def _run(self, work: Work[_T], *, durable: bool = True) -> _T:
        with self._one:
            return self._writer.run(work, durable=durable)[0]


def _connect(
    path: Path, ballast: disk_quota.DiskReserve, now: datetime
) -> tuple[sqlite3.Connection, Path | None]:
    if ballast.short():
        ballast.release()
    try:
        with translated(path):
            return store_connection.connect(path), None
    except StoreDamaged:
        aside = store_connection.set_aside(path, now)
        return store_connection.connect(path), aside


def _keep(
    connection: sqlite3.Connection, batch: Sequence[BatchItem], rows: Sequence[samples.Row | None]
) -> int:
    for part, row in zip(batch, rows, strict=True):
        monitors.keep(connection, part.number, part.health, part.observation)
        if row is not None:
            samples.insert(connection, part.number, row)
        for envelope in part.envelopes:
            outbox.add(connection, part.number, envelope)
    return sum(row is not None for row in rows)
