"""Decide the status of a whole page from those of its components."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from allswell_web.status.component_status import ComponentStatus, CurrentStatus


class StatusExtent(StrEnum):
    """How much of a page a status has reached."""

    ALL = "all"
    SOME = "some"


@dataclass(frozen=True, slots=True)
class OverallStatus:
    """The page's worst status, its extent, and the indices of the components that have it."""

    status: ComponentStatus
    extent: StatusExtent
    indices: tuple[int, ...]


_WORST_FIRST = (
    (ComponentStatus.DOWN,),
    (ComponentStatus.DEGRADED,),
    (ComponentStatus.UNKNOWN, ComponentStatus.NEW),
    (ComponentStatus.MAINTENANCE,),
)


def of(components: Sequence[CurrentStatus]) -> OverallStatus:
    """Return the first that applies: down, degraded, unknown, maintenance, up.

    A paused component counts only when there is no other. A page without components is unknown.
    """
    statuses = [component.status for component in components]
    active = [i for i, status in enumerate(statuses) if status is not ComponentStatus.PAUSED]
    if not active:
        paused = ComponentStatus.PAUSED if components else ComponentStatus.UNKNOWN
        return OverallStatus(paused, StatusExtent.ALL, tuple(range(len(components))))
    for group in _WORST_FIRST:
        indices = tuple(i for i in active if statuses[i] in group)
        if indices:
            extent = StatusExtent.ALL if len(indices) == len(active) else StatusExtent.SOME
            new = all(statuses[i] is ComponentStatus.NEW for i in indices)
            return OverallStatus(ComponentStatus.NEW if new else group[0], extent, indices)
    return OverallStatus(ComponentStatus.UP, StatusExtent.ALL, tuple(active))
