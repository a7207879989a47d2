"""Remove what has expired, in steps that each take a few milliseconds."""

import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from allswell.domain import instant
from allswell.store import samples

REPORTS_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class SampleExpiry:
    """A monitor's number, and the time (Unix ms) before which its samples may go.

    Where `archived_only`, those of a day go together, once an archive has all of them.
    """

    number: int
    before_ms: int
    archived_only: bool = False


def expiries(
    connection: sqlite3.Connection,
    retention: Mapping[int, timedelta],
    now: datetime,
    *,
    archived_only: bool,
) -> list[SampleExpiry]:
    """Return when each monitor's samples may go.

    A monitor that is not named keeps what was last asked for it, and archives no more.
    """
    connection.executemany(
        "UPDATE monitor SET retention_ms = ? WHERE number = ?",
        [(period // instant.MILLISECOND, number) for number, period in retention.items()],
    )
    now_ms = instant.to_ms(now)
    rows = connection.execute("SELECT number, retention_ms FROM monitor ORDER BY number")
    return [
        SampleExpiry(number, now_ms - retention_ms, archived_only and number in retention)
        for number, retention_ms in rows
    ]


def expire(connection: sqlite3.Connection, expiry: SampleExpiry) -> tuple[int, bool]:
    """Remove a monitor's oldest samples, one step; return how many, and whether that was all."""
    number, before_ms = expiry.number, expiry.before_ms
    last = before_ms // samples.DAY_MS
    if expiry.archived_only:
        return _expire_archived(connection, number, last)
    removed, finished = samples.remove(connection, number, 0, before_ms)
    if removed:
        connection.execute(
            "UPDATE day SET removed = 1"
            " WHERE monitor = ? AND day <= ? AND archived = 1 AND removed = 0",
            (number, last),
        )
    if finished:
        connection.execute(
            "UPDATE day SET present = 0 WHERE monitor = ? AND day < ? AND present = 1",
            (number, last),
        )
    return removed, finished


def _expire_archived(connection: sqlite3.Connection, number: int, last: int) -> tuple[int, bool]:
    """Remove rows of the oldest archived day before the day `last`."""
    oldest = connection.execute(
        "SELECT day FROM day WHERE monitor = ? AND day < ? AND present = 1 AND archived = 1"
        " ORDER BY day LIMIT 1",
        (number, last),
    ).fetchone()
    if oldest is None:
        return 0, True
    (day,) = oldest
    start_ms = day * samples.DAY_MS
    removed, emptied = samples.remove(connection, number, start_ms, start_ms + samples.DAY_MS)
    connection.execute(
        "UPDATE day SET present = ?, removed = 1 WHERE monitor = ? AND day = ?",
        (not emptied, number, day),
    )
    return removed, False


def remove_reports(connection: sqlite3.Connection, now: datetime) -> int:
    """Remove reports that were delivered or given up 90 days ago, one step; return how many."""
    return connection.execute(
        "DELETE FROM outgoing WHERE id IN"
        " (SELECT id FROM outgoing WHERE state > 0 AND since_ms < ? LIMIT ?)",
        (instant.to_ms(now - REPORTS_FOR), samples.STEP),
    ).rowcount


def remove_monitors(connection: sqlite3.Connection, living: Collection[int], now: datetime) -> int:
    """Remove days that have been empty for 90 days, and monitors of which nothing is left."""
    oldest = instant.to_ms(now - REPORTS_FOR) // samples.DAY_MS
    connection.execute("DELETE FROM day WHERE present = 0 AND day < ?", (oldest,))
    empty = connection.execute(
        "SELECT number FROM monitor WHERE NOT EXISTS (SELECT 1 FROM day WHERE monitor = number)"
        " AND NOT EXISTS (SELECT 1 FROM sample WHERE monitor = number)"
        " AND number NOT IN (SELECT monitor FROM outgoing)"
    ).fetchall()
    gone = [(number,) for (number,) in empty if number not in living]
    connection.executemany("DELETE FROM health WHERE monitor = ?", gone)
    connection.executemany("DELETE FROM monitor WHERE number = ?", gone)
    return len(gone)
