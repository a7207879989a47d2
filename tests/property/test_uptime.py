"""Uptime against a reading of the rules second by second."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allswell.domain import timeline, uptime
from allswell.domain.health import HealthClaim
from allswell.domain.state import State
from allswell.domain.timeline import Overlay, OverlayKind
from allswell.domain.uptime import Uptime
from tests import thoroughness

SECOND = timedelta(seconds=1)
WINDOW = 400
START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
REASONS = {
    State.UP: "",
    State.DEGRADED: "Slow",
    State.DOWN: "Timeout",
    State.UNKNOWN: "EgressLost",
}
# A claim is (second, state); an overlay (kind, first second, seconds or None).
Claims = list[tuple[int, State]]
Overlays = list[tuple[OverlayKind, int, int | None]]
claims = st.lists(
    st.tuples(st.integers(-100, WINDOW + 50), st.sampled_from(list(REASONS))), max_size=12
)
overlays = st.lists(
    st.tuples(
        st.sampled_from(list(OverlayKind)),
        st.integers(-100, WINDOW),
        st.none() | st.integers(1, 200),
    ),
    max_size=6,
)


def counted_by_second(found: Claims, over: Overlays, seconds: range) -> dict[str, int]:
    """Return what each second counts as, looked up for each second anew."""
    spent: Counter[str] = Counter()
    for second in seconds:
        here = {k for k, at, n in over if at <= second and (n is None or second < at + n)}
        # Of all that are dated before, the one that was made last holds.
        made = [word for at, word in found if at <= second]
        if OverlayKind.PAUSED in here:
            spent["paused"] += 1
        elif OverlayKind.MAINTENANCE in here:
            spent["maintenance"] += 1
        elif OverlayKind.UNSEEN in here or not made:
            spent["unknown"] += 1
        else:
            spent[made[-1].value] += 1
    return spent


def ledgers(
    found: Claims, over: Overlays, unit: timedelta, start: datetime
) -> tuple[list[HealthClaim], list[Overlay]]:
    """Return the two ledgers, a claim or overlay at each so many units after the start."""
    told = [HealthClaim(word, start + at * unit, REASONS[word]) for at, word in found]
    laid = [
        Overlay(kind, start + at * unit, None if n is None else start + (at + n) * unit)
        for kind, at, n in over
    ]
    return told, laid


def measured(spent: Uptime) -> dict[str, int]:
    names = ("up", "degraded", "down", "unknown", "paused", "maintenance")
    return {name: getattr(spent, name) // 1000 for name in names if getattr(spent, name)}


@given(claims, overlays, st.integers(0, WINDOW), st.integers(0, WINDOW))
def test_uptime_is_what_counting_each_second_gives(
    found: Claims, over: Overlays, first: int, length: int
) -> None:
    told, laid = ledgers(found, over, SECOND, START)
    begin, end = START + first * SECOND, START + (first + length) * SECOND
    spent = uptime.measure(timeline.segments(told, laid, begin, end), begin, end)
    assert counted_by_second(found, over, range(first, first + length)) == measured(spent)


@given(claims, overlays)
def test_segments_fill_the_window_and_neighbours_differ(found: Claims, over: Overlays) -> None:
    told, laid = ledgers(found, over, SECOND, START)
    drawn = timeline.segments(told, laid, START, START + WINDOW * SECOND)
    assert (drawn[0].start, drawn[-1].end) == (START, START + WINDOW * SECOND)
    for before, after in pairwise(drawn):
        assert before.end == after.start
        assert (before.state, before.reason, before.maintenance) != (
            after.state,
            after.reason,
            after.maintenance,
        )


ZONES = [
    ("Europe/Berlin", date(2026, 3, 27)),
    ("Europe/Berlin", date(2026, 10, 23)),
    ("America/Asuncion", date(2023, 9, 29)),
    ("America/Asuncion", date(2024, 3, 22)),
    ("Africa/Cairo", date(2025, 4, 23)),
    ("Africa/Cairo", date(2025, 10, 29)),
    ("UTC", date(2026, 11, 21)),
]


def counted_by_day(
    found: Claims, over: Overlays, zone: ZoneInfo, start: datetime, quarters: int
) -> dict[date, Counter[str]]:
    """Return each quarter of an hour counted to the day that a calendar in the zone shows then."""
    days: dict[date, Counter[str]] = {}
    for quarter in range(quarters):
        day = (start + quarter * timedelta(minutes=15)).astimezone(zone).date()
        spent = counted_by_second(found, over, range(quarter, quarter + 1))
        days.setdefault(day, Counter()).update(spent)
    return days


@pytest.mark.parametrize(("name", "first"), ZONES)
@settings(max_examples=thoroughness.of(25))
@given(found=claims, over=overlays)
def test_days_of_23_and_25_hours_are_cut_where_the_calendar_turns(
    name: str, first: date, found: Claims, over: Overlays
) -> None:
    zone, quarter = ZoneInfo(name), timedelta(minutes=15)
    last = first + timedelta(days=3)
    empty = uptime.by_day([], first, last, zone)
    start, end = empty[0].start, empty[-1].end
    told, laid = ledgers(found, over, quarter, start)
    drawn = timeline.segments(told, laid, start, end)
    days = uptime.by_day(drawn, first, last, zone)
    expected = counted_by_day(found, over, zone, start, (end - start) // quarter)
    assert expected == {
        day.day: {word: n // 900 for word, n in measured(day.uptime).items()} for day in days
    }
    whole = measured(uptime.measure(drawn, start, end))
    assert whole == dict(sum((Counter(measured(day.uptime)) for day in days), Counter()))


@given(claims, overlays)
def test_a_hundred_percent_means_no_downtime_and_no_data_means_none(
    found: Claims, over: Overlays
) -> None:
    told, laid = ledgers(found, over, SECOND, START)
    end = START + WINDOW * SECOND
    spent = uptime.measure(timeline.segments(told, laid, START, end), START, end)
    assert (spent.percent() == "100") is (spent.known > 0 and spent.down == 0)
    assert (spent.percent() is None) is (spent.known == 0)
    assert (spent.coverage() == "100") is (spent.counted > 0 and spent.unknown == 0)
