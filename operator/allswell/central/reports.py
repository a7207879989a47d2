"""Write what checkers report: their stores, their transitions, their days' counts."""

from datetime import datetime

from sqlalchemy import Connection, Row, func, select, tuple_

from allswell.central import days, invalidation, session
from allswell.central.errors import CentralConflict, MonitorMissing
from allswell.central.schema import monitor, notification, rollup, store, transition
from allswell.domain import histogram, instant
from allswell.domain.health import HealthClaim
from allswell.domain.report import DayReport, StoreStanding, Transition
from allswell.domain.state import State


def hello(connection: Connection, monitor_id: int, store_id: str, now: datetime) -> StoreStanding:
    """Number a store at its first hello, and return where it stands. Raises `MonitorMissing`."""
    name = connection.scalar(select(monitor.c.name).where(monitor.c.id == monitor_id))
    if name is None:
        raise MonitorMissing(f"the central database has no monitor with the id {monitor_id}")
    number = _known_number(connection, monitor_id, store_id)
    known = None
    if number is None:
        _numbered(connection, monitor_id, store_id, now)
    else:
        known = _last_sequence(connection, monitor_id, number)
    last_day = select(func.max(rollup.c.day)).where(
        rollup.c.monitor_id == monitor_id, rollup.c.revision > 0
    )
    return StoreStanding(
        monitor=name,
        known=known,
        latest=_latest(connection, monitor_id, name),
        superseded=number is not None and _is_superseded(connection, monitor_id, number),
        rolled_up=connection.scalar(last_day),
    )


def accept_transition(
    connection: Connection, monitor_id: int, report: Transition, now: datetime, claimed: datetime
) -> bool:
    """Write a transition with all that follows from it; False when it is there already.

    1. Lock the monitor, so that nobody else changes its ledgers.
    2. Number its store, if a transition is the first to name it.
    3. Insert the transition. If one has its key already, it must say the same.
    4. Queue a notification of it.
    5. Mark the days from it on as stale, and raise the versions of the pages that show the monitor.

    Raises `CentralConflict` when another transition has its key, and `MonitorMissing`.
    """
    invalidation.lock_one(connection, monitor_id)
    number = _numbered(connection, monitor_id, report.store, now)
    since = min(report.claim.since, now)
    key = {"monitor_id": monitor_id, "store_number": number, "sequence": report.sequence}
    row = {
        "state": report.claim.state.value,
        "since_ms": instant.to_ms(since),
        "claimed_ms": instant.to_ms(claimed),
        "reason": report.claim.reason,
        "received_ms": instant.to_ms(now),
    }
    statement = (
        session.insert(connection, transition)
        .values(**key, **row)
        .on_conflict_do_nothing()
        .returning(transition.c.sequence)
    )
    if connection.scalar(statement) is None:
        _require_same(connection, monitor_id, number, report, claimed)
        return False
    queued = session.insert(connection, notification)
    connection.execute(queued.values(**key, created_ms=instant.to_ms(now)))
    invalidation.days(connection, [monitor_id], since)
    invalidation.pages_showing(connection, [monitor_id], now)
    return True


def accept_rollup(
    connection: Connection, monitor_id: int, report: DayReport, now: datetime
) -> bool:
    """Write a day's counts with its durations; False when they are not newer than what is there.

    Raises `CentralConflict` for a day that has not begun, and `MonitorMissing`.
    """
    roll = report.rollup
    if roll.day > instant.day_of(now):
        raise CentralConflict(f"the day {roll.day} has not begun by the collector's clock")
    invalidation.lock_one(connection, monitor_id)
    counts = {
        "store_number": _numbered(connection, monitor_id, report.store, now),
        "revision": report.revision,
        "checks": roll.checks,
        "successful": roll.successful,
        "average_us": roll.average_us,
        "p95_us": roll.p95_us,
        "latencies": histogram.text(roll.latencies),
    }
    durations = days.durations(connection, monitor_id, roll.day)
    statement = session.insert(connection, rollup).values(
        monitor_id=monitor_id, day=roll.day, **counts, **durations
    )
    newer = tuple_(rollup.c.revision, rollup.c.checks) < tuple_(
        statement.excluded.revision, statement.excluded.checks
    )
    upsert = statement.on_conflict_do_update(
        index_elements=[rollup.c.monitor_id, rollup.c.day],
        set_={**counts, **durations},
        where=newer,
    ).returning(rollup.c.day)
    return connection.scalar(upsert) is not None


