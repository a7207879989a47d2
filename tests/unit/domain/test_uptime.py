"""Uptime is a duration, floored, and nothing known is no data."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from allswell.domain import uptime
from allswell.domain.state import State
from allswell.domain.timeline import Segment
from allswell.domain.uptime import Uptime

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR_MS = 3_600_000


def segment(start: float, end: float, state: State, *, maintenance: bool = False) -> Segment:
    hour = timedelta(hours=1)
    return Segment(NOON + start * hour, NOON + end * hour, state, maintenance=maintenance)


@pytest.mark.parametrize(
    ("spent", "expected"),
    [
        (Uptime(), None),
        (Uptime(unknown=5), None),
        (Uptime(paused=5, maintenance=5), None),
        (Uptime(up=5), "100"),
        (Uptime(degraded=5), "100"),
        (Uptime(up=5, unknown=5), "100"),
        (Uptime(up=99_999_999_999, down=1), "99.99"),
        (Uptime(up=9_995, down=5), "99.95"),
        (Uptime(up=99_959, down=41), "99.95"),
        (Uptime(up=1, degraded=1, down=2), "50.00"),
        (Uptime(down=5), "0.00"),
    ],
)
def test_uptime_is_floored_and_whole_only_without_downtime(
    spent: Uptime, expected: str | None
) -> None:
    assert expected == spent.percent()


def test_the_number_of_decimals_is_the_readers_choice() -> None:
    spent = Uptime(up=2, down=1)
    assert [spent.percent(decimals) for decimals in (0, 1, 4)] == ["66", "66.6", "66.6666"]


@pytest.mark.parametrize(
    ("spent", "expected"),
    [
        (Uptime(), None),
        (Uptime(maintenance=5, paused=5), None),
        (Uptime(unknown=5), "0.0"),
        (Uptime(up=1, down=1, unknown=1), "66.6"),
        (Uptime(up=10_000_000, unknown=1), "99.9"),
        (Uptime(down=5, maintenance=99), "100"),
    ],
)
def test_coverage_is_the_known_part_of_what_counts(spent: Uptime, expected: str | None) -> None:
    assert expected == spent.coverage()


def test_every_state_is_counted_within_the_window_only() -> None:
    found = [
        segment(-5, 1, State.UP),
        segment(1, 2, State.DEGRADED),
        segment(2, 3, State.DOWN),
        segment(3, 4, State.UNKNOWN),
        segment(4, 9, State.PAUSED),
    ]
    expected = Uptime(HOUR_MS, HOUR_MS, HOUR_MS, HOUR_MS, paused=HOUR_MS)
    assert expected == uptime.measure(found, NOON, NOON + timedelta(hours=5))


def test_maintenance_counts_in_no_state_but_a_pause_goes_before_it() -> None:
    found = [
        segment(0, 1, State.DOWN, maintenance=True),
        segment(1, 2, State.UNKNOWN, maintenance=True),
        segment(2, 3, State.PAUSED, maintenance=True),
    ]
    expected = Uptime(maintenance=2 * HOUR_MS, paused=HOUR_MS)
    assert expected == uptime.measure(found, NOON, NOON + timedelta(hours=5))


def test_segments_outside_the_window_do_not_count() -> None:
    found = [segment(-2, -1, State.UP), segment(6, 7, State.UP), segment(-1, 0, State.UP)]
    assert Uptime() == uptime.measure(found, NOON, NOON + timedelta(hours=5))


def test_days_are_cut_at_the_midnights_of_the_zone() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first, last = date(2026, 10, 24), date(2026, 10, 26)
    begin = datetime(2026, 10, 20, tzinfo=UTC)
    found = [
        Segment(begin, datetime(2026, 10, 25, 12, tzinfo=UTC), State.UP),
        Segment(datetime(2026, 10, 25, 12, tzinfo=UTC), begin + timedelta(days=20), State.DOWN),
    ]
    days = uptime.by_day(found, first, last, berlin)
    expected = [
        (first, Uptime(up=24 * HOUR_MS)),
        (date(2026, 10, 25), Uptime(up=14 * HOUR_MS, down=11 * HOUR_MS)),
        (last, Uptime(down=24 * HOUR_MS)),
    ]
    assert expected == [(day.day, day.uptime) for day in days]


def test_days_join_without_a_gap() -> None:
    days = uptime.by_day([], date(2026, 10, 24), date(2026, 10, 26), ZoneInfo("Europe/Berlin"))
    assert [day.start for day in days[1:]] == [day.end for day in days[:-1]]


def test_a_last_day_before_the_first_gives_no_day() -> None:
    assert uptime.by_day([], date(2026, 10, 24), date(2026, 10, 22), UTC) == ()
