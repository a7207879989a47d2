"""Register monitors, hide them, bring them back and, long after, purge them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, Select, delete, exists, func, select, update

from allswell.central import identifiers, invalidation, overlays, session
from allswell.central.errors import PurgeRefused
from allswell.central.schema import (
    announcement,
    announcement_component,
    archive_object,
    monitor,
    overlay,
    page,
    store,
)
from allswell.domain import instant
from allswell.domain.cover import Grace
from allswell.domain.instant import MILLISECOND
from allswell.domain.spec.monitor import Monitor
from allswell.domain.timeline import OverlayKind

HIDDEN_FOR = timedelta(days=90)
# Above both, a purge stops and asks: so much at once is rather a mistake.
MAX_PURGED_SHARE = 0.2
ALWAYS_PURGED = 10

_Statement = Select[int, str, str, str, str, int, int, int, bool]
_Row = Row[int, str, str, str, str, int, int, int, bool]

_has_store = exists().where(store.c.monitor_id == monitor.c.id)
_is_paused = exists().where(
    overlay.c.monitor_id == monitor.c.id,
    overlay.c.kind == OverlayKind.PAUSED.value,
    overlay.c.end_ms.is_(None),
)


@dataclass(frozen=True, slots=True)
class MonitorRow:
    """A monitor as the central database has it; its history begins at `born`.

    `has_reported` says whether a checker has ever said hello for it.
    """

    id: int
    public_id: str
    namespace: str
    name: str
    uid: str
    interval: timedelta
    cover: timedelta
    born: datetime
    has_reported: bool


def living(connection: Connection) -> tuple[MonitorRow, ...]:
    """Return all monitors whose manifest is there, by namespace and name."""
    statement = _select().where(monitor.c.hidden_ms.is_(None))
    ordered = statement.order_by(monitor.c.namespace, monitor.c.name)
    return tuple(_row(row) for row in connection.execute(ordered))


def register(
    connection: Connection, manifest: Monitor, namespace_uid: str, grace: Grace, now: datetime
) -> MonitorRow:
    """Register a manifest, and return its row: the living one, a hidden one, or a new one.

    1. If the living row is as the manifest says, that is all.
    2. Wait for whoever else registers, and hide a row of another namespace of this name.
    3. Continue the row whose history goes on, or insert a new one, and lock it.
    4. Open or close its pause.
    5. Write the columns, and raise the versions of the pages that show it.
    """
    unchanged = connection.execute(_unchanged(manifest, namespace_uid, grace)).first()
    if unchanged is not None:
        return _row(unchanged)
    session.acquire(connection, session.AdvisoryLock.REGISTERING)
    monitor_id = _continued(connection, manifest, namespace_uid, now)
    if monitor_id is None:
        monitor_id = _insert(connection, manifest, namespace_uid, grace, now)
    invalidation.lock_one(connection, monitor_id)
    if manifest.paused:
        overlays.pause(connection, monitor_id, now)
    else:
        overlays.resume(connection, monitor_id, now)
    row = _columns(manifest, grace) | {"hidden_ms": None, "updated_ms": instant.to_ms(now)}
    connection.execute(update(monitor).where(monitor.c.id == monitor_id).values(row))
    invalidation.pages_showing(connection, [monitor_id], now)
    return _row(connection.execute(_select().where(monitor.c.id == monitor_id)).one())


def hide(connection: Connection, monitors: Sequence[int], now: datetime) -> None:
    """Take monitors off every page; they count as paused until they are registered again."""
    locked = invalidation.lock(connection, monitors)
    hidden = connection.scalars(
        update(monitor)
        .where(monitor.c.id.in_(locked), monitor.c.hidden_ms.is_(None))
        .values(hidden_ms=instant.to_ms(now), updated_ms=instant.to_ms(now))
        .returning(monitor.c.id)
    ).all()
    for monitor_id in sorted(hidden):
        overlays.pause(connection, monitor_id, now)
    invalidation.pages_showing(connection, hidden, now)


def purge(connection: Connection, now: datetime, *, confirmed: bool) -> int:
    """Delete what has been hidden for 90 days, with its history; return how many.

    Counted are monitors and pages. Raises `PurgeRefused` when that is more than a fifth of all,
    unless `confirmed`.
    """
    before_ms = instant.to_ms(now - HIDDEN_FOR)
    due = total = 0
    for table in (page, monitor):
        total += connection.scalar(select(func.count()).select_from(table)) or 0
        old = select(func.count()).where(table.c.hidden_ms < before_ms)
        due += connection.scalar(old) or 0
    if due > max(ALWAYS_PURGED, total * MAX_PURGED_SHARE) and not confirmed:
        raise PurgeRefused(f"{due} of {total} monitors and pages would be deleted for good")
    _note_deletion(connection, before_ms)
    for table in (page, monitor, announcement):
        connection.execute(delete(table).where(table.c.hidden_ms < before_ms))
    _purge_orphans(connection)
    return due


def _note_deletion(connection: Connection, before_ms: int) -> None:
    """Note in the archive's entries, which outlive their monitor, when it was deleted."""
    deleted = select(monitor.c.hidden_ms).where(monitor.c.id == archive_object.c.monitor_id)
    due = select(monitor.c.id).where(monitor.c.hidden_ms < before_ms)
    connection.execute(
        update(archive_object)
        .where(archive_object.c.monitor_id.in_(due))
        .values(deleted_ms=deleted.scalar_subquery())
    )


