"""Turn facts and a moment into segments and statuses, from which every surface starts.

Nothing is stated about any time after the facts' `observed_through`: segments end there.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from allswell.central import page_data
from allswell.domain import timeline
from allswell.domain.timeline import Segment
from allswell_web.status import component_status, overall_status
from allswell_web.status.component_status import CurrentStatus
from allswell_web.status.overall_status import OverallStatus
from allswell_web.text import times


@dataclass(frozen=True, slots=True)
class ComponentState:
    """One component with its segments, as far back as they were read, and its current status."""

    data: page_data.ComponentData
    segments: tuple[Segment, ...]
    current: CurrentStatus


@dataclass(frozen=True, slots=True)
class PageState:
    """A page at `now`; `horizon` is the end of all that is known, None before the first data."""

    page: page_data.PageRow
    now: datetime
    zone: ZoneInfo
    horizon: datetime | None
    is_stale: bool
    components: tuple[ComponentState, ...]
    overall: OverallStatus


def of(facts: page_data.PageData, now: datetime) -> PageState:
    """Evaluate the facts of one page at `now`."""
    horizon = None if facts.observed_through is None else min(facts.observed_through, now)
    components = tuple(_component(component, horizon, now) for component in facts.components)
    return PageState(
        page=facts.page,
        now=now,
        zone=times.zone(facts.page.time_zone),
        horizon=horizon,
        is_stale=component_status.is_stale(horizon, now),
        components=components,
        overall=overall_status.of([component.current for component in components]),
    )


def _component(
    component: page_data.ComponentData, horizon: datetime | None, now: datetime
) -> ComponentState:
    segments: tuple[Segment, ...] = ()
    if horizon is not None:
        segments = timeline.segments(component.claims, component.overlays, component.born, horizon)
    return ComponentState(component, segments, component_status.current(segments, horizon, now))
