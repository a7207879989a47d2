"""Writing what people say: the page versions and the maintenance windows follow in one step.

Putting is safe to repeat: what is there already is left alone. An update keeps its public id by its
place among the updates, so a corrected word is still the same update.
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
from allswell.domain import incident, instant
from allswell.domain.incident import DeclaredIncident
from allswell.domain.maintenance import AnnouncedMaintenance

Said = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class AnnouncementKey:
    """Which announcement: one of a name in a namespace, of which there may have been another."""

    namespace: str
    namespace_uid: str
    kind: str
    name: str

    def living(self) -> ColumnElement[bool]:
        """The row of this key that is not taken back."""
        return (
            (announcement.c.namespace == self.namespace)
            & (announcement.c.kind == self.kind)
            & (announcement.c.name == self.name)
            & announcement.c.hidden_ms.is_(None)
        )


@dataclass(frozen=True, slots=True)
class DeclaredAnnouncement:
    """What an announcement shall be; `effects` by the monitor's name."""

    columns: Mapping[str, object]
    updates: tuple[Said, ...]
    effects: Mapping[str, str]
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class StoredAnnouncement:
    """What an announcement is; `effects` by the monitor's id."""

    id: int
    public_id: str
    columns: Mapping[str, object]
    cancelled: bool
    updates: tuple[Said, ...]
    effects: Mapping[int, str]

    @property
    def everywhere(self) -> bool:
        """Whether every page of the namespace shows it."""
        return bool(self.columns["everywhere"])


def of_incident(declared: DeclaredIncident) -> DeclaredAnnouncement:
    """What is to be kept of an incident."""
    ended = incident.resolved(declared.updates)
    columns: dict[str, object] = {
        "title": declared.title,
        "impact": declared.impact.value,
        "start_ms": instant.to_ms(declared.started),
        "end_ms": None if ended is None else instant.to_ms(ended),
        "everywhere": declared.everywhere,
    }
    said = tuple((it.status.value, it.body, instant.to_ms(it.at)) for it in declared.updates)
    return DeclaredAnnouncement(
        columns, said, {it.monitor: it.effect.value for it in declared.components}
    )


def of_maintenance(announced: AnnouncedMaintenance) -> DeclaredAnnouncement:
    """What is to be kept of a maintenance."""
    columns: dict[str, object] = {
        "title": announced.title,
        "impact": "",
        "start_ms": instant.to_ms(announced.start),
        "end_ms": instant.to_ms(max(announced.start, announced.end)),
        "everywhere": announced.everywhere,
    }
    said = tuple((it.phase.value, it.body, instant.to_ms(it.at)) for it in announced.updates)
    return DeclaredAnnouncement(
        columns, said, dict.fromkeys(announced.monitors, ""), announced.cancelled
    )


def put(
    connection: Connection, key: AnnouncementKey, wanted: DeclaredAnnouncement, now: datetime
) -> str:
    """The public id of an announcement that is as wanted; nothing is written when it is so."""
    session.take(connection, session.AdvisoryLock.REGISTERING)
    _hide_stranger(connection, key, now)
    effects = _monitors(connection, key, wanted)
    kept = _kept(connection, key) or _new(connection, key, wanted, now)
    cancelled = kept.cancelled == wanted.cancelled
    same = cancelled and (kept.columns, kept.updates) == (wanted.columns, wanted.updates)
    if same and kept.effects == effects:
        return kept.public_id
    concerned = invalidation.lock(connection, sorted(kept.effects.keys() | effects.keys()))
    _write(connection, kept, wanted, now)
    _write_updates(connection, kept, wanted.updates, now)
    _write_effects(connection, kept, effects)
    everywhere = kept.everywhere or bool(wanted.columns["everywhere"])
    _follow(connection, key, concerned, now, everywhere=everywhere)
    return kept.public_id


def hide(connection: Connection, key: AnnouncementKey, now: datetime) -> bool:
    """Take an announcement back, with the windows it opened; False when it was not there."""
    session.take(connection, session.AdvisoryLock.REGISTERING)
    kept = _kept(connection, key)
    if kept is None:
        return False
    concerned = invalidation.lock(connection, sorted(kept.effects))
    gone = {"hidden_ms": instant.to_ms(now), **_newer(now)}
    connection.execute(update(announcement).where(announcement.c.id == kept.id).values(gone))
    _follow(connection, key, concerned, now, everywhere=kept.everywhere)
    return True


def _hide_stranger(connection: Connection, key: AnnouncementKey, now: datetime) -> None:
    """One that another namespace of this name had put is gone with that namespace."""
    strangers = key.living() & (announcement.c.namespace_uid != key.namespace_uid)
    gone = {"hidden_ms": instant.to_ms(now), **_newer(now)}
    connection.execute(update(announcement).where(strangers).values(gone))


