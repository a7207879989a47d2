"""Facts and a moment, turned into segments and standings: what every surface starts from.

Nothing is stated of any time after the facts' `observed_through`: segments end there.
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
    """One component with its whole history as far as it was read."""

    component: page_data.ComponentData
    segments: tuple[Segment, ...]
    current: CurrentStatus


@dataclass(frozen=True, slots=True)
class PageState:
    """A page at `now`; `horizon` is the end of all that is stated, None before the first."""

    page: page_data.PageRow
    now: datetime
    zone: ZoneInfo
    horizon: datetime | None
    silent: bool
    lines: tuple[ComponentState, ...]
    overall: OverallStatus


def of(found: page_data.PageData, now: datetime) -> PageState:
    """Survey the facts of one page at `now`."""
    horizon = None if found.observed_through is None else min(found.observed_through, now)
    lines = tuple(_line(component, horizon, now) for component in found.components)
    return PageState(
        page=found.page,
        now=now,
        zone=times.zone(found.page.time_zone),
        horizon=horizon,
        silent=component_status.is_stale(horizon, now),
        lines=lines,
        overall=overall_status.of([line.current for line in lines]),
    )


def _line(
    component: page_data.ComponentData, horizon: datetime | None, now: datetime
) -> ComponentState:
    segments: tuple[Segment, ...] = ()
    if horizon is not None:
        segments = timeline.segments(component.claims, component.overlays, component.born, horizon)
    return ComponentState(component, segments, component_status.current(segments, horizon, now))
