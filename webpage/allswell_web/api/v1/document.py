"""The document as values for JSON."""

from collections.abc import Mapping
from datetime import datetime

from allswell.domain import instant
from allswell.domain.incident import Effect, Incident, IncidentUpdate
from allswell.domain.maintenance import Maintenance, MaintenanceUpdate, Phase
from allswell.domain.uptime import UptimeDay
from allswell_web.api.page_feed import PageFeed
from allswell_web.presentation import uptime_windows
from allswell_web.presentation.context import Buckets
from allswell_web.presentation.page_state import ComponentState
from allswell_web.presentation.uptime_windows import UptimeWindow
from allswell_web.status.component_status import ComponentStatus
from allswell_web.text import headline, labels, untrusted_text
from allswell_web.text.language import ENGLISH

VERSION = 1
MOST = 50
_SECOND_MS = 1000
_GOES_ON = (Phase.SCHEDULED, Phase.IN_PROGRESS, Phase.VERIFYING)
_EXPLAINED = (ComponentStatus.DOWN, ComponentStatus.DEGRADED, ComponentStatus.UNKNOWN)
Json = dict[str, object]


def of(told: PageFeed, buckets: Buckets) -> Json:
    """The whole document: of what was said the newest 50, and all that goes on or is to come."""
    return {
        "version": VERSION,
        "page": _page(told),
        "state": _state(told),
        "components": [
            _component(told, line, buckets)
            for line in sorted(told.it.lines, key=lambda line: line.component.position)
        ],
        "incidents": [
            _incident(told, it)
            for place, it in enumerate(told.incidents)
            if place < MOST or it.is_open
        ],
        "maintenances": [
            _maintenance(told, it)
            for place, it in enumerate(told.maintenances)
            if place < MOST or told.phase(it) in _GOES_ON
        ],
    }


def _page(told: PageFeed) -> Json:
    page = told.it.page
    return {
        "id": page.public_id,
        "name": untrusted_text.line(page.title),
        "description": untrusted_text.text(page.description),
        "url": told.url,
        "time_zone": str(told.it.zone),
        "updated_at": instant.text(told.updated),
    }


def _state(told: PageFeed) -> Json:
    it = told.it
    titles = [untrusted_text.line(line.component.title) for line in it.lines]
    return {
        "condition": ComponentStatus.UNKNOWN if it.silent else it.overall.status,
        "extent": it.overall.extent,
        "sentence": headline.of(it.overall, titles, ENGLISH, silent=it.silent),
    }


def _component(told: PageFeed, line: ComponentState, buckets: Buckets) -> Json:
    component, standing = line.component, line.current
    days = uptime_windows.days_of(told.it, line)
    reason = standing.reason if standing.status in _EXPLAINED else ""
    return {
        "id": component.public_id,
        "name": untrusted_text.line(component.title),
        "group": untrusted_text.line(component.group) or None,
        "condition": standing.status,
        "since": _time(standing.since),
        "reason": reason or None,
        "reason_text": labels.reason(ENGLISH, reason) or None,
        "observed": standing.observed,
        "last": standing.last,
        "declared": _declared(told, component.name),
        "created_at": instant.text(component.born),
        "windows": [
            _window(found) for found in uptime_windows.of_line(told.it, line, buckets, days)
        ],
        "days": [_day(day) for day in days],
    }


def _declared(told: PageFeed, monitor: str) -> Effect | None:
    """The worst that open incidents say of a component."""
    order = list(Effect)
    said = [
        affected.effect
        for it in told.declared
        for affected in it.components
        if it.is_open and affected.monitor == monitor
    ]
    return max(said, key=order.index, default=None)


def _window(found: UptimeWindow) -> Json:
    return {
        "name": found.name,
        "uptime": _number(found.uptime.percent()),
        "coverage": _number(found.uptime.coverage()),
        "p95_ms": None if found.p95_us is None else found.p95_us / 1000,
    }


def _day(day: UptimeDay) -> Json:
    """A day without the time that it was up, which grows as long as it lasts."""
    spent = day.uptime
    return {
        "day": f"{day.day}",
        "uptime": _number(spent.percent()),
        "coverage": _number(spent.coverage()),
        "degraded_s": spent.degraded // _SECOND_MS,
        "down_s": spent.down // _SECOND_MS,
        "unknown_s": spent.unknown // _SECOND_MS,
        "maintenance_s": spent.maintenance // _SECOND_MS,
        "paused_s": spent.paused // _SECOND_MS,
    }


def _incident(told: PageFeed, it: Incident) -> Json:
    ids = _ids(told)
    return {
        "id": it.id,
        "kind": "observed" if it.id in told.observed else "declared",
        "title": untrusted_text.line(it.title),
        "impact": it.impact,
        "status": it.status,
        "started_at": instant.text(it.started),
        "resolved_at": _time(it.resolved),
        "published_at": instant.text(it.published),
        "updated_at": instant.text(it.updated),
        "url": f"{told.url}incidents/{it.id}",
        "components": [
            {"id": ids[affected.monitor], "effect": affected.effect}
            for affected in it.components
            if affected.monitor in ids
        ],
        "updates": [_update(update, "status", update.status) for update in it.updates],
    }


def _maintenance(told: PageFeed, it: Maintenance) -> Json:
    ids = _ids(told)
    return {
        "id": it.id,
        "title": untrusted_text.line(it.title),
        "phase": told.phase(it),
        "start": instant.text(it.start),
        "end": instant.text(it.end),
        "cancelled_at": _time(it.cancelled),
        "published_at": instant.text(it.published),
        "updated_at": instant.text(it.updated),
        "url": f"{told.url}incidents/{it.id}",
        "components": [ids[name] for name in it.monitors if name in ids],
        "updates": [_update(update, "phase", update.phase) for update in it.updates],
    }


def _update(update: IncidentUpdate | MaintenanceUpdate, key: str, word: str) -> Json:
    return {
        "id": update.id,
        key: word,
        "body": untrusted_text.text(update.body),
        "at": instant.text(update.at),
        "published_at": instant.text(update.published),
    }


def _ids(told: PageFeed) -> Mapping[str, str]:
    return {name: line.component.public_id for name, line in told.lines.items()}


def _time(at: datetime | None) -> str | None:
    return None if at is None else instant.text(at)


def _number(text: str | None) -> float | None:
    """The percentage that people read, as a number."""
    return None if text is None else float(text)
