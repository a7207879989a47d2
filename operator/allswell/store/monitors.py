"""Keep the monitors of the file: their numbers, their store ids, their health."""

import secrets
import sqlite3
from datetime import timedelta

from allswell.domain import health as healths
from allswell.domain import health_json, instant
from allswell.domain.cover import Observation
from allswell.domain.health import Health, HealthClaim
from allswell.store.errors import OutOfStep
from allswell.store.values import EnrolledMonitor

RETENTION = timedelta(days=14)  # until a configuration says how long samples are kept


def enroll(connection: sqlite3.Connection, monitor: str, target: str) -> EnrolledMonitor:
    """Find a monitor or begin one; another target forgets what was being confirmed."""
    inserted = connection.execute(
        "INSERT INTO monitor (name, target, store, sequence, retention_ms) VALUES (?, ?, ?, 0, ?)"
        " ON CONFLICT (name) DO NOTHING",
        (monitor, target, _new_id(), RETENTION // instant.MILLISECOND),
    )
    if inserted.rowcount:
        connection.execute(
            "INSERT INTO health (monitor, body) VALUES (?, ?)",
            (inserted.lastrowid, health_json.text(Health())),
        )
        return read(connection, monitor)
    known = read(connection, monitor)
    changed = connection.execute(
        "UPDATE monitor SET target = ? WHERE number = ? AND target <> ?",
        (target, known.number, target),
    )
    if changed.rowcount:
        store_health(connection, known.number, healths.retargeted(known.health), known.observation)
    return read(connection, monitor)


def renew(
    connection: sqlite3.Connection, monitor: str, claim: HealthClaim | None
) -> EnrolledMonitor:
    """Restart the count of transitions under a new id; samples and waiting reports stay."""
    known = read(connection, monitor)
    connection.execute(
        "UPDATE monitor SET store = ?, sequence = 0 WHERE number = ?", (_new_id(), known.number)
    )
    store_health(connection, known.number, healths.starting_from(claim), known.observation)
    return read(connection, monitor)


def start_from(
    connection: sqlite3.Connection, monitor: str, claim: HealthClaim | None
) -> EnrolledMonitor:
    """Start from the collector's state. Raises `OutOfStep` once a transition was claimed."""
    known = read(connection, monitor)
    if known.sequence:
        raise OutOfStep(f"{monitor}: the file has claimed {known.sequence} transitions of its own")
    store_health(connection, known.number, healths.starting_from(claim), known.observation)
    return read(connection, monitor)


def read(connection: sqlite3.Connection, monitor: str) -> EnrolledMonitor:
    """Return what is stored of a monitor. Raises `OutOfStep` for one that was never enrolled."""
    row = connection.execute(
        "SELECT number, store, sequence, body, seen_since_ms, seen_last_ms, seen_until_ms,"
        " EXISTS (SELECT 1 FROM sample WHERE sample.monitor = number)"
        " FROM monitor JOIN health ON health.monitor = number WHERE name = ?",
        (monitor,),
    ).fetchone()
    if row is None:
        raise OutOfStep(f"{monitor} is not enrolled in this file")
    number, store, sequence, body, since, last, until, sampled = row
    health = health_json.parse(body)
    seen = None
    if since is not None:
        seen = Observation(*(instant.from_ms(at) for at in (since, last, until)))
    fresh = not sampled and not sequence and health.claim is None and seen is None
    return EnrolledMonitor(number, store, sequence, health, seen, fresh)


def store_health(
    connection: sqlite3.Connection, number: int, health: Health, seen: Observation | None
) -> None:
    """Store what the next sample is judged by. Raises `OutOfStep` for an unknown number."""
    moments: tuple[int | None, ...] = (None, None, None)
    if seen is not None:
        moments = tuple(instant.to_ms(at) for at in (seen.since, seen.last, seen.until))
    updated = connection.execute(
        "UPDATE health SET body = ?, seen_since_ms = ?, seen_last_ms = ?, seen_until_ms = ?"
        " WHERE monitor = ?",
        (health_json.text(health), *moments, number),
    )
    if updated.rowcount != 1:
        raise OutOfStep(f"no monitor of this file has the number {number}")


def _new_id() -> str:
    return secrets.token_hex(12)