def _newer(now: datetime) -> dict[str, object]:
    return {"revision": announcement.c.revision + 1, "updated_ms": instant.to_ms(now)}


def _monitors(
    connection: Connection, key: AnnouncementKey, wanted: DeclaredAnnouncement
) -> dict[int, str]:
    """The effects by the ids of monitors; a name that is not registered is left out."""
    statement = select(monitor.c.name, monitor.c.id).where(
        monitor.c.namespace == key.namespace,
        monitor.c.namespace_uid == key.namespace_uid,
        monitor.c.hidden_ms.is_(None),
        monitor.c.name.in_(wanted.effects),
    )
    return {found: wanted.effects[name] for name, found in connection.execute(statement)}


def _kept(connection: Connection, key: AnnouncementKey) -> StoredAnnouncement | None:
    mine = key.living() & (announcement.c.namespace_uid == key.namespace_uid)
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
        ).where(mine)
    ).first()
    if row is None:
        return None
    shown = dict(zip(("title", "impact", "start_ms", "end_ms", "everywhere"), row[3:], strict=True))
    updates = select(
        announcement_update.c.status, announcement_update.c.body, announcement_update.c.at_ms
    ).where(announcement_update.c.announcement_id == row.id)
    effects = select(announcement_component.c.monitor_id, announcement_component.c.effect).where(
        announcement_component.c.announcement_id == row.id
    )
    return StoredAnnouncement(
        id=row.id,
        public_id=row.public_id,
        columns=shown,
        cancelled=row.cancelled_ms is not None,
        updates=tuple(
            (said.status, said.body, said.at_ms)
            for said in connection.execute(updates.order_by(announcement_update.c.number))
        ),
        effects=dict(map(tuple, connection.execute(effects))),
    )


def _new(
    connection: Connection, key: AnnouncementKey, wanted: DeclaredAnnouncement, now: datetime
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
        **wanted.columns,
    )
    identity: int = connection.execute(statement.returning(announcement.c.id)).scalar_one()
    # Nothing stands in it yet, so that whatever is wanted differs.
    return StoredAnnouncement(identity, public_id, {"everywhere": False}, False, (), {})  # noqa: FBT003


def _write(
    connection: Connection, kept: StoredAnnouncement, wanted: DeclaredAnnouncement, now: datetime
) -> None:
    values = {**wanted.columns, **_newer(now)}
    if wanted.cancelled != kept.cancelled:
        values["cancelled_ms"] = instant.to_ms(now) if wanted.cancelled else None
    connection.execute(update(announcement).where(announcement.c.id == kept.id).values(values))


def _write_updates(
    connection: Connection, kept: StoredAnnouncement, updates: Sequence[Said], now: datetime
) -> None:
    mine = announcement_update.c.announcement_id == kept.id
    for number, (status, body, at_ms) in enumerate(updates):
        said = {"status": status, "body": body, "at_ms": at_ms}
        if number >= len(kept.updates):
            row = {
                "announcement_id": kept.id,
                "number": number,
                "public_id": identifiers.public_id(),
                "created_ms": instant.to_ms(now),
            }
            connection.execute(session.insert(connection, announcement_update), [row | said])
        elif (status, body, at_ms) != kept.updates[number]:
            its = mine & (announcement_update.c.number == number)
            connection.execute(update(announcement_update).where(its).values(said))
    surplus = mine & (announcement_update.c.number >= len(updates))
    connection.execute(delete(announcement_update).where(surplus))


def _write_effects(
    connection: Connection, kept: StoredAnnouncement, effects: Mapping[int, str]
) -> None:
    mine = announcement_component.c.announcement_id == kept.id
    connection.execute(delete(announcement_component).where(mine))
    rows = [
        {"announcement_id": kept.id, "monitor_id": identity, "effect": effect}
        for identity, effect in sorted(effects.items())
    ]
    if rows:
        connection.execute(session.insert(connection, announcement_component), rows)


def _follow(
    connection: Connection,
    key: AnnouncementKey,
    concerned: Collection[int],
    now: datetime,
    *,
    everywhere: bool,
) -> None:
    """Lay the windows anew, then make the pages newer. The monitors are locked."""
    if key.kind == MAINTENANCE:
        for identity in concerned:
            overlays.maintain(connection, identity, _windows(connection, identity))
    if everywhere:
        invalidation.pages_of(connection, key.namespace, key.namespace_uid, now)
    else:
        invalidation.pages(connection, tuple(concerned), now)


def _windows(connection: Connection, identity: int) -> list[tuple[datetime, datetime]]:
    """Every window that is announced for a monitor and not called off."""
    statement = (
        select(announcement.c.start_ms, announcement.c.end_ms)
        .join(
            announcement_component,
            announcement_component.c.announcement_id == announcement.c.id,
        )
        .where(
            announcement_component.c.monitor_id == identity,
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
    "hide",
    "of_incident",
    "of_maintenance",
    "put",
]
