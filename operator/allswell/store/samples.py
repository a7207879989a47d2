"""Keep raw samples, one row each, and the days that they make up."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from allswell.domain import instant, state
from allswell.domain.report import DayReport
from allswell.domain.sample import Sample
from allswell.store.values import StoredDay, Unarchived

DAY_MS = 86_400_000
EPOCH_DAY = date(1970, 1, 1)
STEP = 500  # rows that one bounded step removes
_MAX_DAYS = 20  # days that one step may touch to find them
_CHUNK = 1_000

Row = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class DroppedRows:
    """Rows removed for want of space: `released` are in an archive, `lost` are nowhere else."""

    released: int = 0
    lost: int = 0

    def __add__(self, other: "DroppedRows") -> "DroppedRows":
        return DroppedRows(self.released + other.released, self.lost + other.lost)


def day_number(day: date) -> int:
    """Return the days since 1970-01-01."""
    return (day - EPOCH_DAY).days


def row_of(sample: Sample) -> Row:
    """Return a sample as stored. Raises ValueError for a reason that is not on the closed list."""
    return instant.to_ms(sample.started), sample.latency_us, state.code(sample.reason)


def insert(connection: sqlite3.Connection, number: int, row: Row) -> None:
    """Add one sample.

    Where a clock that was set back meets a millisecond that is taken, the sample moves to the next
    free one: a millisecond is less than the clock was wrong by, and both results stay.
    """
    started, latency_us, reason = row
    while not connection.execute(
        "INSERT OR IGNORE INTO sample VALUES (?, ?, ?, ?)", (number, started, latency_us, reason)
    ).rowcount:
        started += 1
    day = started // DAY_MS
    changed = connection.execute(
        "INSERT INTO day (monitor, day, present) VALUES (?, ?, 1)"
        " ON CONFLICT DO UPDATE SET present = 1, changed = revision > 0, archived = 0,"
        "  gathered = 0, removed = CASE WHEN archived = 1 AND removed = 1 THEN 2 ELSE removed END"
        " WHERE present = 0 OR archived = 1 OR gathered = 1 OR (revision > 0 AND changed = 0)",
        (number, day),
    )
    if changed.rowcount:
        _begin_addition(connection, number, day, started)


def _begin_addition(connection: sqlite3.Connection, number: int, day: int, started: int) -> None:
    """Remove the rest of a day that an archive has and of which rows are gone here already.

    Only the new sample stays: what is archived next is then an addition to what is there, and each
    sample is there once.
    """
    updated = connection.execute(
        "UPDATE day SET removed = 1 WHERE monitor = ? AND day = ? AND removed = 2", (number, day)
    )
    if updated.rowcount:
        connection.execute(
            "DELETE FROM sample WHERE monitor = ? AND started_ms >= ? AND started_ms < ?"
            " AND started_ms <> ?",
            (number, day * DAY_MS, (day + 1) * DAY_MS, started),
        )


def seal(connection: sqlite3.Connection, number: int, report: DayReport) -> bool:
    """Note the revision of a day's roll-up; False when it is not the next one.

    Samples that came since the roll-up was computed leave the day marked as changed.
    """
    day = day_number(report.rollup.day)
    connection.execute("INSERT OR IGNORE INTO day (monitor, day) VALUES (?, ?)", (number, day))
    sealed = connection.execute(
        "UPDATE day SET revision = ?, archived = 0, changed ="
        " (SELECT count(*) FROM sample WHERE monitor = ? AND started_ms >= ? AND started_ms < ?)"
        " > ? WHERE monitor = ? AND day = ? AND revision = ?",
        (
            report.revision,
            number,
            day * DAY_MS,
            (day + 1) * DAY_MS,
            report.rollup.checks,
            number,
            day,
            report.revision - 1,
        ),
    )
    return sealed.rowcount == 1


# A day that has changed and cannot be rolled up anew is archived as it is.
_ARCHIVABLE = "revision > 0 AND (changed = 0 OR lost > 0 OR removed > 0)"


def unarchived(connection: sqlite3.Connection, before: date, limit: int) -> tuple[Unarchived, ...]:
    """Return sealed days before `before` with rows that no archive has, oldest first."""
    rows = connection.execute(
        "SELECT name, number, day, revision, coalesce(archived_as, store), removed"  # noqa: S608
        " FROM day JOIN monitor ON number = monitor"
        f" WHERE present = 1 AND archived = 0 AND day < ? AND {_ARCHIVABLE}"
        " ORDER BY day, number LIMIT ?",
        (day_number(before), limit),
    )
    return tuple(
        Unarchived(name, number, EPOCH_DAY + timedelta(days=day), revision, store, not removed)
        for name, number, day, revision, store, removed in rows
    )


def backlog(connection: sqlite3.Connection) -> tuple[int, date | None]:
    """Return how many sealed days with rows no archive has, and the oldest of them."""
    count, oldest = connection.execute(
        f"SELECT count(*), min(day) FROM day WHERE present = 1 AND archived = 0 AND {_ARCHIVABLE}"  # noqa: S608
    ).fetchone()
    return count, None if oldest is None else EPOCH_DAY + timedelta(days=oldest)


def mark_gathered(connection: sqlite3.Connection, day: Unarchived) -> None:
    """Note that a day's rows are read from now on: a later sample undoes the note."""
    connection.execute(
        "UPDATE day SET gathered = 1 WHERE monitor = ? AND day = ? AND revision = ?",
        (day.number, day_number(day.day), day.revision),
    )


