"""Write incidents and maintenance; page versions and maintenance windows follow in one transaction.

Putting is safe to repeat: what is stored already is left alone. An update keeps its public id by
its place among the updates, so a corrected text is still the same update.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, select, update

from allswell.central import identifiers, invalidation, overlays, session
from allswell.central.announcement_reader import INCIDENT, MAINTENANCE
from allswell.central.schema import (
    announcement,
    announcement_component,
    announcement_update,
    monitor,
)
from allswell.domain import instant
from allswell.domain.incident import DeclaredIncident, resolved
from allswell.domain.maintenance import AnnouncedMaintenance

# Status, body, and the moment that it speaks of in milliseconds.
UpdateColumns = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class AnnouncementKey:
    """Identifies an announcement by its name; a namespace may have had another of that name."""

    namespace: str
    namespace_uid: str
    kind: str
    name: str

    def living(self) -> ColumnElement[bool]:
        """Return the condition for the row of this key that is not hidden."""
        return (
            (announcement.c.namespace == self.namespace)
            & (announcement.c.kind == self.kind)
            & (announcement.c.name == self.name)
            & announcement.c.hidden_ms.is_(None)
        )


@dataclass(frozen=True, slots=True)
class DeclaredAnnouncement:
    """The desired content of an announcement; `effects` by the monitor's name."""

    columns: Mapping[str, object]
    updates: tuple[UpdateColumns, ...]
    effects: Mapping[str, str]
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class StoredAnnouncement:
    """The stored content of an announcement; `effects` by the monitor's id."""

    id: int
    public_id: str
    columns: Mapping[str, object]
    cancelled: bool
    updates: tuple[UpdateColumns, ...]
    effects: Mapping[int, str]

    @property
    def everywhere(self) -> bool:
        """Tell whether every page of the namespace shows it."""
        return bool(self.columns["everywhere"])


def from_incident(incident: DeclaredIncident) -> DeclaredAnnouncement:
    """Return what is stored of an incident."""
    ended = resolved(incident.updates)
    columns: dict[str, object] = {
        "title": incident.title,
        "impact": incident.impact.value,
        "start_ms": instant.to_ms(incident.started),
        "end_ms": None if ended is None else instant.to_ms(ended),
        "everywhere": incident.everywhere,
    }
    updates = tuple((u.status.value, u.body, instant.to_ms(u.at)) for u in incident.updates)
    effects = {component.monitor: component.effect.value for component in incident.components}
    return DeclaredAnnouncement(columns, updates, effects)


def from_maintenance(maintenance: AnnouncedMaintenance) -> DeclaredAnnouncement:
    """Return what is stored of a maintenance."""
    columns: dict[str, object] = {
        "title": maintenance.title,
        "impact": "",
        "start_ms": instant.to_ms(maintenance.start),
        "end_ms": instant.to_ms(max(maintenance.start, maintenance.end)),
        "everywhere": maintenance.everywhere,
    }
    updates = tuple((u.phase.value, u.body, instant.to_ms(u.at)) for u in maintenance.updates)
    effects = dict.fromkeys(maintenance.monitors, "")
    return DeclaredAnnouncement(columns, updates, effects, maintenance.cancelled)


def put(
    connection: Connection, key: AnnouncementKey, declared: DeclaredAnnouncement, now: datetime
) -> str:
    """Store an announcement as declared, and return its public id; write nothing when it is so.

    1. Wait for whoever else registers, and hide one of another namespace of this name.
    2. Read what is stored, or insert an empty row. If it is as declared, that is all.
    3. Lock the monitors that it concerned or concerns.
    4. Write the columns, the updates and the effects.
    5. Set the maintenance windows of these monitors, and raise the versions of the pages.
    """
    session.acquire(connection, session.AdvisoryLock.REGISTERING)
    _hide_foreign(connection, key, now)
    effects = _effects(connection, key, declared)
    stored = _stored(connection, key) or _insert(connection, key, declared, now)
    cancelled = stored.cancelled == declared.cancelled
    same = cancelled and (stored.columns, stored.updates) == (declared.columns, declared.updates)
    if same and stored.effects == effects:
        return stored.public_id
    concerned = invalidation.lock(connection, sorted(stored.effects.keys() | effects.keys()))
    _write(connection, stored, declared, now)
    _write_updates(connection, stored, declared.updates, now)
    _write_effects(connection, stored, effects)
    everywhere = stored.everywhere or bool(declared.columns["everywhere"])
    _invalidate(connection, key, concerned, now, everywhere=everywhere)
    return stored.public_id


