"""Read what a page shows: one transaction and a constant number of queries, whatever it shows."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache

from sqlalchemy import Connection, Engine, Row, Select, select

from allswell.central import announcement_reader, claims_and_overlays, page_data, pages, session
from allswell.central import days as rollup_days
from allswell.central.schema import collector, component, monitor, page, rollup
from allswell.domain import histogram, instant
from allswell.domain.instant import MILLISECOND

ANNOUNCEMENTS_FOR = timedelta(days=366)


# Days that are over hardly change, and a page reads the same thousands of them again and again. A
# cache of pages holds the histograms already: only the texts are more.
_parse = lru_cache(maxsize=50_000)(histogram.parse)


class CentralReader:
    """Read through an engine, also with a role that may only read. Any thread may call."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def pages(self) -> tuple[page_data.PageRow, ...]:
        """Return all pages that are not hidden, by namespace and name."""
        with session.reading(self._engine) as connection:
            return pages.living(connection)

    def versions(self) -> Mapping[int, int]:
        """Return the version of every page that is not hidden, by the page's id."""
        statement = select(page.c.id, page.c.version).where(page.c.hidden_ms.is_(None))
        with session.reading(self._engine) as connection:
            return dict(map(tuple, connection.execute(statement)))

    def observed_through(self) -> datetime | None:
        """Return how far the collector has observed; None before it first ran."""
        with session.reading(self._engine) as connection:
            return rollup_days.observed_through(connection)

    def installation(self) -> str | None:
        """Return the secret id of this installation; None before the collector first ran."""
        with session.reading(self._engine) as connection:
            return connection.execute(select(collector.c.installation)).scalar()

    def facts(self, page_id: int, now: datetime, *, days: int = 92) -> page_data.PageData | None:
        """Return all that a page shows, from the UTC day `days` ago on; None for an unknown page.

        Only living monitors of the page's own namespace count. Announcements are of the last year.
        """
        start = instant.day_start(instant.day_of(now) - timedelta(days=days))
        with session.reading(self._engine) as connection:
            row = pages.read(connection, page_id)
            if row is None:
                return None
            shown, through, pictures = row
            components = _components(connection, page_id, start)
            since = now - ANNOUNCEMENTS_FOR
            announcements = announcement_reader.of_page(connection, page_id, _shown(page_id), since)
            return page_data.PageData(shown, through, components, *announcements, pictures)


def _shown(page_id: int) -> Select[int]:
    """Select the monitors that a page shows: of its own namespace, and living."""
    return (
        select(monitor.c.id)
        .join(component, component.c.monitor_id == monitor.c.id)
        .join(page, page.c.id == component.c.page_id)
        .where(
            page.c.id == page_id,
            monitor.c.namespace == page.c.namespace,
            monitor.c.hidden_ms.is_(None),
        )
    )


def _components(
    connection: Connection, page_id: int, start: datetime
) -> tuple[page_data.ComponentData, ...]:
    shown = _shown(page_id)
    received = claims_and_overlays.received_claims(connection, shown, start)
    overlays = claims_and_overlays.overlays(connection, shown, start)
    days = _days(connection, shown, instant.day_of(start))
    return tuple(
        page_data.ComponentData(
            monitor=row.id,
            public_id=row.public_id,
            name=row.name,
            title=row.title,
            group=row.group_name,
            position=row.position,
            interval=row.interval_ms * MILLISECOND,
            born=instant.from_ms(row.created_ms),
            updated_at=instant.from_ms(row.updated_ms),
            claims=tuple(entry.claim for entry in received.get(row.id, ())),
            received_at=tuple(entry.received_at for entry in received.get(row.id, ())),
            overlays=overlays.get(row.id, ()),
            days=days.get(row.id, ()),
        )
        for row in _component_rows(connection, shown, page_id)
    )


def _component_rows(
    connection: Connection, shown: Select[int], page_id: int
) -> tuple[Row[int, str, str, int, int, int, str, str, int], ...]:
    statement = (
        select(
            monitor.c.id,
            monitor.c.public_id,
            monitor.c.name,
            monitor.c.interval_ms,
            monitor.c.created_ms,
            monitor.c.updated_ms,
            component.c.title,
            component.c.group_name,
            component.c.position,
        )
        .join(component, component.c.monitor_id == monitor.c.id)
        .where(component.c.page_id == page_id, monitor.c.id.in_(shown))
        .order_by(component.c.position)
    )
    return tuple(connection.execute(statement))


def _days(
    connection: Connection, shown: Select[int], first: date
) -> Mapping[int, tuple[page_data.LatencyDay, ...]]:
    statement = (
        select(
            rollup.c.monitor_id,
            rollup.c.day,
            rollup.c.checks,
            rollup.c.successful,
            rollup.c.p95_us,
            rollup.c.latencies,
        )
        .where(rollup.c.monitor_id.in_(shown), rollup.c.day >= first)
        .order_by(rollup.c.monitor_id, rollup.c.day)
    )
    by_monitor: dict[int, list[page_data.LatencyDay]] = {}
    for monitor_id, day, checks, successful, p95_us, latencies in connection.execute(
        statement
    ).all():
        entry = page_data.LatencyDay(day, checks, successful, p95_us, _parse(latencies))
        by_monitor.setdefault(monitor_id, []).append(entry)
    return {monitor_id: tuple(days) for monitor_id, days in by_monitor.items()}
