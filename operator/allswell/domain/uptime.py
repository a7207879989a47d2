"""Uptime as a duration, never a count of checks.

W is the window within the monitor's life, less paused time and maintenance; known = W - unknown;
uptime = (up + degraded) / known; coverage = known / W. Nothing known is "no data", never 100 %.
Page, badge, API, `status` and roll-up all call `measure`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise

from allswell.domain import instant
from allswell.domain.state import State
from allswell.domain.timeline import Segment


@dataclass(frozen=True, slots=True)
class Uptime:
    """Milliseconds of each state in a window; maintenance counts in none of the others."""

    up: int = 0
    degraded: int = 0
    down: int = 0
    unknown: int = 0
    paused: int = 0
    maintenance: int = 0

    @property
    def known(self) -> int:
        """Milliseconds in which the state was known and counts."""
        return self.up + self.degraded + self.down

    @property
    def counted(self) -> int:
        """W: milliseconds that count, known or not."""
        return self.known + self.unknown

    def percent(self, decimals: int = 2) -> str | None:
        """Uptime in percent, floored; `100` only without any downtime; None without data."""
        return _percent(self.up + self.degraded, self.known, decimals)

    def coverage(self, decimals: int = 1) -> str | None:
        """The part of W that was observed, in percent, floored; None when W is empty."""
        return _percent(self.known, self.counted, decimals)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a page's zone with what was measured in it."""

    day: date
    start: datetime
    end: datetime
    uptime: Uptime


def _percent(part: int, whole: int, decimals: int) -> str | None:
    if whole == 0:
        return None
    if part == whole:
        return "100"
    exact = Decimal(part * 100) / Decimal(whole)
    return str(exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_FLOOR))


def measure(segments: Iterable[Segment], start: datetime, end: datetime) -> Uptime:
    """How long each state lasted within [start, end), by segments that do not overlap."""
    spent: dict[str, int] = {}
    for segment in segments:
        length = instant.to_ms(min(segment.end, end)) - instant.to_ms(max(segment.start, start))
        if length > 0:
            counted = segment.maintenance and segment.state is not State.PAUSED
            name = "maintenance" if counted else segment.state.value
            spent[name] = spent.get(name, 0) + length
    return Uptime(**spent)


def by_day(segments: Sequence[Segment], first: date, last: date, zone: tzinfo) -> tuple[Day, ...]:
    """One `Day` for each day from `first` to `last`, both meant, cut in `zone`."""
    count = (last - first).days + 1
    starts = [instant.day_start(first + timedelta(days=n), zone) for n in range(count + 1)]
    days: list[Day] = []
    position = 0
    for number, (start, end) in enumerate(pairwise(starts)):
        while position < len(segments) and segments[position].end <= start:
            position += 1
        found = _overlapping(segments, position, end)
        days.append(Day(first + timedelta(days=number), start, end, measure(found, start, end)))
    return tuple(days)


def _overlapping(segments: Sequence[Segment], position: int, end: datetime) -> list[Segment]:
    found = []
    for segment in segments[position:]:
        if segment.start >= end:
            break
        found.append(segment)
    return found
