"""Write times as a page shows them: UTC for machines, the page's zone with its name for people."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from allswell_web.text.languages import Language

# Seen from this time every moment is written with its date and year.
LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in two forms: `machine` is RFC 3339 in UTC, `text` is for people, with its zone."""

    machine: str
    text: str


def zone(name: str) -> ZoneInfo:
    """Return the zone of a name; UTC for one that this machine's database lacks."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def abbreviation(at: datetime, time_zone: ZoneInfo) -> str:
    """Return the zone's name at a moment: `CET`, or `UTC-03` where it has only an offset."""
    name = at.astimezone(time_zone).tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name


def time_of_day(at: datetime, time_zone: ZoneInfo) -> str:
    """Write the time of day, without zone."""
    return f"{at.astimezone(time_zone):%H:%M}"


def day_text(day: date, today: date, language: Language) -> str:
    """Write a day for people; with the year only where it is not the current one."""
    month = _months(language)[day.month - 1]
    if day.year == today.year:
        return language.in_context("date", "{day} {month}", day=day.day, month=month)
    return language.in_context(
        "date", "{day} {month} {year}", day=day.day, month=month, year=day.year
    )


def month_text(first: date, language: Language) -> str:
    """Write a month for people: `November 2026`."""
    month = _whole_months(language)[first.month - 1]
    return language.in_context("date", "{month} {year}", month=month, year=first.year)


def moment(
    at: datetime, now: datetime, time_zone: ZoneInfo, language: Language, *, seconds: bool = False
) -> Moment:
    """Write a moment as seen from `now`: with the date only where it is not today's."""
    local, today = at.astimezone(time_zone), now.astimezone(time_zone).date()
    clock_text = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    text = f"{clock_text} {abbreviation(at, time_zone)}"
    if local.date() != today:
        day = day_text(local.date(), today, language)
        text = language.in_context("date and time", "{date}, {time}", date=day, time=text)
    return Moment(f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", text)


def last_days(now: datetime, time_zone: ZoneInfo, count: int) -> tuple[date, date]:
    """Return the first and the last of `count` days that end today."""
    today = now.astimezone(time_zone).date()
    return today - timedelta(days=count - 1), today


@cache
def _months(language: Language) -> tuple[str, ...]:
    """Return the names of months within a date."""
    return (
        language.in_context("month", "Jan"),
        language.in_context("month", "Feb"),
        language.in_context("month", "Mar"),
        language.in_context("month", "Apr"),
        language.in_context("month", "May"),
        language.in_context("month", "Jun"),
        language.in_context("month", "Jul"),
        language.in_context("month", "Aug"),
        language.in_context("month", "Sep"),
        language.in_context("month", "Oct"),
        language.in_context("month", "Nov"),
        language.in_context("month", "Dec"),
    )


@cache
def _whole_months(language: Language) -> tuple[str, ...]:
    """Return the full names of months, beside a year."""
    return (
        language.in_context("whole month", "January"),
        language.in_context("whole month", "February"),
        language.in_context("whole month", "March"),
        language.in_context("whole month", "April"),
        language.in_context("whole month", "May"),
        language.in_context("whole month", "June"),
        language.in_context("whole month", "July"),
        language.in_context("whole month", "August"),
        language.in_context("whole month", "September"),
        language.in_context("whole month", "October"),
        language.in_context("whole month", "November"),
        language.in_context("whole month", "December"),
    )