def mark_archived(connection: sqlite3.Connection, day: Unarchived) -> bool:
    """Note that an archive has all rows of a day; False when the day has changed since."""
    marked = connection.execute(
        "UPDATE day SET archived = 1, gathered = 0, archived_as = ?"  # noqa: S608
        f" WHERE monitor = ? AND day = ? AND revision = ? AND gathered = 1 AND {_ARCHIVABLE}",
        (day.store, day.number, day_number(day.day), day.revision),
    )
    return marked.rowcount == 1


def mark_damaged(connection: sqlite3.Connection, monitor: str, day: date) -> bool:
    """Note that an archive has lost a day; False when it was not there, or no row is left."""
    marked = connection.execute(
        "UPDATE day SET archived = 0 WHERE day = ? AND archived = 1 AND present = 1"
        " AND monitor = (SELECT number FROM monitor WHERE name = ?)",
        (day_number(day), monitor),
    )
    return marked.rowcount == 1


def days(connection: sqlite3.Connection, number: int) -> tuple[StoredDay, ...]:
    """Return every day of a monitor, oldest first."""
    rows = connection.execute(
        "SELECT day, revision, changed, archived, lost, removed FROM day"
        " WHERE monitor = ? ORDER BY day",
        (number,),
    )
    return tuple(
        StoredDay(
            EPOCH_DAY + timedelta(days=day),
            revision,
            bool(changed),
            bool(archived),
            lost,
            bool(removed),
        )
        for day, revision, changed, archived, lost, removed in rows
    )


def read(
    connection: sqlite3.Connection, number: int, start: datetime, end: datetime
) -> Iterator[Sample]:
    """Yield samples in [start, end) by start, a chunk at a time.

    No read transaction outlives a chunk: an open one would keep the write-ahead log from being
    used again, and it would grow for as long as the reader takes.
    """
    after, stop = instant.to_ms(start) - 1, instant.to_ms(end)
    while True:
        rows: Sequence[Row] = connection.execute(
            "SELECT started_ms, latency_us, reason FROM sample"
            " WHERE monitor = ? AND started_ms > ? AND started_ms < ?"
            " ORDER BY started_ms LIMIT ?",
            (number, after, stop, _CHUNK),
        ).fetchall()
        for started, latency_us, reason in rows:
            yield Sample(instant.from_ms(started), latency_us, state.reason_of(reason))
        if len(rows) < _CHUNK:
            return
        after = rows[-1][0]


def drop_oldest(connection: sqlite3.Connection, most: int = STEP) -> DroppedRows:
    """Make room, one bounded step: archived days first, then others, the oldest of each first."""
    dropped = DroppedRows()
    for _ in range(_MAX_DAYS):
        left = most - dropped.released - dropped.lost
        oldest = connection.execute(
            "SELECT monitor, day, archived FROM day WHERE present = 1"
            " ORDER BY archived DESC, day LIMIT 1"
        ).fetchone()
        if oldest is None or not left:
            break
        number, day, archived = oldest
        dropped += _drop_of_day(connection, number, day, archived, left)
    return dropped


def _drop_of_day(
    connection: sqlite3.Connection, number: int, day: int, archived: int, most: int
) -> DroppedRows:
    count, emptied = remove(connection, number, day * DAY_MS, (day + 1) * DAY_MS, most)
    lost = 0 if archived else count
    connection.execute(
        "UPDATE day SET present = ?, lost = lost + ?, removed = max(removed, ?)"
        " WHERE monitor = ? AND day = ?",
        (not emptied, lost, count > lost, number, day),
    )
    connection.execute("UPDATE file SET raw_lost = raw_lost + ?", (lost,))
    return DroppedRows(count - lost, lost)


def remove(
    connection: sqlite3.Connection, number: int, start_ms: int, end_ms: int, most: int = STEP
) -> tuple[int, bool]:
    """Delete at most so many rows of [start, end), oldest first; return how many, and if all."""
    next_one = connection.execute(
        "SELECT started_ms FROM sample WHERE monitor = ? AND started_ms >= ? AND started_ms < ?"
        " ORDER BY started_ms LIMIT 1 OFFSET ?",
        (number, start_ms, end_ms, most),
    ).fetchone()
    stop = end_ms if next_one is None else next_one[0]
    deleted = connection.execute(
        "DELETE FROM sample WHERE monitor = ? AND started_ms >= ? AND started_ms < ?",
        (number, start_ms, stop),
    )
    return deleted.rowcount, next_one is None
