"""Incidents and scheduled maintenance with their updates."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from allswell.domain import instant
from allswell.domain.incident import OVER, Incident, IncidentUpdate, Status
from allswell.domain.maintenance import Maintenance, MaintenanceUpdate, Phase
from allswell_web.api.page_feed import PageFeed
from allswell_web.api.statuspage import level
from allswell_web.api.statuspage.components import Json
from allswell_web.api.statuspage.level import STATUSES, Level
from allswell_web.text import untrusted_text

RUNNING = (Phase.IN_PROGRESS, Phase.VERIFYING)
Levels = Mapping[str, Level]


@dataclass(frozen=True, slots=True)
class UpdateStep:
    """One update, and what it makes of the components, by the names of their monitors."""

    id: str
    status: str
    body: str
    at: datetime
    published: datetime
    before: Levels
    after: Levels


def incident(told: PageFeed, it: Incident, components: Mapping[str, Json]) -> Json:
    """One incident; `components` are all of the page by their ids."""
    effects = {one.monitor: level.EFFECTS[one.effect] for one in it.components}
    steps = _steps(it.updates, effects, lambda status: status not in OVER)
    watched = [update.at for update in it.updates if update.status is Status.MONITORING]
    return {
        "id": it.id,
        "name": untrusted_text.line(it.title),
        "status": it.status.value,
        "created_at": instant.text(it.published),
        "updated_at": instant.text(it.updated),
        "monitoring_at": _time(watched[-1] if watched else None),
        "resolved_at": _time(it.resolved),
        "impact": it.impact.value,
        "shortlink": f"{told.url}incidents/{it.id}",
        "started_at": instant.text(it.started),
        "page_id": told.it.page.public_id,
        "incident_updates": [_update(told, it.id, step) for step in steps],
        "components": _whole(told, effects, components),
        "reminder_intervals": None,
    }


def maintenance(told: PageFeed, it: Maintenance, components: Mapping[str, Json]) -> Json:
    """One maintenance; its times are those that were planned."""
    phase = told.phase(it)
    effects = dict.fromkeys(it.monitors, Level.MAINTENANCE)
    steps = _steps(it.updates, effects, lambda word: word in RUNNING)
    ended = (it.cancelled or it.end) if phase in (Phase.COMPLETED, Phase.CANCELLED) else None
    return {
        "id": it.id,
        "name": untrusted_text.line(it.title),
        "status": _word(phase),
        "created_at": instant.text(it.published),
        "updated_at": instant.text(it.updated),
        "monitoring_at": None,
        "resolved_at": _time(ended),
        "impact": "maintenance",
        "shortlink": f"{told.url}incidents/{it.id}",
        "started_at": instant.text(it.start),
        "page_id": told.it.page.public_id,
        "incident_updates": [_update(told, it.id, step) for step in steps],
        "components": _whole(told, it.monitors, components),
        "reminder_intervals": None,
        "scheduled_for": instant.text(it.start),
        "scheduled_until": instant.text(it.end),
    }


def _steps(
    updates: Iterable[IncidentUpdate | MaintenanceUpdate],
    effects: Levels,
    holds: Callable[[Status | Phase], bool],
) -> Iterator[UpdateStep]:
    """Updates, newest first as they come, each with the components' levels before and after it."""
    found: list[UpdateStep] = []
    before: Levels = dict.fromkeys(effects, Level.UP)
    for update in reversed(tuple(updates)):
        status = update.status if isinstance(update, IncidentUpdate) else update.phase
        after = effects if holds(status) else dict.fromkeys(effects, Level.UP)
        word = _word(status)
        found.append(
            UpdateStep(update.id, word, update.body, update.at, update.published, before, after)
        )
        before = after
    return reversed(found)


def _update(told: PageFeed, incident_id: str, step: UpdateStep) -> Json:
    return {
        "id": step.id,
        "status": step.status,
        "body": untrusted_text.text(step.body),
        "incident_id": incident_id,
        "created_at": instant.text(step.published),
        "updated_at": instant.text(step.published),
        "display_at": instant.text(step.at),
        "affected_components": _affected(told, step) or None,
        "deliver_notifications": False,
        "custom_tweet": None,
        "tweet_id": None,
    }


def _affected(told: PageFeed, step: UpdateStep) -> list[Json]:
    return [
        {
            "code": line.component.public_id,
            "name": _full_name(line.component.group, line.component.title),
            "old_status": STATUSES[step.before[name]],
            "new_status": STATUSES[step.after[name]],
        }
        for name, line in told.lines.items()
        if name in step.after
    ]


def _full_name(group: str, title: str) -> str:
    return (
        f"{untrusted_text.line(group)} - {untrusted_text.line(title)}"
        if group
        else untrusted_text.line(title)
    )


def _whole(told: PageFeed, names: Collection[str], components: Mapping[str, Json]) -> list[Json]:
    """The components as the list has them, in the order of the page."""
    lines = (line for name, line in told.lines.items() if name in names)
    return [components[line.component.public_id] for line in lines]


def _word(status: Status | Phase) -> str:
    """There is no word for what was called off."""
    return (Phase.COMPLETED if status is Phase.CANCELLED else status).value


def _time(at: datetime | None) -> str | None:
    return None if at is None else instant.text(at)
