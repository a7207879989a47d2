"""List the days with trouble: what a bar shows, in words."""

from collections.abc import Sequence
from datetime import datetime

from allswell.domain import instant
from allswell.domain.timeline import Segment
from allswell.domain.uptime import UptimeDay
from allswell_web.graphics import uptime_bars
from allswell_web.presentation.context import PageContext
from allswell_web.presentation.page_state import ComponentState
from allswell_web.presentation.view import PeriodView, TroubledDayView
from allswell_web.status import component_status
from allswell_web.status.component_status import ComponentStatus
from allswell_web.text import labels
from allswell_web.text import times as text_times

MAX_DAYS = 5
MAX_PERIODS = 4
_LISTED = (
    ComponentStatus.DOWN,
    ComponentStatus.DEGRADED,
    ComponentStatus.UNKNOWN,
    ComponentStatus.MAINTENANCE,
)
OUTAGES = (ComponentStatus.DOWN, ComponentStatus.DEGRADED)


def troubled(
    context: PageContext, component: ComponentState, days: Sequence[UptimeDay]
) -> tuple[tuple[TroubledDayView, ...], int]:
    """Return the newest five days whose bar is not all good, newest first, and how many remain."""
    mixed = [day for day in reversed(days) if uptime_bars.kind(day) == uptime_bars.MIXED]
    listed = [_day(context, component, day) for day in mixed[:MAX_DAYS]]
    # A day whose only gaps are too short to be listed has nothing to show.
    days_with_trouble = tuple(day for day in listed if day.periods)
    return days_with_trouble, max(0, len(mixed) - MAX_DAYS)


def _day(context: PageContext, component: ComponentState, day: UptimeDay) -> TroubledDayView:
    periods = periods_of(context, component, day.start, day.end)
    return TroubledDayView(
        machine=f"{day.day}",
        text=context.day_text(day.day),
        periods=periods[:MAX_PERIODS],
        more=max(0, len(periods) - MAX_PERIODS),
    )


def periods_of(
    context: PageContext,
    component: ComponentState,
    start: datetime,
    end: datetime,
    listed: Sequence[ComponentStatus] = _LISTED,
) -> tuple[PeriodView, ...]:
    """Return the periods of trouble of a component within [start, end), newest first."""
    touching = [
        segment
        for segment in reversed(component.segments)
        if segment.start < end and segment.end > start and _is_listed(segment, listed)
    ]
    return tuple(_period_view(context, component, segment, start, end) for segment in touching)


def _is_listed(segment: Segment, listed: Sequence[ComponentStatus]) -> bool:
    status = component_status.of(segment)
    length = (segment.end - segment.start) // instant.MILLISECOND
    is_short_gap = status is ComponentStatus.UNKNOWN and length <= uptime_bars.VISIBLE_GAP
    return status in listed and not is_short_gap


def _period_view(
    context: PageContext,
    component: ComponentState,
    segment: Segment,
    day_start: datetime,
    day_end: datetime,
) -> PeriodView:
    """Build the part of a segment within a day; one that reaches the horizon is still ongoing."""
    start, end = max(segment.start, day_start), min(segment.end, day_end)
    zone, horizon = context.state.zone, component.segments[-1].end
    is_ongoing = segment.end == horizon and horizon <= day_end
    since, name = text_times.time_of_day(start, zone), text_times.abbreviation(start, zone)
    until = "24:00" if end == day_end else text_times.time_of_day(end, zone)
    times = f"{since}–{until} {name}"
    if is_ongoing:
        times = context.language.text("since {time}", time=f"{since} {name}")
    status = component_status.of(segment)
    return PeriodView(
        status=status,
        times=times,
        duration=labels.duration(context.language, end - start),
        word=labels.component_status(context.language, status),
        reason=labels.reason(context.language, segment.reason),
    )
