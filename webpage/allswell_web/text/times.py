"""Times as a page shows them: UTC for machines, the page's zone with its name for people."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from allswell_web.text.language import Language

# Seen from here every moment needs its date and its year.
LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment: `machine` is RFC 3339 in UTC, `text` is for people and names its zone."""

    machine: str
    text: str


def zone(name: str) -> ZoneInfo:
    """The zone of a name; UTC for one that this machine's database lacks."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def abbreviation(at: datetime, where: ZoneInfo) -> str:
    """The zone's name at a moment: `CET`, or `UTC-03` where it has none but its offset."""
    name = at.astimezone(where).tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name


def clock(at: datetime, where: ZoneInfo) -> str:
    """The time of day, without zone."""
    return f"{at.astimezone(where):%H:%M}"


def day_text(day: date, today: date, say: Language) -> str:
    """A day for people; the year only where it is not this one."""
    month = _months(say)[day.month - 1]
    if day.year == today.year:
        return say.form("date", "{day} {month}", day=day.day, month=month)
    return say.form("date", "{day} {month} {year}", day=day.day, month=month, year=day.year)


def month_text(first: date, say: Language) -> str:
    """A month for people: `November 2026`."""
    month = _whole_months(say)[first.month - 1]
    return say.form("date", "{month} {year}", month=month, year=first.year)


def moment(
    at: datetime, now: datetime, where: ZoneInfo, say: Language, *, seconds: bool = False
) -> Moment:
    """A moment as seen from `now`: the date only where it is not today's."""
    local, today = at.astimezone(where), now.astimezone(where).date()
    clock_text = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    text = f"{clock_text} {abbreviation(at, where)}"
    if local.date() != today:
        day = day_text(local.date(), today, say)
        text = say.form("date and time", "{date}, {time}", date=day, time=text)
    return Moment(f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", text)


def last_days(now: datetime, where: ZoneInfo, count: int) -> tuple[date, date]:
    """The first and the last of `count` days that end today."""
    today = now.astimezone(where).date()
    return today - timedelta(days=count - 1), today


@cache
def _months(say: Language) -> tuple[str, ...]:
    """The names of months within a date."""
    return (
        say.form("month", "Jan"),
        say.form("month", "Feb"),
        say.form("month", "Mar"),
        say.form("month", "Apr"),
        say.form("month", "May"),
        say.form("month", "Jun"),
        say.form("month", "Jul"),
        say.form("month", "Aug"),
        say.form("month", "Sep"),
        say.form("month", "Oct"),
        say.form("month", "Nov"),
        say.form("month", "Dec"),
    )


@cache
def _whole_months(say: Language) -> tuple[str, ...]:
    """The whole names of months, beside a year."""
    return (
        say.form("whole month", "January"),
        say.form("whole month", "February"),
        say.form("whole month", "March"),
        say.form("whole month", "April"),
        say.form("whole month", "May"),
        say.form("whole month", "June"),
        say.form("whole month", "July"),
        say.form("whole month", "August"),
        say.form("whole month", "September"),
        say.form("whole month", "October"),
        say.form("whole month", "November"),
        say.form("whole month", "December"),
    )
