"""The days that matter, as a list: what a bar shows, in words."""

from collections.abc import Sequence
from datetime import datetime

from allswell.domain import instant
from allswell.domain.timeline import Segment
from allswell.domain.uptime import UptimeDay
from allswell_web.graphics import uptime_bars
from allswell_web.presentation.context import PageContext
from allswell_web.presentation.page_state import ComponentState
from allswell_web.presentation.view import StretchView, TroubledDayView
from allswell_web.status import component_status
from allswell_web.status.component_status import ComponentStatus
from allswell_web.text import labels
from allswell_web.text import times as text_times

MOST_DAYS = 5
MOST_STRETCHES = 4
_LISTED = (
    ComponentStatus.DOWN,
    ComponentStatus.DEGRADED,
    ComponentStatus.UNKNOWN,
    ComponentStatus.MAINTENANCE,
)
OUTAGES = (ComponentStatus.DOWN, ComponentStatus.DEGRADED)


def troubled(
    scene: PageContext, line: ComponentState, days: Sequence[UptimeDay]
) -> tuple[tuple[TroubledDayView, ...], int]:
    """The newest five days whose bar is not all good, newest first, and how many more there are."""
    mixed = [day for day in reversed(days) if uptime_bars.kind(day) == uptime_bars.MIXED]
    listed = [_day(scene, line, day) for day in mixed[:MOST_DAYS]]
    # A day whose only gaps are too short to be listed has nothing to tell.
    told = tuple(day for day in listed if day.stretches)
    return told, max(0, len(mixed) - MOST_DAYS)


def _day(scene: PageContext, line: ComponentState, day: UptimeDay) -> TroubledDayView:
    found = stretches(scene, line, day.start, day.end)
    return TroubledDayView(
        machine=f"{day.day}",
        text=scene.day_text(day.day),
        stretches=found[:MOST_STRETCHES],
        more=max(0, len(found) - MOST_STRETCHES),
    )


def stretches(
    scene: PageContext,
    line: ComponentState,
    start: datetime,
    end: datetime,
    listed: Sequence[ComponentStatus] = _LISTED,
) -> tuple[StretchView, ...]:
    """The times of trouble of a component within [start, end), newest first."""
    touching = [
        segment
        for segment in reversed(line.segments)
        if segment.start < end and segment.end > start and _is_listed(segment, listed)
    ]
    return tuple(_stretch(scene, line, segment, start, end) for segment in touching)


def _is_listed(segment: Segment, listed: Sequence[ComponentStatus]) -> bool:
    what = component_status.of(segment)
    length = (segment.end - segment.start) // instant.MILLISECOND
    small = what is ComponentStatus.UNKNOWN and length <= uptime_bars.VISIBLE_GAP
    return what in listed and not small


def _stretch(
    scene: PageContext, line: ComponentState, segment: Segment, begins: datetime, ends: datetime
) -> StretchView:
    """The part of a segment within a day; one that reaches the end of all is still going on."""
    start, end = max(segment.start, begins), min(segment.end, ends)
    zone, ending = scene.it.zone, line.segments[-1].end
    going_on = segment.end == ending and ending <= ends
    first, name = text_times.clock(start, zone), text_times.abbreviation(start, zone)
    last = "24:00" if end == ends else text_times.clock(end, zone)
    times = f"{first}–{last} {name}"
    if going_on:
        times = scene.say.text("since {time}", time=f"{first} {name}")
    what = component_status.of(segment)
    return StretchView(
        status=what,
        times=times,
        duration=labels.duration(scene.say, end - start),
        word=labels.component_status(scene.say, what),
        reason=labels.reason(scene.say, segment.reason),
    )
