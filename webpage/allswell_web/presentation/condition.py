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


class Condition(StrEnum):
    """What a visitor is told of a component."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"
    MAINTENANCE = "maintenance"
    PAUSED = "paused"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class ComponentCondition:
    """A condition, since when, why, and what is observed beneath a maintenance window.

    `last` is set when the present is not known: how things stood when they were last seen.
    """

    condition: Condition
    since: datetime | None = None
    reason: str = ""
    observed: State = State.UNKNOWN
    last: Condition | None = None


def of(segment: Segment) -> Condition:
    """The condition during one segment."""
    if segment.state is State.PAUSED:
        return Condition.PAUSED
    if segment.maintenance:
        return Condition.MAINTENANCE
    return Condition(segment.state.value)


def standing(
    segments: Sequence[Segment], observed: datetime | None, now: datetime
) -> ComponentCondition:
    """How a component stands at `now`, when it was observed through `observed`.

    Segments end at `observed`. A change of reason does not begin a new "since".
    """
    if not segments:
        return ComponentCondition(Condition.NEW)
    ending = segments[-1]
    condition, since = of(ending), ending.start
    for segment in reversed(segments):
        if of(segment) is not condition:
            break
        since = segment.start
    found = ComponentCondition(condition, since, ending.reason, ending.state)
    if condition is Condition.UNKNOWN and since == segments[0].start:
        found = replace(found, condition=Condition.NEW, reason=timeline.NO_DATA)
    if silent(observed, now):
        last = found.condition
        return replace(found, condition=Condition.UNKNOWN, since=observed, last=last)
    return found


def silent(observed: datetime | None, now: datetime) -> bool:
    """Whether the last observation is too old to say anything of the present."""
    return observed is None or now - observed > SILENCE


class ConditionExtent(StrEnum):
    """How much of a page a condition has reached."""

    ALL = "all"
    SOME = "some"


@dataclass(frozen=True, slots=True)
class PageCondition:
    """The page's worst condition: which, how far, and the places of those concerned."""

    condition: Condition
    extent: ConditionExtent
    places: tuple[int, ...]


_WORST_FIRST = (
    (Condition.DOWN,),
    (Condition.DEGRADED,),
    (Condition.UNKNOWN, Condition.NEW),
    (Condition.MAINTENANCE,),
)


def overall(standings: Sequence[ComponentCondition]) -> PageCondition:
    """The first that applies: down, degraded, unknown, maintenance, up.

    A paused component counts only when there is no other. No component at all is unknown.
    """
    watched = [p for p, it in enumerate(standings) if it.condition is not Condition.PAUSED]
    if not watched:
        paused = Condition.PAUSED if standings else Condition.UNKNOWN
        return PageCondition(paused, ConditionExtent.ALL, tuple(range(len(standings))))
    for conditions in _WORST_FIRST:
        places = tuple(p for p in watched if standings[p].condition in conditions)
        if places:
            extent = ConditionExtent.ALL if len(places) == len(watched) else ConditionExtent.SOME
            new = all(standings[p].condition is Condition.NEW for p in places)
            return PageCondition(Condition.NEW if new else conditions[0], extent, places)
    return PageCondition(Condition.UP, ConditionExtent.ALL, tuple(watched))
