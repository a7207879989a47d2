"""Build the eight documents of the API: newest first everywhere; nothing is an empty list."""

from collections.abc import Callable, Mapping

from allswell.domain import instant
from allswell.domain.incident import Incident, Status
from allswell.domain.maintenance import Maintenance, Phase
from allswell_web.api.page_feed import PageFeed
from allswell_web.api.statuspage import announcements, components, level
from allswell_web.api.statuspage.components import Json
from allswell_web.text import untrusted_text

MAX_LISTED = 50
_OPEN = (Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING)
_SCHEDULED = (Phase.SCHEDULED,)


def summary(feed: PageFeed) -> Json:
    """Build `summary.json`: all components, open incidents, scheduled and active maintenance."""
    listed = components.listed(feed)
    not_over = (*_SCHEDULED, *announcements.RUNNING)
    return {
        "page": page(feed),
        "components": listed,
        "incidents": _incidents(feed, _is_open, listed),
        "scheduled_maintenances": _maintenances(feed, lambda phase: phase in not_over, listed),
        "status": _status(feed),
    }


def status(feed: PageFeed) -> Json:
    """Build `status.json`: the overall status of the page."""
    return {"page": page(feed), "status": _status(feed)}


def all_components(feed: PageFeed) -> Json:
    """Build `components.json`: groups and components."""
    return {"page": page(feed), "components": components.listed(feed)}


def incidents(feed: PageFeed) -> Json:
    """Build `incidents.json`: the 50 newest incidents in any state."""
    return {"page": page(feed), "incidents": _incidents(feed, lambda _: True, limit=MAX_LISTED)}


def unresolved(feed: PageFeed) -> Json:
    """Build `incidents/unresolved.json`: incidents that are not resolved."""
    return {"page": page(feed), "incidents": _incidents(feed, _is_open)}


def maintenances(feed: PageFeed) -> Json:
    """Build `scheduled-maintenances.json`: the 50 newest in any state."""
    return _of_maintenances(feed, lambda _: True, limit=MAX_LISTED)


def upcoming(feed: PageFeed) -> Json:
    """Build `scheduled-maintenances/upcoming.json`: maintenance that has not started."""
    return _of_maintenances(feed, lambda phase: phase in _SCHEDULED)


def active(feed: PageFeed) -> Json:
    """Build `scheduled-maintenances/active.json`: maintenance in progress or being verified."""
    return _of_maintenances(feed, lambda phase: phase in announcements.RUNNING)


def page(feed: PageFeed) -> Json:
    """Build the beginning of every document; `updated_at` is the last change, not the present.

    The address has no slash at its end, as in the original: clients append one.
    """
    state = feed.state
    return {
        "id": state.page.public_id,
        "name": untrusted_text.line(state.page.title),
        "url": feed.url.rstrip("/"),
        "time_zone": "Etc/UTC" if str(state.zone) == "UTC" else str(state.zone),
        "updated_at": instant.text(feed.updated),
    }


def _status(feed: PageFeed) -> Json:
    indicator, description = level.of_page(feed.state, feed.declared)
    return {"indicator": indicator, "description": description}


def _is_open(incident: Incident) -> bool:
    return incident.status in _OPEN


def _incidents(
    feed: PageFeed,
    selects: Callable[[Incident], bool],
    listed: list[Json] | None = None,
    limit: int | None = None,
) -> list[Json]:
    components = _by_id(feed, listed)
    selected = [it for it in feed.incidents if selects(it)]
    return [announcements.incident(feed, it, components) for it in selected[:limit]]


def _of_maintenances(
    feed: PageFeed, selects: Callable[[Phase], bool], limit: int | None = None
) -> Json:
    documents = _maintenances(feed, selects, limit=limit)
    return {"page": page(feed), "scheduled_maintenances": documents}


def _maintenances(
    feed: PageFeed,
    selects: Callable[[Phase], bool],
    listed: list[Json] | None = None,
    limit: int | None = None,
) -> list[Json]:
    components = _by_id(feed, listed)
    selected = [it for it in feed.maintenances if _is_expressible(it) and selects(feed.phase(it))]
    return [announcements.maintenance(feed, it, components) for it in selected[:limit]]


def _is_expressible(maintenance: Maintenance) -> bool:
    """Decide whether the API can express it: a cancellation before the start is left out."""
    return maintenance.cancelled is None or maintenance.cancelled > maintenance.start


def _by_id(feed: PageFeed, listed: list[Json] | None) -> Mapping[str, Json]:
    documents = components.listed(feed) if listed is None else listed
    return {str(component["id"]): component for component in documents}
