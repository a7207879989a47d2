"""Moments and days: aware UTC, whole milliseconds, days as a zone has them."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from allswell.domain import instant


def test_a_moment_is_printed_with_three_decimals_and_z() -> None:
    noon = datetime(2026, 11, 23, 13, 0, 0, 120_999, tzinfo=timezone(timedelta(hours=1)))
    assert instant.text(noon) == "2026-11-23T12:00:00.120Z"


def test_a_moment_of_another_zone_is_read_as_utc() -> None:
    expected = datetime(2026, 11, 23, 12, 0, 0, 120_000, tzinfo=UTC)
    assert expected == instant.parse("2026-11-23T13:00:00.120999+01:00")


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        instant.parse("2026-11-23T12:00:00")


def test_a_moment_is_cut_to_the_millisecond_even_before_the_epoch() -> None:
    before = instant.EPOCH - timedelta(microseconds=1)
    assert instant.from_ms(-1) == instant.floor(before)


def test_a_moment_belongs_to_its_utc_day() -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=timezone(timedelta(hours=-1)))
    assert date(2026, 11, 24) == instant.day_of(late)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Europe/Berlin", date(2026, 11, 23), 24),
        ("America/Asuncion", date(2023, 10, 1), 23),
        ("America/Asuncion", date(2024, 3, 23), 25),
        ("America/Asuncion", date(2024, 3, 24), 24),
        ("Africa/Cairo", date(2025, 4, 25), 23),
        ("Africa/Cairo", date(2025, 10, 30), 25),
        ("America/Havana", date(2025, 11, 2), 25),
        ("Pacific/Apia", date(2011, 12, 30), 0),
        ("UTC", date(2026, 11, 23), 24),
    ],
)
def test_a_day_is_as_long_as_the_zone_makes_it(zone: str, day: date, hours: int) -> None:
    here = ZoneInfo(zone)
    start = instant.day_start(day, here)
    assert timedelta(hours=hours) == instant.day_start(day + timedelta(days=1), here) - start


def test_a_day_whose_midnight_is_skipped_begins_with_the_clock_change() -> None:
    start = instant.day_start(date(2025, 4, 25), ZoneInfo("Africa/Cairo"))
    assert datetime(2025, 4, 24, 22, 0, tzinfo=UTC) == start


def test_a_day_whose_midnight_comes_twice_begins_with_the_first() -> None:
    start = instant.day_start(date(2025, 11, 2), ZoneInfo("America/Havana"))
    assert datetime(2025, 11, 2, 4, 0, tzinfo=UTC) == start
