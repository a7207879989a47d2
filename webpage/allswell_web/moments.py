"""Times as a page shows them: UTC for machines, the page's zone with its name for people."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


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


def day_text(day: date, today: date) -> str:
    """A day for people; the year only where it is not this one."""
    text = f"{day.day} {MONTHS[day.month - 1]}"
    return text if day.year == today.year else f"{text} {day.year}"


def moment(at: datetime, now: datetime, where: ZoneInfo, *, seconds: bool = False) -> Moment:
    """A moment as seen from `now`: the date only where it is not today's."""
    local, today = at.astimezone(where), now.astimezone(where).date()
    clock_text = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    text = f"{clock_text} {abbreviation(at, where)}"
    if local.date() != today:
        text = f"{day_text(local.date(), today)}, {text}"
    return Moment(f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", text)


def last_days(now: datetime, where: ZoneInfo, count: int) -> tuple[date, date]:
    """The first and the last of `count` days that end today."""
    today = now.astimezone(where).date()
    return today - timedelta(days=count - 1), today
