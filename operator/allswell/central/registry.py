"""Which monitors there are: registering, hiding, un-hiding and, long after, forgetting them."""

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

KEPT_HIDDEN = timedelta(days=90)
# Above both, a purge stops and asks: so much at once is rather a mistake.
MOST_PURGED_SHARE = 0.2
MOST_PURGED_ANYWAY = 10

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
    """A monitor as the centre knows it; `born` is where its history begins.

    `spoken` says whether a checker has ever said hello for it.
    """

    id: int
    public_id: str
    namespace: str
    name: str
    uid: str
    interval: timedelta
    cover: timedelta
    born: datetime
    spoken: bool


def living(connection: Connection) -> tuple[MonitorRow, ...]:
    """All monitors whose manifest is there, by namespace and name."""
    statement = _select().where(monitor.c.hidden_ms.is_(None))
    ordered = statement.order_by(monitor.c.namespace, monitor.c.name)
    return tuple(_row(row) for row in connection.execute(ordered))


def register(
    connection: Connection, wanted: Monitor, namespace_uid: str, grace: Grace, now: datetime
) -> MonitorRow:
    """The row of a manifest: the one that is there, one that is hidden, or a new one."""
    as_it_is = connection.execute(_as_wanted(wanted, namespace_uid, grace)).first()
    if as_it_is is not None:
        return _row(as_it_is)
    session.take(connection, session.AdvisoryLock.REGISTERING)
    identity = _continued(connection, wanted, namespace_uid, now)
    if identity is None:
        identity = _new(connection, wanted, namespace_uid, grace, now)
    invalidation.lock_one(connection, identity)
    if wanted.paused:
        overlays.pause(connection, identity, now)
    else:
        overlays.resume(connection, identity, now)
    row = _columns(wanted, grace) | {"hidden_ms": None, "updated_ms": instant.to_ms(now)}
    connection.execute(update(monitor).where(monitor.c.id == identity).values(row))
    invalidation.pages(connection, [identity], now)
    return _row(connection.execute(_select().where(monitor.c.id == identity)).one())


def hide(connection: Connection, monitors: Sequence[int], now: datetime) -> None:
    """Take monitors off every page; until they are back they count as paused."""
    locked = invalidation.lock(connection, monitors)
    hidden = connection.scalars(
        update(monitor)
        .where(monitor.c.id.in_(locked), monitor.c.hidden_ms.is_(None))
        .values(hidden_ms=instant.to_ms(now), updated_ms=instant.to_ms(now))
        .returning(monitor.c.id)
    ).all()
    for identity in sorted(hidden):
        overlays.pause(connection, identity, now)
    invalidation.pages(connection, hidden, now)


def purge(connection: Connection, now: datetime, *, confirmed: bool) -> int:
    """Delete what has been hidden for 90 days, with its history; how many monitors and pages.

    Raises `PurgeRefused` when that is more than a fifth of all, unless `confirmed`.
    """
    before_ms = instant.to_ms(now - KEPT_HIDDEN)
    due = every = 0
    for table in (page, monitor):
        every += connection.scalar(select(func.count()).select_from(table)) or 0
        old = select(func.count()).where(table.c.hidden_ms < before_ms)
        due += connection.scalar(old) or 0
    if due > max(MOST_PURGED_ANYWAY, every * MOST_PURGED_SHARE) and not confirmed:
        raise PurgeRefused(f"{due} of {every} monitors and pages would be deleted for good")
    _note_deletion(connection, before_ms)
    for table in (page, monitor, announcement):
        connection.execute(delete(table).where(table.c.hidden_ms < before_ms))
    _purge_orphans(connection)
    return due


def _note_deletion(connection: Connection, before_ms: int) -> None:
    """The archive's entries outlive their monitor, and must say by themselves when it went."""
    deleted = select(monitor.c.hidden_ms).where(monitor.c.id == archive_object.c.monitor_id)
    due = select(monitor.c.id).where(monitor.c.hidden_ms < before_ms)
    connection.execute(
        update(archive_object)
        .where(archive_object.c.monitor_id.in_(due))
        .values(deleted_ms=deleted.scalar_subquery())
    )


def _purge_orphans(connection: Connection) -> None:
    """What was said of monitors that are all forgotten can be shown nowhere."""
    concerns = exists().where(announcement_component.c.announcement_id == announcement.c.id)
    orphans = announcement.c.everywhere.is_(False) & ~concerns
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
        _has_store.label("spoken"),
    )


def _row(row: _Row) -> MonitorRow:
    identity, public_id, namespace, name, uid, interval_ms, cover_ms, created_ms, spoken = row
    return MonitorRow(
        id=identity,
        public_id=public_id,
        namespace=namespace,
        name=name,
        uid=uid,
        interval=interval_ms * MILLISECOND,
        cover=cover_ms * MILLISECOND,
        born=instant.from_ms(created_ms),
        spoken=bool(spoken),
    )


def _columns(wanted: Monitor, grace: Grace) -> dict[str, object]:
    return {
        "uid": wanted.meta.uid,
        "interval_ms": wanted.interval // MILLISECOND,
        "cover_ms": grace.cover(wanted.interval) // MILLISECOND,
    }


def _as_wanted(wanted: Monitor, namespace_uid: str, grace: Grace) -> _Statement:
    """The living row if nothing of it is to be changed."""
    return (
        _select()
        .where(
            monitor.c.namespace == wanted.meta.namespace,
            monitor.c.name == wanted.meta.name,
            monitor.c.namespace_uid == namespace_uid,
            monitor.c.hidden_ms.is_(None),
            *(monitor.c[name] == value for name, value in _columns(wanted, grace).items()),
        )
        .where(_is_paused if wanted.paused else ~_is_paused)
    )


def _continued(
    connection: Connection, wanted: Monitor, namespace_uid: str, now: datetime
) -> int | None:
    """The row whose history goes on; a living one of another namespace of that name is hidden."""
    mine = (monitor.c.namespace == wanted.meta.namespace) & (monitor.c.name == wanted.meta.name)
    strangers = select(monitor.c.id).where(
        mine, monitor.c.namespace_uid != namespace_uid, monitor.c.hidden_ms.is_(None)
    )
    hide(connection, tuple(connection.scalars(strangers)), now)
    return connection.scalar(
        select(monitor.c.id)
        .where(mine, monitor.c.namespace_uid == namespace_uid)
        .order_by(monitor.c.hidden_ms.is_not(None), monitor.c.hidden_ms.desc())
        .limit(1)
    )


def _new(
    connection: Connection, wanted: Monitor, namespace_uid: str, grace: Grace, now: datetime
) -> int:
    statement = session.insert(connection, monitor).values(
        public_id=identifiers.public_id(),
        namespace=wanted.meta.namespace,
        namespace_uid=namespace_uid,
        name=wanted.meta.name,
        created_ms=instant.to_ms(now),
        updated_ms=instant.to_ms(now),
        filled_until=instant.day_of(now),
        **_columns(wanted, grace),
    )
    identity: int = connection.execute(statement.returning(monitor.c.id)).scalar_one()
    return identity
