"""Both ledgers of many monitors, read for `domain.timeline`. Page and roll-up read them here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, or_, select, tuple_

from allswell.central.schema import monitor, overlay, transition
from allswell.domain import instant
from allswell.domain.health import HealthClaim
from allswell.domain.state import State
from allswell.domain.timeline import Overlay, OverlayKind

Chosen = Select[int]


@dataclass(frozen=True, slots=True)
class ReceivedClaim:
    """A claim, and when the centre took it in."""

    claim: HealthClaim
    received: datetime


def claims(
    connection: Connection, monitors: Chosen, start: datetime
) -> Mapping[int, tuple[HealthClaim, ...]]:
    """The claims of the chosen monitors in their order, enough to know every state from `start`."""
    found = heard(connection, monitors, start)
    return {number: tuple(it.claim for it in entries) for number, entries in found.items()}


def heard(
    connection: Connection, monitors: Chosen, start: datetime
) -> Mapping[int, tuple[ReceivedClaim, ...]]:
    """The claims of the chosen monitors in their order, with when they were taken in.

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
    found: dict[int, list[ReceivedClaim]] = {}
    for identity, state, since_ms, reason, received_ms in connection.execute(statement).all():
        claim = HealthClaim(State(state), instant.from_ms(since_ms), reason)
        found.setdefault(identity, []).append(ReceivedClaim(claim, instant.from_ms(received_ms)))
    return {identity: tuple(entries) for identity, entries in found.items()}


def overlays(
    connection: Connection,
    monitors: Chosen,
    start: datetime | None = None,
    kind: OverlayKind | None = None,
) -> Mapping[int, tuple[Overlay, ...]]:
    """The overlays of the chosen monitors that reach beyond `start`, oldest first."""
    wanted: list[ColumnElement[bool]] = [overlay.c.monitor_id.in_(monitors)]
    if start is not None:
        is_open = overlay.c.end_ms.is_(None)
        wanted.append(or_(is_open, overlay.c.end_ms > instant.to_ms(start)))
    if kind is not None:
        wanted.append(overlay.c.kind == kind.value)
    statement = (
        select(overlay.c.monitor_id, overlay.c.kind, overlay.c.start_ms, overlay.c.end_ms)
        .where(and_(*wanted))
        .order_by(overlay.c.monitor_id, overlay.c.start_ms, overlay.c.id)
    )
    found: dict[int, list[Overlay]] = {}
    for row in connection.execute(statement):
        found.setdefault(row.monitor_id, []).append(_overlay(row))
    return {identity: tuple(entries) for identity, entries in found.items()}


def _overlay(row: Row[int, str, int, int | None]) -> Overlay:
    _, kind, start_ms, end_ms = row
    end = None if end_ms is None else instant.from_ms(end_ms)
    return Overlay(OverlayKind(kind), instant.from_ms(start_ms), end)
