"""Rank how bad things are, in Statuspage's words: of one component, and of the page."""

from collections.abc import Collection, Mapping, Sequence
from enum import IntEnum

from allswell.domain.incident import Effect, Impact, Incident
from allswell_web.presentation.page_state import PageState
from allswell_web.status.component_status import ComponentStatus


class Level(IntEnum):
    """The levels from good to bad. A partial outage is only ever declared."""

    UP = 0
    MAINTENANCE = 1
    UNKNOWN = 2
    DEGRADED = 3
    PARTIAL = 4
    DOWN = 5


STATUSES = {
    Level.UP: "operational",
    Level.MAINTENANCE: "under_maintenance",
    # Not a word of our own: some clients show an unknown word in green.
    Level.UNKNOWN: "degraded_performance",
    Level.DEGRADED: "degraded_performance",
    Level.PARTIAL: "partial_outage",
    Level.DOWN: "major_outage",
}
_LEVELS = {
    ComponentStatus.UP: Level.UP,
    ComponentStatus.DEGRADED: Level.DEGRADED,
    ComponentStatus.DOWN: Level.DOWN,
    ComponentStatus.UNKNOWN: Level.UNKNOWN,
    ComponentStatus.NEW: Level.UNKNOWN,
    ComponentStatus.PAUSED: Level.MAINTENANCE,
    ComponentStatus.MAINTENANCE: Level.MAINTENANCE,
}
EFFECTS = {
    Effect.OPERATIONAL: Level.UP,
    Effect.DEGRADED: Level.DEGRADED,
    Effect.PARTIAL: Level.PARTIAL,
    Effect.DOWN: Level.DOWN,
}
# Indicator and description where it holds for every component, and for some. Clients match on them.
_OF_ALL = {
    Level.UP: ("none", "All Systems Operational"),
    Level.MAINTENANCE: ("maintenance", "Service Under Maintenance"),
    Level.UNKNOWN: ("minor", "Status Unknown"),
    Level.DEGRADED: ("minor", "Degraded System Service"),
    Level.PARTIAL: ("minor", "Minor Service Outage"),
    Level.DOWN: ("critical", "Major System Outage"),
}
_OF_SOME = _OF_ALL | {
    Level.UNKNOWN: ("minor", "Status Partly Unknown"),
    Level.DEGRADED: ("minor", "Partially Degraded Service"),
    Level.DOWN: ("major", "Partial System Outage"),
}
_OF_IMPACT = {
    Impact.NONE: ("none", "All Systems Operational"),
    Impact.MINOR: ("minor", "Minor Service Outage"),
    Impact.MAJOR: ("major", "Partial System Outage"),
    Impact.CRITICAL: ("critical", "Major System Outage"),
}
_INDICATORS = ("none", "maintenance", "minor", "major", "critical")


def declared(incidents: Collection[Incident]) -> Mapping[str, Level]:
    """Return each component's worst level in open incidents, by its monitor's name."""
    worst: dict[str, Level] = {}
    for incident in incidents:
        for affected in incident.components if incident.is_open else ():
            level = EFFECTS[affected.effect]
            worst[affected.monitor] = max(level, worst.get(affected.monitor, level))
    return worst


def of(status: ComponentStatus, declared_level: Level = Level.UP) -> Level:
    """Return a component's level: as observed, or as declared where that is worse."""
    return max(_LEVELS[status], declared_level)


def of_components(state: PageState, incidents: Collection[Incident]) -> Mapping[str, Level]:
    """Return every component's level by its monitor's name: observed, or declared if worse."""
    worst = declared(incidents)
    return {
        component.data.name: of(component.current.status, worst.get(component.data.name, Level.UP))
        for component in state.components
    }


def of_page(state: PageState, incidents: Collection[Incident]) -> tuple[str, str]:
    """Return indicator and description of a page; paused ones count only if declared bad."""
    levels = of_components(state, incidents)
    active = [
        levels[component.data.name]
        for component in state.components
        if component.current.status is not ComponentStatus.PAUSED
        or levels[component.data.name] > Level.MAINTENANCE
    ]
    return indicator(active, incidents)


def indicator(levels: Sequence[Level], incidents: Collection[Incident]) -> tuple[str, str]:
    """Return indicator and description by the levels of active components and the incidents.

    A page without an active component is not observed, so it must not show as green.
    """
    worst = max(levels, default=Level.UNKNOWN)
    words = _OF_ALL if levels.count(worst) == len(levels) else _OF_SOME
    candidates = [words[worst]]
    candidates += [_OF_IMPACT[it.impact] for it in incidents if it.is_open]
    return max(candidates, key=lambda pair: _INDICATORS.index(pair[0]))