def _known_number(connection: Connection, monitor_id: int, store_id: str) -> int | None:
    return connection.scalar(
        select(store.c.number).where(store.c.monitor_id == monitor_id, store.c.store_id == store_id)
    )


def _numbered(connection: Connection, monitor_id: int, store_id: str, now: datetime) -> int:
    """Return the number of a store, which gets the next one when it is new."""
    number = _known_number(connection, monitor_id, store_id)
    if number is not None:
        return number
    invalidation.lock_one(connection, monitor_id)
    next_number = select(func.coalesce(func.max(store.c.number), 0) + 1)
    next_number = next_number.where(store.c.monitor_id == monitor_id)
    connection.execute(
        session.insert(connection, store)
        .values(
            monitor_id=monitor_id,
            number=next_number.scalar_subquery(),
            store_id=store_id,
            first_seen_ms=instant.to_ms(now),
        )
        .on_conflict_do_nothing(index_elements=[store.c.monitor_id, store.c.store_id])
    )
    number = _known_number(connection, monitor_id, store_id)
    assert number is not None  # noqa: S101 - it was known or has been inserted
    return number


def _last_sequence(connection: Connection, monitor_id: int, number: int) -> int:
    last = select(func.coalesce(func.max(transition.c.sequence), 0)).where(
        transition.c.monitor_id == monitor_id, transition.c.store_number == number
    )
    return connection.scalar(last) or 0


def _is_superseded(connection: Connection, monitor_id: int, number: int) -> bool:
    """Tell whether a store that was numbered later has claimed a transition."""
    later = select(transition.c.sequence).where(
        transition.c.monitor_id == monitor_id, transition.c.store_number > number
    )
    return connection.scalar(later.limit(1)) is not None


def _latest(connection: Connection, monitor_id: int, name: str) -> Transition | None:
    row = connection.execute(
        select(
            store.c.store_id,
            transition.c.sequence,
            transition.c.state,
            transition.c.since_ms,
            transition.c.reason,
        )
        .join_from(transition, store)
        .where(transition.c.monitor_id == monitor_id)
        .order_by(transition.c.store_number.desc(), transition.c.sequence.desc())
        .limit(1)
    ).first()
    return None if row is None else _transition(name, row)


def _transition(name: str, row: Row[str, int, str, int, str]) -> Transition:
    store_id, sequence, state, since_ms, reason = row
    return Transition(
        name, store_id, sequence, HealthClaim(State(state), instant.from_ms(since_ms), reason)
    )


def _require_same(
    connection: Connection, monitor_id: int, number: int, report: Transition, claimed: datetime
) -> None:
    """Raise `CentralConflict` unless the stored transition of this key says the same.

    Compared is what the checker wrote: the collector's estimate of its clock error differs each
    time that an envelope is sent.
    """
    stored = connection.execute(
        select(transition.c.state, transition.c.reason, transition.c.claimed_ms).where(
            transition.c.monitor_id == monitor_id,
            transition.c.store_number == number,
            transition.c.sequence == report.sequence,
        )
    ).one()
    reported = (report.claim.state.value, report.claim.reason, instant.to_ms(claimed))
    if tuple(stored) != reported:
        raise CentralConflict(
            f"transition {report.sequence} of this store of {report.monitor} is another one"
        )
