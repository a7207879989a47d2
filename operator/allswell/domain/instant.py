"""Convert times and days as the ledgers keep them: aware UTC, whole milliseconds."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

MILLISECOND = timedelta(milliseconds=1)
DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_ms(ms: int) -> datetime:
    """Return the aware UTC moment `ms` milliseconds after the Unix epoch."""
    return EPOCH + timedelta(milliseconds=ms)


def to_ms(moment: datetime) -> int:
    """Return the whole milliseconds since the Unix epoch; the rest is cut off."""
    return (moment - EPOCH) // MILLISECOND


def floor(moment: datetime) -> datetime:
    """Return the same moment in UTC, cut to a whole millisecond."""
    return from_ms(to_ms(moment))


def text(moment: datetime) -> str:
    """Return RFC 3339 with exactly three decimals and `Z`, e.g. `2026-11-23T15:26:08.120Z`."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def parse(value: str) -> datetime:
    """Read what `text` wrote. Raises ValueError for anything without a zone."""
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return floor(moment.astimezone(UTC))


def day_of(moment: datetime) -> date:
    """Return the UTC day that a moment belongs to."""
    return moment.astimezone(UTC).date()


def day_start(day: date, zone: tzinfo = UTC) -> datetime:
    """Return the UTC moment at which `day` begins in `zone`; days there may have 23 or 25 hours.

    Where a clock change skips midnight, this is the moment of the change; where it repeats
    midnight, the first of the two.
    """
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
