"""The eight documents of the API. Newest first everywhere; nothing to tell is an empty list."""

from collections.abc import Callable, Mapping

from allswell.domain import instant
from allswell.domain.incident import Incident, Status
from allswell.domain.maintenance import Maintenance, Phase
from allswell_web.api.page_feed import PageFeed
from allswell_web.api.statuspage import announcements, components, level
from allswell_web.api.statuspage.components import Json
from allswell_web.text import untrusted_text

MOST = 50
_OPEN = (Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING)
_PLANNED = (Phase.SCHEDULED,)


def summary(told: PageFeed) -> Json:
    """`summary.json`: all components, open incidents, planned and running maintenance."""
    listed = components.listed(told)
    planned = (*_PLANNED, *announcements.RUNNING)
    return {
        "page": page(told),
        "components": listed,
        "incidents": _incidents(told, _is_open, listed),
        "scheduled_maintenances": _maintenances(told, lambda phase: phase in planned, listed),
        "status": _status(told),
    }


def status(told: PageFeed) -> Json:
    """`status.json`: how the page stands as a whole."""
    return {"page": page(told), "status": _status(told)}


def all_components(told: PageFeed) -> Json:
    """`components.json`: groups and components."""
    return {"page": page(told), "components": components.listed(told)}


def incidents(told: PageFeed) -> Json:
    """`incidents.json`: the 50 newest incidents in any state."""
    return {"page": page(told), "incidents": _incidents(told, lambda _: True, most=MOST)}


def unresolved(told: PageFeed) -> Json:
    """`incidents/unresolved.json`: incidents that are not over."""
    return {"page": page(told), "incidents": _incidents(told, _is_open)}


def maintenances(told: PageFeed) -> Json:
    """`scheduled-maintenances.json`: the 50 newest in any state."""
    return _of_maintenances(told, lambda _: True, most=MOST)


def upcoming(told: PageFeed) -> Json:
    """`scheduled-maintenances/upcoming.json`: maintenance that has not begun."""
    return _of_maintenances(told, lambda phase: phase in _PLANNED)


def active(told: PageFeed) -> Json:
    """`scheduled-maintenances/active.json`: maintenance that is running or being verified."""
    return _of_maintenances(told, lambda phase: phase in announcements.RUNNING)


def page(told: PageFeed) -> Json:
    """What every document begins with; `updated_at` is the last change, not the present.

    The address has no slash at its end, as in the original: clients put one behind it.
    """
    it = told.it
    return {
        "id": it.page.public_id,
        "name": untrusted_text.line(it.page.title),
        "url": told.url.rstrip("/"),
        "time_zone": "Etc/UTC" if str(it.zone) == "UTC" else str(it.zone),
        "updated_at": instant.text(told.updated),
    }


def _status(told: PageFeed) -> Json:
    indicator, description = level.of_page(told.it, told.declared)
    return {"indicator": indicator, "description": description}


def _is_open(it: Incident) -> bool:
    return it.status in _OPEN


def _incidents(
    told: PageFeed,
    wanted: Callable[[Incident], bool],
    listed: list[Json] | None = None,
    most: int | None = None,
) -> list[Json]:
    known = _by_id(told, listed)
    found = [it for it in told.incidents if wanted(it)]
    return [announcements.incident(told, it, known) for it in found[:most]]


def _of_maintenances(
    told: PageFeed, wanted: Callable[[Phase], bool], most: int | None = None
) -> Json:
    found = _maintenances(told, wanted, most=most)
    return {"page": page(told), "scheduled_maintenances": found}


def _maintenances(
    told: PageFeed,
    wanted: Callable[[Phase], bool],
    listed: list[Json] | None = None,
    most: int | None = None,
) -> list[Json]:
    known = _by_id(told, listed)
    found = [it for it in told.maintenances if _is_told(it) and wanted(told.phase(it))]
    return [announcements.maintenance(told, it, known) for it in found[:most]]


def _is_told(it: Maintenance) -> bool:
    """Whether the API has a word for it: what was called off before it began is gone."""
    return it.cancelled is None or it.cancelled > it.start


def _by_id(told: PageFeed, listed: list[Json] | None) -> Mapping[str, Json]:
    found = components.listed(told) if listed is None else listed
    return {str(component["id"]): component for component in found}
