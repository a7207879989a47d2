"""The second ledger: the centre's notes: unseen, paused, and windows of maintenance."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from allswell.central import claims_and_overlays, invalidation, session
from allswell.central.schema import monitor, overlay
from allswell.domain import instant, maintenance, watch
from allswell.domain.cover import Observation
from allswell.domain.timeline import Overlay, OverlayKind

Interval = tuple[int, int | None]


def open_unseen(connection: Connection, starts: Mapping[int, datetime], now: datetime) -> None:
    """Note that nobody looks at these monitors, each from its moment on; never from the future."""
    changed = []
    for identity in invalidation.lock(connection, list(starts)):
        start = min(starts[identity], now)
        if _open(connection, identity, OverlayKind.UNSEEN, start):
            invalidation.days(connection, [identity], start)
            changed.append(identity)
    invalidation.pages(connection, changed, now)


def pause(connection: Connection, identity: int, now: datetime) -> bool:
    """Open a pause; False when there is one. The caller has locked the monitor."""
    opened = _open(connection, identity, OverlayKind.PAUSED, now)
    if opened:
        invalidation.days(connection, [identity], now)
    return opened


def resume(connection: Connection, identity: int, now: datetime) -> bool:
    """Close the open pause; False when there is none. The caller has locked the monitor."""
    now_ms = instant.to_ms(now)
    is_open = _is_open(identity, OverlayKind.PAUSED)
    empty = delete(overlay).where(is_open, overlay.c.start_ms >= now_ms)
    ended = update(overlay).where(is_open).values(end_ms=now_ms).returning(overlay.c.start_ms)
    if connection.execute(empty).rowcount:
        return True
    start_ms = connection.scalar(ended)
    if start_ms is None:
        return False
    invalidation.days(connection, [identity], now)
    return True


def correct_unseen(
    connection: Connection,
    identity: int,
    seen: Observation,
    observed_through: datetime,
    *,
    first: bool,
    now: datetime,
) -> bool:
    """Store what `watch.corrected` makes of the monitor's `unseen`; False when it is the same."""
    invalidation.lock_one(connection, identity)
    before = _unseen(connection, identity)
    kept = watch.correct(before, seen, observed_through, first=first)
    was, shall = _intervals(before), _intervals(kept)
    gone, new = was - shall, shall - was
    if not gone and not new:
        return False
    for interval in gone:
        connection.execute(delete(overlay).where(_is(identity, OverlayKind.UNSEEN, interval)))
    _insert(connection, identity, OverlayKind.UNSEEN, new)
    _touch(connection, identity, gone | new)
    invalidation.pages(connection, [identity], now)
    return True


def maintain(
    connection: Connection, identity: int, windows: Iterable[tuple[datetime, datetime]]
) -> None:
    """Lay these windows of maintenance over a monitor, and no others. The caller has locked it."""
    chosen = select(monitor.c.id).where(monitor.c.id == identity)
    kept = claims_and_overlays.overlays(connection, chosen, kind=OverlayKind.MAINTENANCE).get(
        identity, ()
    )
    joined = (Overlay(OverlayKind.MAINTENANCE, *window) for window in maintenance.join(windows))
    was, shall = _intervals(kept), _intervals(joined)
    for interval in was - shall:
        connection.execute(delete(overlay).where(_is(identity, OverlayKind.MAINTENANCE, interval)))
    _insert(connection, identity, OverlayKind.MAINTENANCE, shall - was)
    _touch(connection, identity, was ^ shall)


def of(connection: Connection, identity: int) -> tuple[Overlay, ...]:
    """Every overlay of a monitor, oldest first."""
    chosen = select(monitor.c.id).where(monitor.c.id == identity)
    return claims_and_overlays.overlays(connection, chosen).get(identity, ())


def unseen(connection: Connection, monitors: Sequence[int]) -> Mapping[int, tuple[Overlay, ...]]:
    """Every `unseen` of these monitors, oldest first; those without any are left out."""
    found: dict[int, tuple[Overlay, ...]] = {}
    for piece in session.chunks(monitors):
        chosen = select(monitor.c.id).where(monitor.c.id.in_(piece))
        found |= claims_and_overlays.overlays(connection, chosen, kind=OverlayKind.UNSEEN)
    return found


def _unseen(connection: Connection, identity: int) -> tuple[Overlay, ...]:
    return unseen(connection, [identity]).get(identity, ())


def _is_open(identity: int, kind: OverlayKind) -> ColumnElement[bool]:
    return and_(
        overlay.c.monitor_id == identity,
        overlay.c.kind == kind.value,
        overlay.c.end_ms.is_(None),
    )


def _touch(connection: Connection, identity: int, intervals: Iterable[Interval]) -> None:
    """The days that any of these intervals reaches are to be done again."""
    for start_ms, end_ms in intervals:
        end = None if end_ms is None else instant.from_ms(end_ms)
        invalidation.days(connection, [identity], instant.from_ms(start_ms), end)


def _is(identity: int, kind: OverlayKind, interval: Interval) -> ColumnElement[bool]:
    return and_(
        overlay.c.monitor_id == identity,
        overlay.c.kind == kind.value,
        overlay.c.start_ms == interval[0],
        overlay.c.end_ms.is_not_distinct_from(interval[1]),
    )


def _open(connection: Connection, identity: int, kind: OverlayKind, start: datetime) -> bool:
    """Insert an open interval unless there is one of the kind."""
    statement = (
        session.insert(connection, overlay)
        .values(monitor_id=identity, kind=kind.value, start_ms=instant.to_ms(start))
        .on_conflict_do_nothing()
        .returning(overlay.c.id)
    )
    return connection.scalar(statement) is not None


def _insert(
    connection: Connection, identity: int, kind: OverlayKind, intervals: Iterable[Interval]
) -> None:
    rows = [
        {"monitor_id": identity, "kind": kind.value, "start_ms": start, "end_ms": end}
        for start, end in sorted(intervals, key=lambda interval: interval[0])
    ]
    if rows:
        connection.execute(session.insert(connection, overlay).on_conflict_do_nothing(), rows)


def _intervals(entries: Iterable[Overlay]) -> set[Interval]:
    """As they are stored: whole milliseconds, none empty."""
    found = set()
    for entry in entries:
        start_ms = instant.to_ms(entry.start)
        end_ms = None if entry.end is None else instant.to_ms(entry.end)
        if end_ms is None or start_ms < end_ms:
            found.add((start_ms, end_ms))
    return found
