"""Write incidents and scheduled maintenance with their updates."""

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
    """One update, and its effect on the components, by the names of their monitors."""

    id: str
    status: str
    body: str
    at: datetime
    published: datetime
    old_levels: Levels
    new_levels: Levels


def incident(feed: PageFeed, announcement: Incident, components: Mapping[str, Json]) -> Json:
    """Write one incident; `components` are all of the page by their ids."""
    effects = {
        affected.monitor: level.EFFECTS[affected.effect] for affected in announcement.components
    }
    steps = _steps(announcement.updates, effects, lambda status: status not in OVER)
    monitored_at = [
        update.at for update in announcement.updates if update.status is Status.MONITORING
    ]
    return {
        "id": announcement.id,
        "name": untrusted_text.line(announcement.title),
        "status": announcement.status.value,
        "created_at": instant.text(announcement.published),
        "updated_at": instant.text(announcement.updated),
        "monitoring_at": _time(monitored_at[-1] if monitored_at else None),
        "resolved_at": _time(announcement.resolved),
        "impact": announcement.impact.value,
        "shortlink": f"{feed.url}incidents/{announcement.id}",
        "started_at": instant.text(announcement.started),
        "page_id": feed.state.page.public_id,
        "incident_updates": [_update(feed, announcement.id, step) for step in steps],
        "components": _whole(feed, effects, components),
        "reminder_intervals": None,
    }


def maintenance(feed: PageFeed, announcement: Maintenance, components: Mapping[str, Json]) -> Json:
    """Write one maintenance; its times are the scheduled ones."""
    phase = feed.phase(announcement)
    effects = dict.fromkeys(announcement.monitors, Level.MAINTENANCE)
    steps = _steps(announcement.updates, effects, lambda word: word in RUNNING)
    ended = (
        (announcement.cancelled or announcement.end)
        if phase in (Phase.COMPLETED, Phase.CANCELLED)
        else None
    )
    return {
        "id": announcement.id,
        "name": untrusted_text.line(announcement.title),
        "status": _word(phase),
        "created_at": instant.text(announcement.published),
        "updated_at": instant.text(announcement.updated),
        "monitoring_at": None,
        "resolved_at": _time(ended),
        "impact": "maintenance",
        "shortlink": f"{feed.url}incidents/{announcement.id}",
        "started_at": instant.text(announcement.start),
        "page_id": feed.state.page.public_id,
        "incident_updates": [_update(feed, announcement.id, step) for step in steps],
        "components": _whole(feed, announcement.monitors, components),
        "reminder_intervals": None,
        "scheduled_for": instant.text(announcement.start),
        "scheduled_until": instant.text(announcement.end),
    }


def _steps(
    updates: Iterable[IncidentUpdate | MaintenanceUpdate],
    effects: Levels,
    holds: Callable[[Status | Phase], bool],
) -> Iterator[UpdateStep]:
    """Return the updates, newest first, each with the components' levels before and after it."""
    steps: list[UpdateStep] = []
    old_levels: Levels = dict.fromkeys(effects, Level.UP)
    for update in reversed(tuple(updates)):
        status = update.status if isinstance(update, IncidentUpdate) else update.phase
        new_levels = effects if holds(status) else dict.fromkeys(effects, Level.UP)
        word = _word(status)
        steps.append(
            UpdateStep(
                update.id, word, update.body, update.at, update.published, old_levels, new_levels
            )
        )
        old_levels = new_levels
    return reversed(steps)


def _update(feed: PageFeed, incident_id: str, step: UpdateStep) -> Json:
    return {
        "id": step.id,
        "status": step.status,
        "body": untrusted_text.text(step.body),
        "incident_id": incident_id,
        "created_at": instant.text(step.published),
        "updated_at": instant.text(step.published),
        "display_at": instant.text(step.at),
        "affected_components": _affected(feed, step) or None,
        "deliver_notifications": False,
        "custom_tweet": None,
        "tweet_id": None,
    }


def _affected(feed: PageFeed, step: UpdateStep) -> list[Json]:
    return [
        {
            "code": component.data.public_id,
            "name": _full_name(component.data.group, component.data.title),
            "old_status": STATUSES[step.old_levels[name]],
            "new_status": STATUSES[step.new_levels[name]],
        }
        for name, component in feed.components.items()
        if name in step.new_levels
    ]


def _full_name(group: str, title: str) -> str:
    return (
        f"{untrusted_text.line(group)} - {untrusted_text.line(title)}"
        if group
        else untrusted_text.line(title)
    )


def _whole(feed: PageFeed, names: Collection[str], components: Mapping[str, Json]) -> list[Json]:
    """Return the components as the list has them, in the order of the page."""
    lines = (component for name, component in feed.components.items() if name in names)
    return [components[component.data.public_id] for component in lines]


def _word(status: Status | Phase) -> str:
    """Return the API's word for a status; it has none for a cancellation."""
    return (Phase.COMPLETED if status is Phase.CANCELLED else status).value


def _time(at: datetime | None) -> str | None:
    return None if at is None else instant.text(at)
