"""Decide the status of a component from segments.

A status is a state as visitors see it: maintenance is laid over the observed state, and time
before a monitor's first result is "no data yet", which is never green.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from allswell.domain import timeline
from allswell.domain.state import State
from allswell.domain.timeline import Segment

# Beyond this age of the last observation the current status is unknown.
STALE_AFTER = timedelta(minutes=2)


class ComponentStatus(StrEnum):
    """A component's status as visitors see it."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"
    MAINTENANCE = "maintenance"
    PAUSED = "paused"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class CurrentStatus:
    """A status, since when, why, and the state observed beneath a maintenance window.

    `last` is set when the current status is unknown: the last one that was observed.
    """

    status: ComponentStatus
    since: datetime | None = None
    reason: str = ""
    observed: State = State.UNKNOWN
    last: ComponentStatus | None = None


def of(segment: Segment) -> ComponentStatus:
    """Return the status during one segment."""
    if segment.state is State.PAUSED:
        return ComponentStatus.PAUSED
    if segment.maintenance:
        return ComponentStatus.MAINTENANCE
    return ComponentStatus(segment.state.value)


def current(
    segments: Sequence[Segment], observed_through: datetime | None, now: datetime
) -> CurrentStatus:
    """Return the status at `now`, from segments that end at `observed_through`.

    A change of reason does not begin a new "since".
    """
    if not segments:
        return CurrentStatus(ComponentStatus.NEW)
    last = segments[-1]
    status, since = of(last), last.start
    for segment in reversed(segments):
        if of(segment) is not status:
            break
        since = segment.start
    current = CurrentStatus(status, since, last.reason, last.state)
    if status is ComponentStatus.UNKNOWN and since == segments[0].start:
        current = replace(current, status=ComponentStatus.NEW, reason=timeline.NO_DATA)
    if is_stale(observed_through, now):
        return replace(
            current, status=ComponentStatus.UNKNOWN, since=observed_through, last=current.status
        )
    return current


def is_stale(observed_through: datetime | None, now: datetime) -> bool:
    """Decide whether the last observation is too old to say anything of the present."""
    return observed_through is None or now - observed_through > STALE_AFTER
