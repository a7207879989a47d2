"""The day's roll-up, the centre's part: durations by the same functions that the page uses.

A day gets its row when it is over, whether or not a checker spoke, and its durations again when a
later fact touches it. What lies beyond `observed_through` counts as unknown, and the row stays
stale until the centre has seen the whole day.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, Select, or_, select, update

from allswell.central import claims_and_overlays, invalidation, session
from allswell.central.schema import centre, monitor, rollup
from allswell.domain import instant, timeline, uptime
from allswell.domain.health import HealthClaim
from allswell.domain.timeline import Overlay, OverlayKind
from allswell.domain.uptime import Uptime

# A checker seals a day at the latest this long after its end.
SEALED_AFTER = timedelta(minutes=15)
DAY = timedelta(days=1)
BATCH = 100

Values = Mapping[str, object]

_COLUMNS = {field.name: f"{field.name}_ms" for field in fields(Uptime)}
# A day of which no checker has spoken.
_UNREPORTED: Values = {"revision": 0, "checks": 0, "successful": 0, "latencies": ""}


@dataclass(frozen=True, slots=True)
class DueDays:
    """The days of one monitor whose rows are to be written, in order; `born` begins its life."""

    monitor: int
    born: datetime
    days: tuple[date, ...]


def measured(connection: Connection, identity: int, day: date) -> Values:
    """The columns that the centre fills of one day, as far as it has seen. Raises `Missing`."""
    born_ms = connection.scalar(select(monitor.c.created_ms).where(monitor.c.id == identity))
    due = DueDays(identity, instant.from_ms(born_ms or 0), (day,))
    return _rows(connection, [due])[0][2]


def fill(engine: Engine, now: datetime) -> int:
    """Write the rows that lack and re-do the stale ones, of all living monitors; how many.

    Monitors are done in batches, each in its own transaction, so that others need not wait.
    """
    with session.reading(engine) as connection:
        last = _last_over(connection, now)
        waiting = () if last is None else tuple(connection.scalars(_behind(last)))
    if last is None:
        return 0
    written = 0
    for batch in session.chunks(waiting, BATCH):
        with session.writing(engine) as connection:
            written += _fill(connection, invalidation.lock(connection, batch), last)
    return written


def _last_over(connection: Connection, now: datetime) -> date | None:
    """The last day that is over for everybody, also for the centre."""
    through = observed_through(connection)
    if through is None:
        return None
    return instant.day_of(min(now - SEALED_AFTER, through)) - DAY


def observed_through(connection: Connection) -> datetime | None:
    """How far the centre has seen; None before it first ran."""
    through_ms = connection.scalar(select(centre.c.observed_through_ms))
    return None if through_ms is None else instant.from_ms(through_ms)


def _behind(last: date) -> Select[int]:
    stale = select(rollup.c.day).where(
        rollup.c.monitor_id == monitor.c.id, rollup.c.stale, rollup.c.day <= last
    )
    lacking = or_(monitor.c.filled_until <= last, stale.exists())
    living = monitor.c.hidden_ms.is_(None)
    return select(monitor.c.id).where(living, lacking).order_by(monitor.c.id)


def _fill(connection: Connection, monitors: Sequence[int], last: date) -> int:
    rows = _rows(connection, tuple(_dues(connection, monitors, last)))
    values = [
        {"monitor_id": identity, "day": day, **_UNREPORTED, **found}
        for identity, day, found in rows
    ]
    if values:
        statement = session.insert(connection, rollup)
        durations = {name: statement.excluded[name] for name in (*_COLUMNS.values(), "stale")}
        upsert = statement.on_conflict_do_update(
            index_elements=[rollup.c.monitor_id, rollup.c.day], set_=durations
        )
        connection.execute(upsert, values)
    filled = monitor.c.id.in_(monitors) & (monitor.c.filled_until <= last)
    connection.execute(update(monitor).where(filled).values(filled_until=last + DAY))
    return len(values)


def _dues(connection: Connection, monitors: Sequence[int], last: date) -> Iterator[DueDays]:
    """What lacks or is stale, asked again under the lock: somebody else may have done it."""
    living = connection.execute(
        select(monitor.c.id, monitor.c.created_ms, monitor.c.filled_until)
        .where(monitor.c.id.in_(monitors), monitor.c.hidden_ms.is_(None))
        .order_by(monitor.c.id)
    ).all()
    first = min((row.filled_until for row in living), default=last)
    present: dict[int, dict[date, bool]] = {}
    for identity, day, stale in connection.execute(
        select(rollup.c.monitor_id, rollup.c.day, rollup.c.stale).where(
            rollup.c.monitor_id.in_(monitors),
            rollup.c.day <= last,
            or_(rollup.c.stale, rollup.c.day >= first),
        )
    ):
        present.setdefault(identity, {})[day] = stale
    for identity, created_ms, filled_until in living:
        there = present.get(identity, {})
        wanted = {day for day, stale in there.items() if stale}
        lacking = (filled_until + n * DAY for n in range((last - filled_until).days + 1))
        wanted |= {day for day in lacking if day not in there}
        if wanted:
            yield DueDays(identity, instant.from_ms(created_ms), tuple(sorted(wanted)))


def _rows(connection: Connection, dues: Sequence[DueDays]) -> list[tuple[int, date, Values]]:
    if not dues:
        return []
    through = observed_through(connection)
    start = instant.day_start(min(due.days[0] for due in dues))
    chosen = select(monitor.c.id).where(monitor.c.id.in_([due.monitor for due in dues]))
    claims = claims_and_overlays.claims(connection, chosen, start)
    overlays = claims_and_overlays.overlays(connection, chosen, start)
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
    beyond = Overlay(OverlayKind.UNSEEN, start if through is None else through)
    states = timeline.segments(claims, (*overlays, beyond), start, end)
    for day in due.days:
        begins, ends = instant.day_start(day), instant.day_start(day + DAY)
        found = uptime.measure(states, max(begins, due.born), ends)
        stale = through is None or through < ends
        yield day, {**_columns(found), "stale": stale}


def _columns(found: Uptime) -> dict[str, int]:
    return {column: getattr(found, name) for name, column in _COLUMNS.items()}
