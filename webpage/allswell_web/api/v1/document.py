"""Build the document as values for JSON."""

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
from allswell_web.text.languages import ENGLISH

VERSION = 1
MAX_LISTED = 50
_SECOND_MS = 1000
_NOT_OVER = (Phase.SCHEDULED, Phase.IN_PROGRESS, Phase.VERIFYING)
_WITH_REASON = (ComponentStatus.DOWN, ComponentStatus.DEGRADED, ComponentStatus.UNKNOWN)
Json = dict[str, object]


def of(feed: PageFeed, buckets: Buckets) -> Json:
    """Build the whole document: the newest 50 announcements, and all that are not over."""
    return {
        "version": VERSION,
        "page": _page(feed),
        "state": _state(feed),
        "components": [
            _component(feed, line, buckets)
            for line in sorted(feed.state.components, key=lambda line: line.data.position)
        ],
        "incidents": [
            _incident(feed, it)
            for index, it in enumerate(feed.incidents)
            if index < MAX_LISTED or it.is_open
        ],
        "maintenances": [
            _maintenance(feed, it)
            for index, it in enumerate(feed.maintenances)
            if index < MAX_LISTED or feed.phase(it) in _NOT_OVER
        ],
    }


def _page(feed: PageFeed) -> Json:
    page = feed.state.page
    return {
        "id": page.public_id,
        "name": untrusted_text.line(page.title),
        "description": untrusted_text.text(page.description),
        "url": feed.url,
        "time_zone": str(feed.state.zone),
        "updated_at": instant.text(feed.updated),
    }


def _state(feed: PageFeed) -> Json:
    state = feed.state
    titles = [untrusted_text.line(line.data.title) for line in state.components]
    return {
        "condition": ComponentStatus.UNKNOWN if state.is_stale else state.overall.status,
        "extent": state.overall.extent,
        "sentence": headline.of(state.overall, titles, ENGLISH, is_stale=state.is_stale),
    }


def _component(feed: PageFeed, component: ComponentState, buckets: Buckets) -> Json:
    data, current = component.data, component.current
    days = uptime_windows.days_of(feed.state, component)
    reason = current.reason if current.status in _WITH_REASON else ""
    return {
        "id": data.public_id,
        "name": untrusted_text.line(data.title),
        "group": untrusted_text.line(data.group) or None,
        "condition": current.status,
        "since": _time(current.since),
        "reason": reason or None,
        "reason_text": labels.reason(ENGLISH, reason) or None,
        "observed": current.observed,
        "last": current.last,
        "declared": _declared(feed, data.name),
        "created_at": instant.text(data.born),
        "windows": [
            _window(window)
            for window in uptime_windows.of_component(feed.state, component, buckets, days)
        ],
        "days": [_day(day) for day in days],
    }


def _declared(feed: PageFeed, monitor: str) -> Effect | None:
    """Return the worst effect that open incidents declare for a component."""
    order = list(Effect)
    declared = [
        affected.effect
        for it in feed.declared
        for affected in it.components
        if it.is_open and affected.monitor == monitor
    ]
    return max(declared, key=order.index, default=None)


def _window(window: UptimeWindow) -> Json:
    return {
        "name": window.name,
        "uptime": _number(window.uptime.percent()),
        "coverage": _number(window.uptime.coverage()),
        "p95_ms": None if window.p95_us is None else window.p95_us / 1000,
    }


def _day(day: UptimeDay) -> Json:
    """Describe a day without its uptime in seconds, which grows as long as the day lasts."""
    uptime = day.uptime
    return {
        "day": f"{day.day}",
        "uptime": _number(uptime.percent()),
        "coverage": _number(uptime.coverage()),
        "degraded_s": uptime.degraded // _SECOND_MS,
        "down_s": uptime.down // _SECOND_MS,
        "unknown_s": uptime.unknown // _SECOND_MS,
        "maintenance_s": uptime.maintenance // _SECOND_MS,
        "paused_s": uptime.paused // _SECOND_MS,
    }


def _incident(feed: PageFeed, incident: Incident) -> Json:
    ids = _ids(feed)
    return {
        "id": incident.id,
        "kind": "observed" if incident.id in feed.observed else "declared",
        "title": untrusted_text.line(incident.title),
        "impact": incident.impact,
        "status": incident.status,
        "started_at": instant.text(incident.started),
        "resolved_at": _time(incident.resolved),
        "published_at": instant.text(incident.published),
        "updated_at": instant.text(incident.updated),
        "url": f"{feed.url}incidents/{incident.id}",
        "components": [
            {"id": ids[affected.monitor], "effect": affected.effect}
            for affected in incident.components
            if affected.monitor in ids
        ],
        "updates": [_update(update, "status", update.status) for update in incident.updates],
    }


def _maintenance(feed: PageFeed, maintenance: Maintenance) -> Json:
    ids = _ids(feed)
    return {
        "id": maintenance.id,
        "title": untrusted_text.line(maintenance.title),
        "phase": feed.phase(maintenance),
        "start": instant.text(maintenance.start),
        "end": instant.text(maintenance.end),
        "cancelled_at": _time(maintenance.cancelled),
        "published_at": instant.text(maintenance.published),
        "updated_at": instant.text(maintenance.updated),
        "url": f"{feed.url}incidents/{maintenance.id}",
        "components": [ids[name] for name in maintenance.monitors if name in ids],
        "updates": [_update(update, "phase", update.phase) for update in maintenance.updates],
    }


def _update(update: IncidentUpdate | MaintenanceUpdate, key: str, word: str) -> Json:
    return {
        "id": update.id,
        key: word,
        "body": untrusted_text.text(update.body),
        "at": instant.text(update.at),
        "published_at": instant.text(update.published),
    }


def _ids(feed: PageFeed) -> Mapping[str, str]:
    return {name: line.data.public_id for name, line in feed.components.items()}


def _time(at: datetime | None) -> str | None:
    return None if at is None else instant.text(at)


def _number(text: str | None) -> float | None:
    """Return the percentage that people read, as a number."""
    return None if text is None else float(text)
