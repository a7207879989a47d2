"""How bad things are, in Statuspage's words: of one component, and of the page."""

from collections.abc import Collection, Mapping, Sequence
from enum import IntEnum

from allswell.domain.incident import Effect, Impact, Incident
from allswell_web.presentation.page_state import PageState
from allswell_web.status.component_status import ComponentStatus


class Level(IntEnum):
    """From good to bad. A partial outage is only ever declared."""

    UP = 0
    MAINTENANCE = 1
    UNKNOWN = 2
    DEGRADED = 3
    PARTIAL = 4
    DOWN = 5


STATUSES = {
    Level.UP: "operational",
    Level.MAINTENANCE: "under_maintenance",
    # Not a word of our own: some clients paint a word they do not know green.
    Level.UNKNOWN: "degraded_performance",
    Level.DEGRADED: "degraded_performance",
    Level.PARTIAL: "partial_outage",
    Level.DOWN: "major_outage",
}
_CONDITIONS = {
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
    """The worst that open incidents say of each component, by the name of its monitor."""
    found: dict[str, Level] = {}
    for it in incidents:
        for affected in it.components if it.is_open else ():
            level = EFFECTS[affected.effect]
            found[affected.monitor] = max(level, found.get(affected.monitor, level))
    return found


def of(condition: ComponentStatus, said: Level = Level.UP) -> Level:
    """A component's level: as observed, or as people say where that is worse."""
    return max(_CONDITIONS[condition], said)


def of_lines(it: PageState, said: Collection[Incident]) -> Mapping[str, Level]:
    """Every component's level by its monitor's name: as observed, or declared where worse."""
    worst = declared(said)
    return {
        line.component.name: of(line.current.status, worst.get(line.component.name, Level.UP))
        for line in it.lines
    }


def of_page(it: PageState, said: Collection[Incident]) -> tuple[str, str]:
    """Indicator and description of a page; a paused component counts only if it is declared bad."""
    levels = of_lines(it, said)
    watched = [
        levels[line.component.name]
        for line in it.lines
        if line.current.status is not ComponentStatus.PAUSED
        or levels[line.component.name] > Level.MAINTENANCE
    ]
    return indicator(watched, said)


def indicator(levels: Sequence[Level], declared: Collection[Incident]) -> tuple[str, str]:
    """Indicator and description by the levels of watched components and what people declared.

    Nobody looks at a page without a watched component, so it must not read as green.
    """
    worst = max(levels, default=Level.UNKNOWN)
    told = _OF_ALL if levels.count(worst) == len(levels) else _OF_SOME
    found = [told[worst]]
    found += [_OF_IMPACT[it.impact] for it in declared if it.is_open]
    return max(found, key=lambda pair: _INDICATORS.index(pair[0]))
