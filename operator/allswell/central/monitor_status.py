"""Derive the status of monitors from what the central database has of them.

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
# A namespace, and a name in it.
Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class MonitorStatus:
    """A monitor's state now, and its figures. `latency_us` is the average of the last day.

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
    """The last day that a checker has reported: its end, and its average latency."""

    end: datetime
    latency_us: int | None


def derive(
    claims: Sequence[HealthClaim],
    overlays: Sequence[Overlay],
    last_rollup: LastRollUp | None,
    now: datetime,
) -> MonitorStatus:
    """Derive a monitor's status from its two ledgers and its last roll-up.

    1. The state is that of the last segment of the last 30 days.
    2. Where that segment fills all of them, the last claim says since when it holds.
    3. Whether results come in is what an open `unseen` denies.
    4. The uptime ends with the last claim or roll-up, so that it is the same until the next.
    """
    folded = timeline.fold(claims)
    start = now - WINDOW
    segment = timeline.segments(folded, overlays, start, now)[-1]
    claim = folded[-1] if folded else None
    is_claimed = claim is not None and (segment.state, segment.reason) == (
        claim.state,
        claim.reason,
    )
    fills_window = segment.start == start
    since = claim.since if claim and is_claimed and fills_window else segment.start
    is_open = any(o.kind is OverlayKind.UNSEEN and o.end is None for o in overlays)
    return MonitorStatus(
        state=segment.state,
        since=None if fills_window and not is_claimed else since,
        reason=segment.reason,
        seen=None if claim is None and not is_open else not is_open,
        uptime=_uptime(folded, overlays, last_rollup, now),
        latency_us=last_rollup.latency_us if last_rollup else None,
    )


def _uptime(
    claims: Sequence[HealthClaim],
    overlays: Sequence[Overlay],
    last_rollup: LastRollUp | None,
    now: datetime,
) -> str | None:
    facts_at = [claim.since for claim in claims[-1:]]
    facts_at += [last_rollup.end] if last_rollup else []
    if not facts_at:
        return None
    end = min(max(facts_at), now)
    start = end - WINDOW
    return uptime.measure(timeline.segments(claims, overlays, start, end), start, end).percent()


def read(
    engine: Engine, now: datetime, *, name: Name | None = None, monitor_id: int | None = None
) -> Mapping[Name, MonitorStatus]:
    """Return the status of every living monitor, or of one by its name or its id.

    Raises `CentralError`.
    """
    ids = select(monitor.c.id).where(monitor.c.hidden_ms.is_(None))
    if name is not None:
        ids = ids.where(monitor.c.namespace == name[0], monitor.c.name == name[1])
    if monitor_id is not None:
        ids = ids.where(monitor.c.id == monitor_id)
    start = now - 2 * WINDOW
    with session.reading(engine) as connection:
        names = select(monitor.c.id, monitor.c.namespace, monitor.c.name)
        rows = connection.execute(names.where(monitor.c.id.in_(ids))).all()
        claims = claims_and_overlays.claims(connection, ids, start)
        overlays = claims_and_overlays.overlays(connection, ids, start)
        last_rollups = _last_rollups(connection, [row.id for row in rows], start)
    return {
        (row.namespace, row.name): derive(
            claims.get(row.id, ()), overlays.get(row.id, ()), last_rollups.get(row.id), now
        )
        for row in rows
    }


def _last_rollups(
    connection: Connection, monitors: Sequence[int], start: datetime
) -> Mapping[int, LastRollUp]:
    last: dict[int, LastRollUp] = {}
    for chunk in session.chunks(monitors):
        reported = (
            select(rollup.c.monitor_id, rollup.c.day, rollup.c.average_us)
            .where(rollup.c.monitor_id.in_(chunk), rollup.c.revision > 0)
            .where(rollup.c.day >= instant.day_of(start))
            .order_by(rollup.c.day)
        )
        for number, day, average_us in connection.execute(reported):
            last[number] = LastRollUp(instant.day_start(day + timedelta(days=1)), average_us)
    return last
