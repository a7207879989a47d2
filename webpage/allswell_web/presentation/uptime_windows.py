"""Calculate uptime and p95 over 24 hours, 7, 30 and 90 days: the same numbers on every surface."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from functools import reduce

from allswell.domain import histogram, instant, rollup, uptime
from allswell.domain.histogram import Histogram
from allswell.domain.latency import LatencyBucket
from allswell.domain.uptime import Uptime, UptimeDay
from allswell_web.graphics import latency_chart
from allswell_web.presentation.page_state import ComponentState, PageState
from allswell_web.text import times

DAYS = 90
LENGTHS = (7, 30, DAYS)
HOURS = timedelta(hours=24)
Buckets = Mapping[str, Sequence[LatencyBucket]]
# A UTC day, its successful checks, and how long they took: a page has thousands, so plain tuples.
DayLatencies = tuple[date, int, Histogram]


@dataclass(frozen=True, slots=True)
class UptimeWindow:
    """One period up to the horizon: `days` is 1 for the last 24 hours, else a number of days.

    `p95_us` is None below a least number of checks.
    """

    days: int
    uptime: Uptime
    p95_us: int | None

    @property
    def name(self) -> str:
        """Return its short name: `24h`, `7d`, `30d`, `90d`."""
        return "24h" if self.days == 1 else f"{self.days}d"


def days_of(state: PageState, component: ComponentState) -> tuple[UptimeDay, ...]:
    """Return the days that the bars of a component show, in the zone of the page."""
    first, last = times.last_days(state.now, state.zone, DAYS)
    return uptime.by_day(component.segments, first, last, state.zone)


def of_component(
    state: PageState, component: ComponentState, buckets: Buckets, days: Sequence[UptimeDay]
) -> tuple[UptimeWindow, ...]:
    """Return the windows of one component, `days` as `days_of` gives them."""
    return tuple(_windows(state, [(component, days)], buckets))


def of_page(state: PageState, buckets: Buckets) -> tuple[UptimeWindow, ...]:
    """Return the windows of a whole page: the times and checks of all components together."""
    return tuple(
        _windows(
            state,
            [(component, days_of(state, component)) for component in state.components],
            buckets,
        )
    )


def _windows(
    state: PageState,
    components: Sequence[tuple[ComponentState, Sequence[UptimeDay]]],
    buckets: Buckets,
) -> Iterator[UptimeWindow]:
    """Yield 24 hours back from the horizon, then the last days that the bars show.

    The p95 of days is that of whole days of UTC, as histograms are kept, today included.
    """
    end = state.now if state.horizon is None else state.horizon
    counted = _sum(
        uptime.measure(component.segments, end - HOURS, end) for component, _ in components
    )
    recent = [
        bucket
        for component, _ in components
        for bucket in latency_chart.within(
            buckets.get(component.data.public_id, ()), instant.floor(end)
        )
    ]
    yield UptimeWindow(1, counted, latency_chart.p95(recent))
    latencies = [
        day for component, _ in components for day in _latencies_by_day(component, buckets, end)
    ]
    p95s = dict(zip(LENGTHS, _p95s(latencies, end), strict=True))
    for number in LENGTHS:
        counted = _sum(
            uptime.measure(component.segments, days[-number].start, end)
            for component, days in components
        )
        yield UptimeWindow(number, counted, p95s[number])


def _latencies_by_day(
    component: ComponentState, buckets: Buckets, end: datetime
) -> list[DayLatencies]:
    """Return a component's latencies by day: stored roll-ups, and the rest from buckets.

    The collector's buckets reach back 24 hours, so they fill in for today, and for yesterday
    while it is not rolled up.
    """
    days = component.data.days
    by_day = [(day.day, day.successful, day.latencies) for day in days]
    stored = {day.day for day in days}
    recent = latency_chart.within(buckets.get(component.data.public_id, ()), instant.floor(end))
    midnight = instant.day_start(instant.day_of(end))
    today = bisect_left(recent, midnight, key=latency_chart.start)
    for group in (recent[:today], recent[today:]):
        if group and (day_of := instant.day_of(group[0].start)) not in stored:
            counted = _counted(group)
            by_day.append((day_of, counted.total, counted))
    return by_day


def _counted(buckets: Sequence[LatencyBucket]) -> Histogram:
    counts: dict[int, int] = {}
    for latency_us, count in latency_chart.spread(buckets):
        number = histogram.bucket(latency_us)
        counts[number] = counts.get(number, 0) + count
    return Histogram({number: count for number, count in counts.items() if count})


def _p95s(days: Sequence[DayLatencies], end: datetime) -> Iterator[int | None]:
    """Yield the p95 over each of the lengths; the shorter ones are a part of the longer."""
    merged, checks, last = Histogram(), 0, date.max
    for number in LENGTHS:
        first = instant.day_of(end) - timedelta(days=number - 1)
        further = [entry for entry in days if first <= entry[0] < last]
        merged = histogram.merge([merged, *(latencies for _, _, latencies in further)])
        checks, last = checks + sum(count for _, count, _ in further), first
        enough = checks >= latency_chart.MIN_CHECKS
        yield histogram.quantile_us(merged, rollup.P95) if enough else None


def _sum(uptimes: Iterable[Uptime]) -> Uptime:
    listed = list(uptimes)
    return reduce(_added, listed) if listed else Uptime()


def _added(one: Uptime, other: Uptime) -> Uptime:
    names = [field.name for field in fields(Uptime)]
    return Uptime(**{name: getattr(one, name) + getattr(other, name) for name in names})
