"""Measure uptime as a duration, never as a count of checks.

W is the window within the monitor's life, less paused time and maintenance; known = W - unknown;
uptime = (up + degraded) / known; coverage = known / W. Nothing known is "no data", never 100 %.
Page, badge, API, `status` and roll-up all call `measure`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache
from itertools import pairwise

from allswell.domain import instant
from allswell.domain.state import State
from allswell.domain.timeline import Segment

# Begin and end in milliseconds, and the name of what it counts as.
Span = tuple[int, int, str]


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
        """Return the milliseconds in which the state was known and counts."""
        return self.up + self.degraded + self.down

    @property
    def counted(self) -> int:
        """Return W, the milliseconds that count, known or not."""
        return self.known + self.unknown

    def percent(self, decimals: int = 2) -> str | None:
        """Return uptime in percent, floored; `100` only without any downtime; None without data."""
        return _percent(self.up + self.degraded, self.known, decimals)

    def coverage(self, decimals: int = 1) -> str | None:
        """Return the part of W that was observed, in percent, floored; None when W is empty."""
        return _percent(self.known, self.counted, decimals)


@dataclass(frozen=True, slots=True)
class UptimeDay:
    """One day in a page's time zone, with its uptime."""

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
    """Measure how long each state lasted within [start, end), from segments that do not overlap."""
    return _within(map(_span, segments), instant.to_ms(start), instant.to_ms(end))


def by_day(
    segments: Sequence[Segment], first: date, last: date, zone: tzinfo
) -> tuple[UptimeDay, ...]:
    """Measure each day from `first` to `last`, both included, cut in `zone`."""
    spans = [_span(segment) for segment in segments]
    days: list[UptimeDay] = []
    position = 0
    for day, start, end, begins, ends in _days(first, last, zone):
        while position < len(spans) and spans[position][1] <= begins:
            position += 1
        if position < len(spans) and spans[position][0] <= begins and spans[position][1] >= ends:
            uptime = _whole(spans[position][2], ends - begins)
        else:
            uptime = _within(_up_to(spans, position, ends), begins, ends)
        days.append(UptimeDay(day, start, end, uptime))
    return tuple(days)


@lru_cache(maxsize=64)
def _days(
    first: date, last: date, zone: tzinfo
) -> tuple[tuple[date, datetime, datetime, int, int], ...]:
    """Return each day with its begin and end, also in milliseconds; cached for all components."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 2)]
    starts = [instant.day_start(day, zone) for day in days]
    return tuple(
        (day, start, end, instant.to_ms(start), instant.to_ms(end))
        for day, (start, end) in zip(days, pairwise(starts), strict=False)
    )


@lru_cache(maxsize=256)
def _whole(name: str, length: int) -> Uptime:
    """Return the uptime of a day that is in one state throughout, as most days are."""
    return Uptime(**{name: length})


def _span(segment: Segment) -> Span:
    counted = segment.maintenance and segment.state is not State.PAUSED
    name = "maintenance" if counted else segment.state.value
    return instant.to_ms(segment.start), instant.to_ms(segment.end), name


def _up_to(spans: Sequence[Span], position: int, end: int) -> Iterator[Span]:
    """Yield the spans from a position on that begin before `end`; for most days it is one."""
    while position < len(spans) and spans[position][0] < end:
        yield spans[position]
        position += 1


def _within(spans: Iterable[Span], start: int, end: int) -> Uptime:
    spent: dict[str, int] = {}
    for begins, ends, name in spans:
        length = min(ends, end) - max(begins, start)
        if length > 0:
            spent[name] = spent.get(name, 0) + length
    return Uptime(**spent)
