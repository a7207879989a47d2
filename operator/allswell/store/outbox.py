"""Queue reports until they are delivered, and keep those that a restored database may lack."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from allswell.domain import instant, report
from allswell.domain.report import DayReport, Envelope, Transition
from allswell.store import samples
from allswell.store.errors import OutOfStep
from allswell.store.values import OutboxEnvelope

# A later moment than this can only come from a clock that has been set back since.
_MAX_DELAY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Deferred:
    """A report whose sending has failed: how often, and when to try again."""

    attempts: int
    until: datetime


def add(connection: sqlite3.Connection, number: int, envelope: Envelope) -> None:
    """Queue a report. Raises `OutOfStep` if its number does not follow from what is stored."""
    keys: tuple[int | None, int, int | None]
    if isinstance(envelope, Transition):
        _count(connection, number, envelope)
        keys = (envelope.sequence, instant.to_ms(envelope.claim.since) // samples.DAY_MS, None)
    else:
        _seal_day(connection, number, envelope)
        keys = (None, samples.day_number(envelope.rollup.day), envelope.revision)
    body = json.dumps(report.envelope_json(envelope), separators=(",", ":"))
    connection.execute(
        "INSERT INTO outgoing (monitor, store, sequence, day, revision, body, since_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (number, envelope.store, *keys, body, keys[1] * samples.DAY_MS),
    )


def _count(connection: sqlite3.Connection, number: int, transition: Transition) -> None:
    updated = connection.execute(
        "UPDATE monitor SET sequence = ?"
        " WHERE number = ? AND name = ? AND store = ? AND sequence = ?",
        (
            transition.sequence,
            number,
            transition.monitor,
            transition.store,
            transition.sequence - 1,
        ),
    )
    if updated.rowcount != 1:
        raise OutOfStep(
            f"{transition.monitor}: transition {transition.sequence} of store {transition.store} "
            "does not follow the last one in the file"
        )


def _seal_day(connection: sqlite3.Connection, number: int, day: DayReport) -> None:
    is_known = connection.execute(
        "SELECT 1 FROM monitor WHERE number = ? AND name = ? AND store = ?",
        (number, day.monitor, day.store),
    ).fetchone()
    if is_known is None or not samples.seal(connection, number, day):
        raise OutOfStep(
            f"{day.monitor}: revision {day.revision} of {day.rollup.day} by store {day.store} "
            "does not follow the last one in the file"
        )


def waiting(
    connection: sqlite3.Connection, limit: int, deferred: Mapping[int, Deferred], now: datetime
) -> tuple[OutboxEnvelope, ...]:
    """Return the oldest reports that wait, in order; none of a monitor with a deferred one."""
    not_yet = [id_ for id_, each in deferred.items() if now < each.until <= now + _MAX_DELAY]
    rows = connection.execute(
        "SELECT id, body FROM outgoing WHERE state = 0 AND monitor NOT IN"
        " (SELECT monitor FROM outgoing"
        "  WHERE state = 0 AND id IN (SELECT value FROM json_each(?)))"
        " ORDER BY id LIMIT ?",
        (json.dumps(not_yet), limit),
    )
    not_tried = Deferred(0, now)
    return tuple(
        OutboxEnvelope(
            id_,
            report.read_envelope(json.loads(body)),
            deferred.get(id_, not_tried).attempts,
        )
        for id_, body in rows
    )


def mark_delivered(connection: sqlite3.Connection, ids: Sequence[int], now: datetime) -> None:
    """Mark reports as delivered; those already settled stay as they are."""
    connection.executemany(
        "UPDATE outgoing SET state = 1, since_ms = ? WHERE id = ? AND state = 0",
        [(instant.to_ms(now), id_) for id_ in ids],
    )


def mark_dead(connection: sqlite3.Connection, id_: int, why: str, now: datetime) -> None:
    """Give a report up, with the reason."""
    connection.execute(
        "UPDATE outgoing SET state = 2, since_ms = ?, why = ? WHERE id = ? AND state = 0",
        (instant.to_ms(now), why, id_),
    )


def requeue(
    connection: sqlite3.Connection, monitor: str, store: str, known: int, rolled_up: date | None
) -> int:
    """Queue again what a restored central database lacks; return how many reports.

    Missing are the transitions after `known` and the roll-ups of days after `rolled_up`, of which
    the newest revision is enough.
    """
    return connection.execute(
        "UPDATE outgoing SET state = 0"
        " WHERE monitor = (SELECT number FROM monitor WHERE name = :monitor) AND store = :store"
        " AND state = 1 AND (sequence > :known OR (day > :day AND sequence IS NULL"
        "  AND revision = (SELECT revision FROM day"
        "   WHERE day.monitor = outgoing.monitor AND day.day = outgoing.day)))",
        {
            "monitor": monitor,
            "store": store,
            "known": known,
            "day": -1 if rolled_up is None else samples.day_number(rolled_up),
        },
    ).rowcount
