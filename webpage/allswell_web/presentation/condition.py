"""How a component stands, and how the whole page stands, decided from segments.

A condition is a state as visitors see it: maintenance is laid over the observed state, and time
before a monitor's first result is "no data yet", which is never green.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from allswell.domain import timeline
from allswell.domain.state import State
from allswell.domain.timeline import Segment

# Beyond this age of the last observation the present state is not known.
SILENCE = timedelta(minutes=2)


class ComponentStatus(StrEnum):
    """What a visitor is told of a component."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"
    MAINTENANCE = "maintenance"
    PAUSED = "paused"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class ComponentStanding:
    """A condition, since when, why, and what is observed beneath a maintenance window.

    `last` is set when the present is not known: how things stood when they were last seen.
    """

    condition: ComponentStatus
    since: datetime | None = None
    reason: str = ""
    observed: State = State.UNKNOWN
    last: ComponentStatus | None = None


def of(segment: Segment) -> ComponentStatus:
    """The condition during one segment."""
    if segment.state is State.PAUSED:
        return ComponentStatus.PAUSED
    if segment.maintenance:
        return ComponentStatus.MAINTENANCE
    return ComponentStatus(segment.state.value)


def standing(
    segments: Sequence[Segment], observed: datetime | None, now: datetime
) -> ComponentStanding:
    """How a component stands at `now`, when it was observed through `observed`.

    Segments end at `observed`. A change of reason does not begin a new "since".
    """
    if not segments:
        return ComponentStanding(ComponentStatus.NEW)
    ending = segments[-1]
    condition, since = of(ending), ending.start
    for segment in reversed(segments):
        if of(segment) is not condition:
            break
        since = segment.start
    found = ComponentStanding(condition, since, ending.reason, ending.state)
    if condition is ComponentStatus.UNKNOWN and since == segments[0].start:
        found = replace(found, condition=ComponentStatus.NEW, reason=timeline.NO_DATA)
    if silent(observed, now):
        last = found.condition
        return replace(found, condition=ComponentStatus.UNKNOWN, since=observed, last=last)
    return found


def silent(observed: datetime | None, now: datetime) -> bool:
    """Whether the last observation is too old to say anything of the present."""
    return observed is None or now - observed > SILENCE


class StatusExtent(StrEnum):
    """How much of a page a condition has reached."""

    ALL = "all"
    SOME = "some"


@dataclass(frozen=True, slots=True)
class OverallStatus:
    """The page's worst condition: which, how far, and the places of those concerned."""

    condition: ComponentStatus
    extent: StatusExtent
    places: tuple[int, ...]


_WORST_FIRST = (
    (ComponentStatus.DOWN,),
    (ComponentStatus.DEGRADED,),
    (ComponentStatus.UNKNOWN, ComponentStatus.NEW),
    (ComponentStatus.MAINTENANCE,),
)


def overall(standings: Sequence[ComponentStanding]) -> OverallStatus:
    """The first that applies: down, degraded, unknown, maintenance, up.

    A paused component counts only when there is no other. No component at all is unknown.
    """
    watched = [p for p, it in enumerate(standings) if it.condition is not ComponentStatus.PAUSED]
    if not watched:
        paused = ComponentStatus.PAUSED if standings else ComponentStatus.UNKNOWN
        return OverallStatus(paused, StatusExtent.ALL, tuple(range(len(standings))))
    for conditions in _WORST_FIRST:
        places = tuple(p for p in watched if standings[p].condition in conditions)
        if places:
            extent = StatusExtent.ALL if len(places) == len(watched) else StatusExtent.SOME
            new = all(standings[p].condition is ComponentStatus.NEW for p in places)
            return OverallStatus(ComponentStatus.NEW if new else conditions[0], extent, places)
    return OverallStatus(ComponentStatus.UP, StatusExtent.ALL, tuple(watched))
