"""Write the second ledger, the collector's own: unseen, paused, and windows of maintenance."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from allswell.central import claims_and_overlays, invalidation, session
from allswell.central.schema import monitor, overlay
from allswell.domain import instant, maintenance, silence
from allswell.domain.cover import Observation
from allswell.domain.timeline import Overlay, OverlayKind

Interval = tuple[int, int | None]


def open_unseen(connection: Connection, starts: Mapping[int, datetime], now: datetime) -> None:
    """Open an `unseen` for each of these monitors from its time on; never from the future."""
    opened = []
    for monitor_id in invalidation.lock(connection, list(starts)):
        start = min(starts[monitor_id], now)
        if _open(connection, monitor_id, OverlayKind.UNSEEN, start):
            invalidation.days(connection, [monitor_id], start)
            opened.append(monitor_id)
    invalidation.pages_showing(connection, opened, now)


def pause(connection: Connection, monitor_id: int, now: datetime) -> bool:
    """Open a pause; False when there is one. The caller has locked the monitor."""
    is_new = _open(connection, monitor_id, OverlayKind.PAUSED, now)
    if is_new:
        invalidation.days(connection, [monitor_id], now)
    return is_new


def resume(connection: Connection, monitor_id: int, now: datetime) -> bool:
    """Close the open pause; False when there is none. The caller has locked the monitor."""
    now_ms = instant.to_ms(now)
    is_open = _is_open(monitor_id, OverlayKind.PAUSED)
    empty = delete(overlay).where(is_open, overlay.c.start_ms >= now_ms)
    ended = update(overlay).where(is_open).values(end_ms=now_ms).returning(overlay.c.start_ms)
    if connection.execute(empty).rowcount:
        return True
    start_ms = connection.scalar(ended)
    if start_ms is None:
        return False
    invalidation.days(connection, [monitor_id], now)
    return True


def correct_unseen(
    connection: Connection,
    monitor_id: int,
    seen: Observation,
    observed_through: datetime,
    *,
    first: bool,
    now: datetime,
) -> bool:
    """Store what `watch.correct` makes of a monitor's `unseen`; False when it is the same.

    1. Lock the monitor, and read its `unseen` again: another writer may have changed it.
    2. Delete the intervals that are not there any more, and insert the new ones.
    3. Mark the days of both as stale, and raise the versions of the pages that show the monitor.
    """
    invalidation.lock_one(connection, monitor_id)
    before = _unseen(connection, monitor_id)
    after = silence.correct(before, seen, observed_through, first=first)
    stored, desired = _intervals(before), _intervals(after)
    gone, new = stored - desired, desired - stored
    if not gone and not new:
        return False
    for interval in gone:
        connection.execute(delete(overlay).where(_is(monitor_id, OverlayKind.UNSEEN, interval)))
    _insert(connection, monitor_id, OverlayKind.UNSEEN, new)
    _mark_days(connection, monitor_id, gone | new)
    invalidation.pages_showing(connection, [monitor_id], now)
    return True


def set_maintenance(
    connection: Connection, monitor_id: int, windows: Iterable[tuple[datetime, datetime]]
) -> None:
    """Set exactly these windows of maintenance for a monitor. The caller has locked it."""
    ids = select(monitor.c.id).where(monitor.c.id == monitor_id)
    before = claims_and_overlays.overlays(connection, ids, kind=OverlayKind.MAINTENANCE)
    joined = (Overlay(OverlayKind.MAINTENANCE, *window) for window in maintenance.join(windows))
    stored, desired = _intervals(before.get(monitor_id, ())), _intervals(joined)
    for interval in stored - desired:
        connection.execute(
            delete(overlay).where(_is(monitor_id, OverlayKind.MAINTENANCE, interval))
        )
    _insert(connection, monitor_id, OverlayKind.MAINTENANCE, desired - stored)
    _mark_days(connection, monitor_id, stored ^ desired)


def unseen(connection: Connection, monitors: Sequence[int]) -> Mapping[int, tuple[Overlay, ...]]:
    """Return every `unseen` of these monitors, oldest first; those without any are left out."""
    by_monitor: dict[int, tuple[Overlay, ...]] = {}
    for chunk in session.chunks(monitors):
        ids = select(monitor.c.id).where(monitor.c.id.in_(chunk))
        by_monitor |= claims_and_overlays.overlays(connection, ids, kind=OverlayKind.UNSEEN)
    return by_monitor


def _unseen(connection: Connection, monitor_id: int) -> tuple[Overlay, ...]:
    return unseen(connection, [monitor_id]).get(monitor_id, ())


def _is_open(monitor_id: int, kind: OverlayKind) -> ColumnElement[bool]:
    return and_(
        overlay.c.monitor_id == monitor_id,
        overlay.c.kind == kind.value,
        overlay.c.end_ms.is_(None),
    )


def _mark_days(connection: Connection, monitor_id: int, intervals: Iterable[Interval]) -> None:
    """Mark the days that any of these intervals reaches as stale."""
    for start_ms, end_ms in intervals:
        end = None if end_ms is None else instant.from_ms(end_ms)
        invalidation.days(connection, [monitor_id], instant.from_ms(start_ms), end)


def _is(monitor_id: int, kind: OverlayKind, interval: Interval) -> ColumnElement[bool]:
    return and_(
        overlay.c.monitor_id == monitor_id,
        overlay.c.kind == kind.value,
        overlay.c.start_ms == interval[0],
        overlay.c.end_ms.is_not_distinct_from(interval[1]),
    )


def _open(connection: Connection, monitor_id: int, kind: OverlayKind, start: datetime) -> bool:
    """Insert an open interval unless there is one of the kind."""
    statement = (
        session.insert(connection, overlay)
        .values(monitor_id=monitor_id, kind=kind.value, start_ms=instant.to_ms(start))
        .on_conflict_do_nothing()
        .returning(overlay.c.id)
    )
    return connection.scalar(statement) is not None


def _insert(
    connection: Connection, monitor_id: int, kind: OverlayKind, intervals: Iterable[Interval]
) -> None:
    rows = [
        {"monitor_id": monitor_id, "kind": kind.value, "start_ms": start, "end_ms": end}
        for start, end in sorted(intervals, key=lambda interval: interval[0])
    ]
    if rows:
        connection.execute(session.insert(connection, overlay).on_conflict_do_nothing(), rows)


def _intervals(entries: Iterable[Overlay]) -> set[Interval]:
    """Return overlays as they are stored: whole milliseconds, none empty."""
    intervals = set()
    for entry in entries:
        start_ms = instant.to_ms(entry.start)
        end_ms = None if entry.end is None else instant.to_ms(entry.end)
        if end_ms is None or start_ms < end_ms:
            intervals.add((start_ms, end_ms))
    return intervals
