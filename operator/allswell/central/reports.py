"""What checkers report: their stores, their transitions, their day's counts."""

from datetime import datetime

from sqlalchemy import Connection, Row, func, select, tuple_

from allswell.central import days, invalidation, session
from allswell.central.errors import CentralConflict, MonitorMissing
from allswell.central.schema import monitor, notification, rollup, store, transition
from allswell.domain import histogram, instant
from allswell.domain.health import HealthClaim
from allswell.domain.report import DayReport, StoreStanding, Transition
from allswell.domain.state import State


def hello(connection: Connection, identity: int, store_id: str, now: datetime) -> StoreStanding:
    """Number a store at its first hello, and say where the monitor stands. Raises `Missing`."""
    name = connection.scalar(select(monitor.c.name).where(monitor.c.id == identity))
    if name is None:
        raise MonitorMissing(f"there is no monitor {identity} in the central database")
    number = _number(connection, identity, store_id)
    known = None
    if number is None:
        _first_seen(connection, identity, store_id, now)
    else:
        known = _last_sequence(connection, identity, number)
    last_day = select(func.max(rollup.c.day)).where(
        rollup.c.monitor_id == identity, rollup.c.revision > 0
    )
    return StoreStanding(
        monitor=name,
        known=known,
        latest=_latest(connection, identity, name),
        superseded=number is not None and _is_followed(connection, identity, number),
        rolled_up=connection.scalar(last_day),
    )


def accept_transition(
    connection: Connection, identity: int, report: Transition, now: datetime, claimed: datetime
) -> bool:
    """Write a transition with all that follows from it; False when it is there already.

    Raises `Conflict` when another one has its key, and `Missing`.
    """
    invalidation.lock_one(connection, identity)
    number = _first_seen(connection, identity, report.store, now)
    since = min(report.claim.since, now)
    key = {"monitor_id": identity, "store_number": number, "sequence": report.sequence}
    row = {
        "state": report.claim.state.value,
        "since_ms": instant.to_ms(since),
        "claimed_ms": instant.to_ms(claimed),
        "reason": report.claim.reason,
        "received_ms": instant.to_ms(now),
    }
    written = (
        session.insert(connection, transition)
        .values(**key, **row)
        .on_conflict_do_nothing()
        .returning(transition.c.sequence)
    )
    if connection.scalar(written) is None:
        _refuse_another(connection, identity, number, report, claimed)
        return False
    outgoing = session.insert(connection, notification)
    connection.execute(outgoing.values(**key, created_ms=instant.to_ms(now)))
    invalidation.days(connection, [identity], since)
    invalidation.pages(connection, [identity], now)
    return True


def accept_rollup(connection: Connection, identity: int, report: DayReport, now: datetime) -> bool:
    """Write a day's counts with its durations; False when they are not newer than what is there.

    Raises `Conflict` for a day that has not begun, and `Missing`.
    """
    roll = report.rollup
    if roll.day > instant.day_of(now):
        raise CentralConflict(f"the day {roll.day} has not begun by the centre's clock")
    invalidation.lock_one(connection, identity)
    counts = {
        "store_number": _first_seen(connection, identity, report.store, now),
        "revision": report.revision,
        "checks": roll.checks,
        "successful": roll.successful,
        "average_us": roll.average_us,
        "p95_us": roll.p95_us,
        "latencies": histogram.text(roll.latencies),
    }
    measured = days.measured(connection, identity, roll.day)
    statement = session.insert(connection, rollup).values(
        monitor_id=identity, day=roll.day, **counts, **measured
    )
    newer = tuple_(rollup.c.revision, rollup.c.checks) < tuple_(
        statement.excluded.revision, statement.excluded.checks
    )
    written = statement.on_conflict_do_update(
        index_elements=[rollup.c.monitor_id, rollup.c.day],
        set_={**counts, **measured},
        where=newer,
    ).returning(rollup.c.day)
    return connection.scalar(written) is not None


def _number(connection: Connection, identity: int, store_id: str) -> int | None:
    return connection.scalar(
        select(store.c.number).where(store.c.monitor_id == identity, store.c.store_id == store_id)
    )


def _first_seen(connection: Connection, identity: int, store_id: str, now: datetime) -> int:
    """The number of a store, which gets the next one when it is new."""
    number = _number(connection, identity, store_id)
    if number is not None:
        return number
    invalidation.lock_one(connection, identity)
    count = select(func.coalesce(func.max(store.c.number), 0) + 1)
    free = count.where(store.c.monitor_id == identity).scalar_subquery()
    connection.execute(
        session.insert(connection, store)
        .values(
            monitor_id=identity,
            number=free,
            store_id=store_id,
            first_seen_ms=instant.to_ms(now),
        )
        .on_conflict_do_nothing(index_elements=[store.c.monitor_id, store.c.store_id])
    )
    number = _number(connection, identity, store_id)
    assert number is not None  # noqa: S101 - it was there or has been inserted
    return number


def _last_sequence(connection: Connection, identity: int, number: int) -> int:
    last = select(func.coalesce(func.max(transition.c.sequence), 0)).where(
        transition.c.monitor_id == identity, transition.c.store_number == number
    )
    return connection.scalar(last) or 0


def _is_followed(connection: Connection, identity: int, number: int) -> bool:
    """Whether a store that was numbered later has claimed a transition."""
    later = select(transition.c.sequence).where(
        transition.c.monitor_id == identity, transition.c.store_number > number
    )
    return connection.scalar(later.limit(1)) is not None


def _latest(connection: Connection, identity: int, name: str) -> Transition | None:
    row = connection.execute(
        select(
            store.c.store_id,
            transition.c.sequence,
            transition.c.state,
            transition.c.since_ms,
            transition.c.reason,
        )
        .join_from(transition, store)
        .where(transition.c.monitor_id == identity)
        .order_by(transition.c.store_number.desc(), transition.c.sequence.desc())
        .limit(1)
    ).first()
    return None if row is None else _transition(name, row)


def _transition(name: str, row: Row[str, int, str, int, str]) -> Transition:
    store_id, sequence, state, since_ms, reason = row
    return Transition(
        name, store_id, sequence, HealthClaim(State(state), instant.from_ms(since_ms), reason)
    )


def _refuse_another(
    connection: Connection, identity: int, number: int, report: Transition, claimed: datetime
) -> None:
    """Raise `Conflict` unless the stored transition of this key says the same.

    Compared is what the checker wrote: the centre's own estimate of its clock error differs each
    time that an envelope is sent.
    """
    stored = connection.execute(
        select(transition.c.state, transition.c.reason, transition.c.claimed_ms).where(
            transition.c.monitor_id == identity,
            transition.c.store_number == number,
            transition.c.sequence == report.sequence,
        )
    ).one()
    said = (report.claim.state.value, report.claim.reason, instant.to_ms(claimed))
    if tuple(stored) != said:
        raise CentralConflict(
            f"another transition is known as {report.sequence} of this store of {report.monitor}"
        )
