"""Fill the roll-up of a day: how long each state lasted, by the same functions that the page uses.

A day gets its row when it is over, whether or not a checker spoke, and its durations again when a
later fact touches it. What lies beyond `observed_through` counts as unknown, and the row stays
stale until the collector has observed the whole day.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, Select, or_, select, update

from allswell.central import claims_and_overlays, invalidation, session
from allswell.central.schema import collector, monitor, rollup
from allswell.domain import instant, timeline, uptime
from allswell.domain.health import HealthClaim
from allswell.domain.timeline import Overlay, OverlayKind
from allswell.domain.uptime import Uptime

# A checker reports a day at the latest this long after its end.
REPORTED_AFTER = timedelta(minutes=15)
DAY = timedelta(days=1)
BATCH = 100

Values = Mapping[str, object]

_COLUMNS = {field.name: f"{field.name}_ms" for field in fields(Uptime)}
# A day that no checker has reported.
_UNREPORTED: Values = {"revision": 0, "checks": 0, "successful": 0, "latencies": ""}


@dataclass(frozen=True, slots=True)
class DueDays:
    """The days of one monitor whose rows are to be written, in order; its life begins at `born`."""

    monitor: int
    born: datetime
    days: tuple[date, ...]


def durations(connection: Connection, monitor_id: int, day: date) -> Values:
    """Return the columns of one day that do not come from a checker, as far as it was observed."""
    born_ms = connection.scalar(select(monitor.c.created_ms).where(monitor.c.id == monitor_id))
    due = DueDays(monitor_id, instant.from_ms(born_ms or 0), (day,))
    return _rows(connection, [due])[0][2]


def fill(engine: Engine, now: datetime) -> int:
    """Write the missing rows and recompute the stale ones, of all living monitors; return how many.

    1. Find the last day that is over, for checkers and for the collector.
    2. Find the monitors that lack a row up to it, or have a stale one.
    3. In batches, each in a transaction of its own so that others need not wait: lock the monitors,
       ask again which days are due, and write them.
    """
    with session.reading(engine) as connection:
        last = _last_over(connection, now)
        monitors = () if last is None else tuple(connection.scalars(_behind(last)))
    if last is None:
        return 0
    written = 0
    for batch in session.chunks(monitors, BATCH):
        with session.writing(engine) as connection:
            written += _fill(connection, invalidation.lock(connection, batch), last)
    return written


def _last_over(connection: Connection, now: datetime) -> date | None:
    """Return the last day that is over for checkers and that the collector has observed."""
    through = observed_through(connection)
    if through is None:
        return None
    return instant.day_of(min(now - REPORTED_AFTER, through)) - DAY


def observed_through(connection: Connection) -> datetime | None:
    """Return how far the collector has observed; None before it first ran."""
    through_ms = connection.scalar(select(collector.c.observed_through_ms))
    return None if through_ms is None else instant.from_ms(through_ms)


def _behind(last: date) -> Select[int]:
    stale = select(rollup.c.day).where(
        rollup.c.monitor_id == monitor.c.id, rollup.c.stale, rollup.c.day <= last
    )
    behind = or_(monitor.c.filled_until <= last, stale.exists())
    living = monitor.c.hidden_ms.is_(None)
    return select(monitor.c.id).where(living, behind).order_by(monitor.c.id)


def _fill(connection: Connection, monitors: Sequence[int], last: date) -> int:
    rows = _rows(connection, tuple(_due_days(connection, monitors, last)))
    values = [
        {"monitor_id": monitor_id, "day": day, **_UNREPORTED, **columns}
        for monitor_id, day, columns in rows
    ]
    if values:
        statement = session.insert(connection, rollup)
        computed = {name: statement.excluded[name] for name in (*_COLUMNS.values(), "stale")}
        upsert = statement.on_conflict_do_update(
            index_elements=[rollup.c.monitor_id, rollup.c.day], set_=computed
        )
        connection.execute(upsert, values)
    filled = monitor.c.id.in_(monitors) & (monitor.c.filled_until <= last)
    connection.execute(update(monitor).where(filled).values(filled_until=last + DAY))
    return len(values)


def _due_days(connection: Connection, monitors: Sequence[int], last: date) -> Iterator[DueDays]:
    """Yield what is missing or stale, read again under the lock: another may have written it."""
    living = connection.execute(
        select(monitor.c.id, monitor.c.created_ms, monitor.c.filled_until)
        .where(monitor.c.id.in_(monitors), monitor.c.hidden_ms.is_(None))
        .order_by(monitor.c.id)
    ).all()
    first = min((row.filled_until for row in living), default=last)
    present: dict[int, dict[date, bool]] = {}
    for monitor_id, day, stale in connection.execute(
        select(rollup.c.monitor_id, rollup.c.day, rollup.c.stale).where(
            rollup.c.monitor_id.in_(monitors),
            rollup.c.day <= last,
            or_(rollup.c.stale, rollup.c.day >= first),
        )
    ):
        present.setdefault(monitor_id, {})[day] = stale
    for monitor_id, created_ms, filled_until in living:
        known = present.get(monitor_id, {})
        due = {day for day, stale in known.items() if stale}
        unfilled = (filled_until + n * DAY for n in range((last - filled_until).days + 1))
        due |= {day for day in unfilled if day not in known}
        if due:
            yield DueDays(monitor_id, instant.from_ms(created_ms), tuple(sorted(due)))


def _rows(connection: Connection, dues: Sequence[DueDays]) -> list[tuple[int, date, Values]]:
    if not dues:
        return []
    through = observed_through(connection)
    start = instant.day_start(min(due.days[0] for due in dues))
    ids = select(monitor.c.id).where(monitor.c.id.in_([due.monitor for due in dues]))
    claims = claims_and_overlays.claims(connection, ids, start)
    overlays = claims_and_overlays.overlays(connection, ids, start)
    return [
        (due.monitor, day, values)
        for due in dues
        for day, values in _durations(
            due, claims.get(due.monitor, ()), overlays.get(due.monitor, ()), through
        )
    ]


def _durations(
    due: DueDays,
    claims: Sequence[HealthClaim],
    overlays: Sequence[Overlay],
    through: datetime | None,
) -> Iterator[tuple[date, Values]]:
    start = instant.day_start(due.days[0])
    end = instant.day_start(due.days[-1] + DAY)
    unobserved = Overlay(OverlayKind.UNSEEN, start if through is None else through)
    segments = timeline.segments(claims, (*overlays, unobserved), start, end)
    for day in due.days:
        begins, ends = instant.day_start(day), instant.day_start(day + DAY)
        measured = uptime.measure(segments, max(begins, due.born), ends)
        stale = through is None or through < ends
        yield day, {**_columns(measured), "stale": stale}


def _columns(measured: Uptime) -> dict[str, int]:
    return {column: getattr(measured, name) for name, column in _COLUMNS.items()}