def _purge_orphans(connection: Connection) -> None:
    """Delete announcements whose monitors are all purged: nothing can show them."""
    has_component = exists().where(announcement_component.c.announcement_id == announcement.c.id)
    orphans = announcement.c.everywhere.is_(False) & ~has_component
    connection.execute(delete(announcement).where(orphans))


def _select() -> _Statement:
    return select(
        monitor.c.id,
        monitor.c.public_id,
        monitor.c.namespace,
        monitor.c.name,
        monitor.c.uid,
        monitor.c.interval_ms,
        monitor.c.cover_ms,
        monitor.c.created_ms,
        _has_store.label("has_reported"),
    )


def _row(row: _Row) -> MonitorRow:
    return MonitorRow(
        id=row.id,
        public_id=row.public_id,
        namespace=row.namespace,
        name=row.name,
        uid=row.uid,
        interval=row.interval_ms * MILLISECOND,
        cover=row.cover_ms * MILLISECOND,
        born=instant.from_ms(row.created_ms),
        has_reported=bool(row.has_reported),
    )


def _columns(manifest: Monitor, grace: Grace) -> dict[str, object]:
    return {
        "uid": manifest.meta.uid,
        "interval_ms": manifest.interval // MILLISECOND,
        "cover_ms": grace.cover(manifest.interval) // MILLISECOND,
    }


def _unchanged(manifest: Monitor, namespace_uid: str, grace: Grace) -> _Statement:
    """Select the living row if nothing of it is to be changed."""
    return (
        _select()
        .where(
            monitor.c.namespace == manifest.meta.namespace,
            monitor.c.name == manifest.meta.name,
            monitor.c.namespace_uid == namespace_uid,
            monitor.c.hidden_ms.is_(None),
            *(monitor.c[name] == value for name, value in _columns(manifest, grace).items()),
        )
        .where(_is_paused if manifest.paused else ~_is_paused)
    )


def _continued(
    connection: Connection, manifest: Monitor, namespace_uid: str, now: datetime
) -> int | None:
    """Return the row whose history goes on, and hide a living one of another namespace."""
    meta = manifest.meta
    of_name = (monitor.c.namespace == meta.namespace) & (monitor.c.name == meta.name)
    foreign = select(monitor.c.id).where(
        of_name, monitor.c.namespace_uid != namespace_uid, monitor.c.hidden_ms.is_(None)
    )
    hide(connection, tuple(connection.scalars(foreign)), now)
    return connection.scalar(
        select(monitor.c.id)
        .where(of_name, monitor.c.namespace_uid == namespace_uid)
        .order_by(monitor.c.hidden_ms.is_not(None), monitor.c.hidden_ms.desc())
        .limit(1)
    )


def _insert(
    connection: Connection, manifest: Monitor, namespace_uid: str, grace: Grace, now: datetime
) -> int:
    statement = session.insert(connection, monitor).values(
        public_id=identifiers.public_id(),
        namespace=manifest.meta.namespace,
        namespace_uid=namespace_uid,
        name=manifest.meta.name,
        created_ms=instant.to_ms(now),
        updated_ms=instant.to_ms(now),
        filled_until=instant.day_of(now),
        **_columns(manifest, grace),
    )
    monitor_id: int = connection.execute(statement.returning(monitor.c.id)).scalar_one()
    return monitor_id
