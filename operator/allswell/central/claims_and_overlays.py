"""Read both ledgers of many monitors for `domain.timeline`; pages and roll-ups read them here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, or_, select, tuple_

from allswell.central.schema import monitor, overlay, transition
from allswell.domain import instant
from allswell.domain.health import HealthClaim
from allswell.domain.state import State
from allswell.domain.timeline import Overlay, OverlayKind

MonitorIds = Select[int]


@dataclass(frozen=True, slots=True)
class ReceivedClaim:
    """A claim, and when the collector received it."""

    claim: HealthClaim
    received_at: datetime


def claims(
    connection: Connection, monitors: MonitorIds, start: datetime
) -> Mapping[int, tuple[HealthClaim, ...]]:
    """Return the claims of these monitors in order, enough to know every state from `start`."""
    received = received_claims(connection, monitors, start)
    return {monitor_id: tuple(r.claim for r in claims) for monitor_id, claims in received.items()}


def received_claims(
    connection: Connection, monitors: MonitorIds, start: datetime
) -> Mapping[int, tuple[ReceivedClaim, ...]]:
    """Return the claims of these monitors in order, with when they were received.

    These are the claims dated after `start` and the one that holds there: the last in order of
    those not dated after it, since it replaces whatever it overtakes.
    """
    start_ms = instant.to_ms(start)
    earlier = transition.alias()
    holds = (
        select(earlier.c.store_number, earlier.c.sequence)
        .where(earlier.c.monitor_id == monitor.c.id, earlier.c.since_ms <= start_ms)
        .order_by(earlier.c.store_number.desc(), earlier.c.sequence.desc())
        .limit(1)
        .correlate(monitor)
        .scalar_subquery()
    )
    statement = (
        select(
            transition.c.monitor_id,
            transition.c.state,
            transition.c.since_ms,
            transition.c.reason,
            transition.c.received_ms,
        )
        .join(monitor, monitor.c.id == transition.c.monitor_id)
        .where(
            monitor.c.id.in_(monitors),
            or_(
                transition.c.since_ms > start_ms,
                tuple_(transition.c.store_number, transition.c.sequence) == holds,
            ),
        )
        .order_by(transition.c.monitor_id, transition.c.store_number, transition.c.sequence)
    )
    received: dict[int, list[ReceivedClaim]] = {}
    for monitor_id, state, since_ms, reason, received_ms in connection.execute(statement).all():
        claim = HealthClaim(State(state), instant.from_ms(since_ms), reason)
        entry = ReceivedClaim(claim, instant.from_ms(received_ms))
        received.setdefault(monitor_id, []).append(entry)
    return {monitor_id: tuple(entries) for monitor_id, entries in received.items()}


def overlays(
    connection: Connection,
    monitors: MonitorIds,
    start: datetime | None = None,
    kind: OverlayKind | None = None,
) -> Mapping[int, tuple[Overlay, ...]]:
    """Return the overlays of these monitors that reach beyond `start`, oldest first."""
    conditions: list[ColumnElement[bool]] = [overlay.c.monitor_id.in_(monitors)]
    if start is not None:
        is_open = overlay.c.end_ms.is_(None)
        conditions.append(or_(is_open, overlay.c.end_ms > instant.to_ms(start)))
    if kind is not None:
        conditions.append(overlay.c.kind == kind.value)
    statement = (
        select(overlay.c.monitor_id, overlay.c.kind, overlay.c.start_ms, overlay.c.end_ms)
        .where(and_(*conditions))
        .order_by(overlay.c.monitor_id, overlay.c.start_ms, overlay.c.id)
    )
    by_monitor: dict[int, list[Overlay]] = {}
    for row in connection.execute(statement):
        by_monitor.setdefault(row.monitor_id, []).append(_overlay(row))
    return {monitor_id: tuple(entries) for monitor_id, entries in by_monitor.items()}


def _overlay(row: Row[int, str, int, int | None]) -> Overlay:
    _, kind, start_ms, end_ms = row
    end = None if end_ms is None else instant.from_ms(end_ms)
    return Overlay(OverlayKind(kind), instant.from_ms(start_ms), end)