def hide(connection: Connection, key: AnnouncementKey, now: datetime) -> bool:
    """Hide an announcement, with the windows it opened; False when it was not there."""
    session.acquire(connection, session.AdvisoryLock.REGISTERING)
    stored = _stored(connection, key)
    if stored is None:
        return False
    concerned = invalidation.lock(connection, sorted(stored.effects))
    hidden = {"hidden_ms": instant.to_ms(now), **_next_revision(now)}
    connection.execute(update(announcement).where(announcement.c.id == stored.id).values(hidden))
    _invalidate(connection, key, concerned, now, everywhere=stored.everywhere)
    return True


def _hide_foreign(connection: Connection, key: AnnouncementKey, now: datetime) -> None:
    """Hide one of another namespace of this name: it is gone with that namespace."""
    foreign = key.living() & (announcement.c.namespace_uid != key.namespace_uid)
    hidden = {"hidden_ms": instant.to_ms(now), **_next_revision(now)}
    connection.execute(update(announcement).where(foreign).values(hidden))


def _next_revision(now: datetime) -> dict[str, object]:
    return {"revision": announcement.c.revision + 1, "updated_ms": instant.to_ms(now)}


def _effects(
    connection: Connection, key: AnnouncementKey, declared: DeclaredAnnouncement
) -> dict[int, str]:
    """Return the effects by the ids of monitors; a name that is not registered is left out."""
    statement = select(monitor.c.name, monitor.c.id).where(
        monitor.c.namespace == key.namespace,
        monitor.c.namespace_uid == key.namespace_uid,
        monitor.c.hidden_ms.is_(None),
        monitor.c.name.in_(declared.effects),
    )
    return {
        monitor_id: declared.effects[name] for name, monitor_id in connection.execute(statement)
    }


def _stored(connection: Connection, key: AnnouncementKey) -> StoredAnnouncement | None:
    own = key.living() & (announcement.c.namespace_uid == key.namespace_uid)
    row = connection.execute(
        select(
            announcement.c.id,
            announcement.c.public_id,
            announcement.c.cancelled_ms,
            announcement.c.title,
            announcement.c.impact,
            announcement.c.start_ms,
            announcement.c.end_ms,
            announcement.c.everywhere,
        ).where(own)
    ).first()
    if row is None:
        return None
    names = ("title", "impact", "start_ms", "end_ms", "everywhere")
    updates = select(
        announcement_update.c.status, announcement_update.c.body, announcement_update.c.at_ms
    ).where(announcement_update.c.announcement_id == row.id)
    effects = select(announcement_component.c.monitor_id, announcement_component.c.effect).where(
        announcement_component.c.announcement_id == row.id
    )
    return StoredAnnouncement(
        id=row.id,
        public_id=row.public_id,
        columns=dict(zip(names, row[3:], strict=True)),
        cancelled=row.cancelled_ms is not None,
        updates=tuple(
            (stored.status, stored.body, stored.at_ms)
            for stored in connection.execute(updates.order_by(announcement_update.c.number))
        ),
        effects=dict(map(tuple, connection.execute(effects))),
    )


