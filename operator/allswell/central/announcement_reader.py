"""Read incidents and maintenance for a page: one query, however many there are."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, ScalarSelect, Select, func, or_, select

from allswell.central.schema import (
    announcement,
    announcement_component,
    announcement_update,
    component,
    monitor,
    page,
)
from allswell.domain import instant
from allswell.domain.incident import (
    AffectedComponent,
    Effect,
    Impact,
    Incident,
    IncidentUpdate,
    Status,
)
from allswell.domain.incident import status as status_of
from allswell.domain.maintenance import Maintenance, MaintenanceUpdate, Phase

INCIDENT = "incident"
MAINTENANCE = "maintenance"
# The newest of a page; the open ones come first.
MAX_ANNOUNCEMENTS = 200
_BETWEEN = ","

Announcements = tuple[tuple[Incident, ...], tuple[Maintenance, ...]]
_Row = Row[*tuple[Any, ...]]


def of_page(
    connection: Connection, page_id: int, shown: Select[int], since: datetime
) -> Announcements:
    """Return the incidents and maintenance that a page shows, the newest first, by their start.

    These are those that are open or ended after `since`. Of their components only the ones in
    `shown` are named.
    """
    rows_by_start = connection.execute(_statement(page_id, shown, instant.to_ms(since)))
    incidents: list[Incident] = []
    maintenances: list[Maintenance] = []
    for _, group in groupby(rows_by_start, key=lambda row: row.id):
        rows = tuple(group)
        if rows[0].kind == INCIDENT:
            incidents.append(_incident(rows))
        else:
            maintenances.append(_maintenance(rows))
    return tuple(incidents), tuple(maintenances)


def _statement(page_id: int, shown: Select[int], since_ms: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            announcement.c.id,
            announcement.c.public_id,
            announcement.c.kind,
            announcement.c.title,
            announcement.c.impact,
            announcement.c.start_ms,
            announcement.c.end_ms,
            announcement.c.cancelled_ms,
            announcement.c.everywhere,
            announcement.c.revision,
            announcement.c.created_ms,
            announcement.c.updated_ms,
            _effects(shown).label("effects"),
            announcement_update.c.public_id.label("update_id"),
            announcement_update.c.status,
            announcement_update.c.body,
            announcement_update.c.at_ms,
            announcement_update.c.created_ms.label("published_ms"),
        )
        .outerjoin(announcement_update, announcement_update.c.announcement_id == announcement.c.id)
        .where(announcement.c.id.in_(_shown_ids(page_id, since_ms)))
        .order_by(
            announcement.c.start_ms.desc(), announcement.c.id.desc(), announcement_update.c.number
        )
    )


def _shown_ids(page_id: int, since_ms: int) -> Select[int]:
    on_page = (
        select(component.c.monitor_id)
        .join(
            announcement_component,
            announcement_component.c.monitor_id == component.c.monitor_id,
        )
        .where(
            component.c.page_id == page_id,
            announcement_component.c.announcement_id == announcement.c.id,
        )
        .correlate(announcement)
        .exists()
    )
    is_open = announcement.c.end_ms.is_(None)
    return (
        select(announcement.c.id)
        .join(
            page,
            (page.c.namespace == announcement.c.namespace)
            & (page.c.namespace_uid == announcement.c.namespace_uid),
        )
        .where(
            page.c.id == page_id,
            announcement.c.hidden_ms.is_(None),
            or_(is_open, announcement.c.end_ms > since_ms),
            or_(announcement.c.everywhere, on_page),
        )
        .order_by(is_open.desc(), announcement.c.start_ms.desc(), announcement.c.id.desc())
        .limit(MAX_ANNOUNCEMENTS)
    )


def _effects(shown: Select[int]) -> ScalarSelect[str]:
    """Join names and effects, so that no second query is needed: `api down,web degraded`."""
    pair = monitor.c.name + " " + announcement_component.c.effect
    return (
        select(func.aggregate_strings(pair, _BETWEEN))
        .select_from(announcement_component)
        .join(monitor, monitor.c.id == announcement_component.c.monitor_id)
        .where(
            announcement_component.c.announcement_id == announcement.c.id,
            announcement_component.c.monitor_id.in_(shown),
        )
        .correlate(announcement)
        .scalar_subquery()
    )


def _pairs(effects: str | None) -> list[tuple[str, str]]:
    """Return names with their effects, in the order of the names."""
    pairs = (pair.partition(" ") for pair in (effects or "").split(_BETWEEN) if pair)
    return sorted((name, effect) for name, _, effect in pairs)


def _update_rows(rows: Iterable[_Row]) -> list[_Row]:
    return [row for row in rows if row.update_id is not None]


def _incident(rows: Sequence[_Row]) -> Incident:
    """Return an incident of its rows: one for each update, and at least one."""
    updates = [
        IncidentUpdate(
            row.update_id,
            Status(row.status),
            row.body,
            instant.from_ms(row.at_ms),
            instant.from_ms(row.published_ms),
        )
        for row in _update_rows(rows)
    ]
    first = rows[0]
    return Incident(
        id=first.public_id,
        title=first.title,
        impact=Impact(first.impact),
        status=status_of(updates),
        started=instant.from_ms(first.start_ms),
        resolved=_instant(first.end_ms),
        published=instant.from_ms(first.created_ms),
        updated=instant.from_ms(first.updated_ms),
        revision=first.revision,
        updates=tuple(reversed(updates)),
        components=tuple(
            AffectedComponent(name, Effect(effect)) for name, effect in _pairs(first.effects)
        ),
        everywhere=first.everywhere,
    )


def _maintenance(rows: Sequence[_Row]) -> Maintenance:
    updates = [
        MaintenanceUpdate(
            row.update_id,
            Phase(row.status),
            row.body,
            instant.from_ms(row.at_ms),
            instant.from_ms(row.published_ms),
        )
        for row in _update_rows(rows)
    ]
    first = rows[0]
    return Maintenance(
        id=first.public_id,
        title=first.title,
        start=instant.from_ms(first.start_ms),
        end=instant.from_ms(first.end_ms),
        cancelled=_instant(first.cancelled_ms),
        published=instant.from_ms(first.created_ms),
        updated=instant.from_ms(first.updated_ms),
        revision=first.revision,
        updates=tuple(reversed(updates)),
        monitors=tuple(name for name, _ in _pairs(first.effects)),
        everywhere=first.everywhere,
    )


def _instant(ms: int | None) -> datetime | None:
    return None if ms is None else instant.from_ms(ms)
