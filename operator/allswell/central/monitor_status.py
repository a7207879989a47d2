"""What the central database says of monitors, for their status: read, never written, here.

The figures are as of the last transition or roll-up, so that a status that is read twice, by two
operators or after a restart, is the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, select

from allswell.central import claims_and_overlays, session
from allswell.central.schema import monitor, rollup
from allswell.domain import instant, timeline, uptime
from allswell.domain.health import HealthClaim
from allswell.domain.state import State
from allswell.domain.timeline import NO_DATA, Overlay, OverlayKind

WINDOW = timedelta(days=30)
Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class MonitorStatus:
    """A monitor's state now, and its figures. `latency` is the average of the last day, in µs.

    `seen` is None before the first evidence, else whether results come in.
    """

    state: State = State.UNKNOWN
    since: datetime | None = None
    reason: str = NO_DATA
    seen: bool | None = None
    uptime: str | None = None
    latency_us: int | None = None


@dataclass(frozen=True, slots=True)
class LastRollUp:
    """The last day that a checker has reported."""

    end: datetime
    latency_us: int | None


def of(
    claims: Sequence[HealthClaim],
    overlays: Sequence[Overlay],
    rolled: LastRollUp | None,
    now: datetime,
) -> MonitorStatus:
    """The standing that follows from the two ledgers and the last roll-up."""
    folded = timeline.fold(claims)
    start = now - WINDOW
    last = timeline.segments(folded, overlays, start, now)[-1]
    held = folded[-1] if folded else None
    same = held is not None and (last.state, last.reason) == (held.state, held.reason)
    since = held.since if held and same and last.start == start else last.start
    is_open = any(o.kind is OverlayKind.UNSEEN and o.end is None for o in overlays)
    return MonitorStatus(
        state=last.state,
        since=None if last.start == start and not same else since,
        reason=last.reason,
        seen=None if held is None and not is_open else not is_open,
        uptime=_uptime(folded, overlays, rolled, now),
        latency_us=rolled.latency_us if rolled else None,
    )


def _uptime(
    claims: Sequence[HealthClaim],
    overlays: Sequence[Overlay],
    rolled: LastRollUp | None,
    now: datetime,
) -> str | None:
    moments = [claim.since for claim in claims[-1:]] + ([rolled.end] if rolled else [])
    if not moments:
        return None
    end = min(max(moments), now)
    start = end - WINDOW
    return uptime.measure(timeline.segments(claims, overlays, start, end), start, end).percent()


def read(
    engine: Engine, now: datetime, *, name: Name | None = None, only: int | None = None
) -> Mapping[Name, MonitorStatus]:
    """The standing of every living monitor, or of one by its name or its id.

    Raises what the central database raises.
    """
    chosen = select(monitor.c.id).where(monitor.c.hidden_ms.is_(None))
    if name is not None:
        chosen = chosen.where(monitor.c.namespace == name[0], monitor.c.name == name[1])
    if only is not None:
        chosen = chosen.where(monitor.c.id == only)
    start = now - 2 * WINDOW
    with session.reading(engine) as connection:
        named = select(monitor.c.id, monitor.c.namespace, monitor.c.name)
        rows = connection.execute(named.where(monitor.c.id.in_(chosen))).all()
        claims = claims_and_overlays.claims(connection, chosen, start)
        overlays = claims_and_overlays.overlays(connection, chosen, start)
        rolled = _rolled(connection, [row.id for row in rows], start)
    return {
        (row.namespace, row.name): of(
            claims.get(row.id, ()), overlays.get(row.id, ()), rolled.get(row.id), now
        )
        for row in rows
    }


def _rolled(
    connection: Connection, monitors: Sequence[int], start: datetime
) -> Mapping[int, LastRollUp]:
    found: dict[int, LastRollUp] = {}
    for piece in session.chunks(monitors):
        reported = (
            select(rollup.c.monitor_id, rollup.c.day, rollup.c.average_us)
            .where(rollup.c.monitor_id.in_(piece), rollup.c.revision > 0)
            .where(rollup.c.day >= instant.day_of(start))
            .order_by(rollup.c.day)
        )
        for identity, day, average_us in connection.execute(reported):
            found[identity] = LastRollUp(instant.day_start(day + timedelta(days=1)), average_us)
    return found
