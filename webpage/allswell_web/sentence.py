"""The one sentence over a page, and its counterpart in the API's fixed English."""

from collections.abc import Sequence

from allswell_web.condition import Condition, Extent, Overall

NOTHING = "Nothing is watched here yet"
SILENT = "The present state is not known"
_ALL = {
    Condition.UP: "All systems operational",
    Condition.DOWN: "All systems are down",
    Condition.DEGRADED: "All systems are degraded",
    Condition.UNKNOWN: "We cannot see any component",
    Condition.NEW: "The first checks are under way",
    Condition.MAINTENANCE: "All systems are under maintenance",
    Condition.PAUSED: "Monitoring is paused",
}
_VERBS = {
    Condition.DOWN: "down",
    Condition.DEGRADED: "degraded",
    Condition.MAINTENANCE: "under maintenance",
}
_INDICATORS = {
    (Condition.DOWN, Extent.ALL): ("critical", "Major System Outage"),
    (Condition.DOWN, Extent.SOME): ("major", "Partial System Outage"),
    (Condition.DEGRADED, Extent.ALL): ("minor", "Degraded System Service"),
    (Condition.DEGRADED, Extent.SOME): ("minor", "Partially Degraded Service"),
    (Condition.UNKNOWN, Extent.ALL): ("minor", "Status Unknown"),
    (Condition.UNKNOWN, Extent.SOME): ("minor", "Status Partly Unknown"),
    (Condition.NEW, Extent.ALL): ("minor", "Status Unknown"),
    (Condition.NEW, Extent.SOME): ("minor", "Status Partly Unknown"),
    (Condition.MAINTENANCE, Extent.ALL): ("maintenance", "Service Under Maintenance"),
    (Condition.MAINTENANCE, Extent.SOME): ("maintenance", "Service Under Maintenance"),
    (Condition.UP, Extent.ALL): ("none", "All Systems Operational"),
    # Nobody looks at a page whose every monitor is paused, so it must not read as green.
    (Condition.PAUSED, Extent.ALL): ("minor", "Status Unknown"),
}


def of(overall: Overall, titles: Sequence[str], *, silent: bool) -> str:
    """The sentence for visitors, e.g. `Public API is down`."""
    if not titles:
        return NOTHING
    if silent:
        return SILENT
    what, places = overall.condition, overall.places
    single = titles[places[0]] if len(places) == 1 and what in _VERBS else ""
    if single:
        return f"{single} is {_VERBS[what]}"
    if overall.extent is Extent.ALL:
        return _ALL[what]
    if what in _VERBS:
        return f"{len(places)} of {len(titles)} components are {_VERBS[what]}"
    if what is Condition.NEW:
        return f"No data yet from {_these(places, titles)}"
    return f"We cannot see {_these(places, titles)}"


def _these(places: Sequence[int], titles: Sequence[str]) -> str:
    if len(places) == 1:
        return titles[places[0]]
    return f"{len(places)} of {len(titles)} components"


def indicator(overall: Overall) -> tuple[str, str]:
    """The API's indicator and description."""
    return _INDICATORS[overall.condition, overall.extent]