def _insert(
    connection: Connection, key: AnnouncementKey, declared: DeclaredAnnouncement, now: datetime
) -> StoredAnnouncement:
    public_id = identifiers.public_id()
    statement = session.insert(connection, announcement).values(
        public_id=public_id,
        namespace=key.namespace,
        namespace_uid=key.namespace_uid,
        kind=key.kind,
        name=key.name,
        revision=0,
        created_ms=instant.to_ms(now),
        updated_ms=instant.to_ms(now),
        **declared.columns,
    )
    number: int = connection.execute(statement.returning(announcement.c.id)).scalar_one()
    # It is empty, so that whatever is declared differs.
    return StoredAnnouncement(number, public_id, {"everywhere": False}, False, (), {})  # noqa: FBT003


def _write(
    connection: Connection,
    stored: StoredAnnouncement,
    declared: DeclaredAnnouncement,
    now: datetime,
) -> None:
    values = {**declared.columns, **_next_revision(now)}
    if declared.cancelled != stored.cancelled:
        values["cancelled_ms"] = instant.to_ms(now) if declared.cancelled else None
    connection.execute(update(announcement).where(announcement.c.id == stored.id).values(values))


def _write_updates(
    connection: Connection,
    stored: StoredAnnouncement,
    updates: Sequence[UpdateColumns],
    now: datetime,
) -> None:
    of_announcement = announcement_update.c.announcement_id == stored.id
    for number, (status, body, at_ms) in enumerate(updates):
        content = {"status": status, "body": body, "at_ms": at_ms}
        if number >= len(stored.updates):
            key = {
                "announcement_id": stored.id,
                "number": number,
                "public_id": identifiers.public_id(),
                "created_ms": instant.to_ms(now),
            }
            connection.execute(session.insert(connection, announcement_update), [key | content])
        elif (status, body, at_ms) != stored.updates[number]:
            same = of_announcement & (announcement_update.c.number == number)
            connection.execute(update(announcement_update).where(same).values(content))
    surplus = of_announcement & (announcement_update.c.number >= len(updates))
    connection.execute(delete(announcement_update).where(surplus))


def _write_effects(
    connection: Connection, stored: StoredAnnouncement, effects: Mapping[int, str]
) -> None:
    of_announcement = announcement_component.c.announcement_id == stored.id
    connection.execute(delete(announcement_component).where(of_announcement))
    rows = [
        {"announcement_id": stored.id, "monitor_id": monitor_id, "effect": effect}
        for monitor_id, effect in sorted(effects.items())
    ]
    if rows:
        connection.execute(session.insert(connection, announcement_component), rows)


def _invalidate(
    connection: Connection,
    key: AnnouncementKey,
    concerned: Collection[int],
    now: datetime,
    *,
    everywhere: bool,
) -> None:
    """Set the windows anew, then raise the pages' versions. The monitors are locked."""
    if key.kind == MAINTENANCE:
        for monitor_id in concerned:
            overlays.set_maintenance(connection, monitor_id, _windows(connection, monitor_id))
    if everywhere:
        invalidation.pages_of_namespace(connection, key.namespace, key.namespace_uid, now)
    else:
        invalidation.pages_showing(connection, tuple(concerned), now)


def _windows(connection: Connection, monitor_id: int) -> list[tuple[datetime, datetime]]:
    """Return every window that is announced for a monitor and not cancelled."""
    statement = (
        select(announcement.c.start_ms, announcement.c.end_ms)
        .join(
            announcement_component,
            announcement_component.c.announcement_id == announcement.c.id,
        )
        .where(
            announcement_component.c.monitor_id == monitor_id,
            announcement.c.kind == MAINTENANCE,
            announcement.c.hidden_ms.is_(None),
            announcement.c.cancelled_ms.is_(None),
        )
    )
    return [
        (instant.from_ms(start), instant.from_ms(end or start))
        for start, end in connection.execute(statement)
    ]


__all__ = [
    "INCIDENT",
    "MAINTENANCE",
    "AnnouncementKey",
    "from_incident",
    "from_maintenance",
    "hide",
    "put",
]
