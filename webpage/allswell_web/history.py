"""The days that matter, as a list: what a bar shows, in words."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from allswell.domain import duration, instant
from allswell.domain.timeline import Segment
from allswell.domain.uptime import Day
from allswell_web import bars, condition, moments, words
from allswell_web.condition import Condition
from allswell_web.view import Stretch, TroubledDay

MOST_DAYS = 10
MOST_STRETCHES = 4
_LISTED = (Condition.DOWN, Condition.DEGRADED, Condition.UNKNOWN, Condition.MAINTENANCE)


def troubled(
    segments: Sequence[Segment], days: Sequence[Day], now: datetime, zone: ZoneInfo
) -> tuple[tuple[TroubledDay, ...], int]:
    """The newest ten days whose bar is not all good, newest first, and how many more there are."""
    mixed = [day for day in reversed(days) if bars.kind(day) == bars.MIXED]
    listed = [_day(segments, day, now, zone) for day in mixed[:MOST_DAYS]]
    # A day whose only gaps are too short to be listed has nothing to tell.
    told = tuple(day for day in listed if day.stretches)
    return told, max(0, len(mixed) - MOST_DAYS)


def _day(segments: Sequence[Segment], day: Day, now: datetime, zone: ZoneInfo) -> TroubledDay:
    touching = [
        segment
        for segment in segments
        if segment.start < day.end and segment.end > day.start and _is_listed(segment)
    ]
    newest_first = touching[::-1]
    ending = segments[-1].end
    stretches = tuple(
        _stretch(segment, day, ending, zone) for segment in newest_first[:MOST_STRETCHES]
    )
    today = now.astimezone(zone).date()
    more = max(0, len(touching) - MOST_STRETCHES)
    return TroubledDay(f"{day.day}", moments.day_text(day.day, today), stretches, more)


def _is_listed(segment: Segment) -> bool:
    what = condition.of(segment)
    length = (segment.end - segment.start) // instant.MILLISECOND
    small = what is Condition.UNKNOWN and length <= bars.VISIBLE_GAP
    return what in _LISTED and not small


def _stretch(segment: Segment, day: Day, ending: datetime, zone: ZoneInfo) -> Stretch:
    """The part of a segment within a day; one that reaches the end of all is still going on."""
    start, end = max(segment.start, day.start), min(segment.end, day.end)
    going_on = segment.end == ending and ending <= day.end
    finish = "24:00" if end == day.end else moments.clock(end, zone)
    times = f"{moments.clock(start, zone)}–{finish} {moments.abbreviation(start, zone)}"
    if going_on:
        times = f"since {moments.clock(start, zone)} {moments.abbreviation(start, zone)}"
    what = condition.of(segment)
    return Stretch(
        condition=what,
        times=times,
        duration=duration.words(end - start),
        word=words.CONDITIONS[what],
        reason=words.reason(segment.reason),
    )
