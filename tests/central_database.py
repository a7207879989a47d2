"""Open a central database for tests, and make short what is put into it."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, func, literal, select, text, union_all

from allswell.central import claims_and_overlays, schema
from allswell.central import engine as engines
from allswell.central.page_data import PageData
from allswell.central.reader import CentralReader
from allswell.central.schema import TABLES
from allswell.central.writer import CentralWriter, MonitorRow
from allswell.domain import histogram
from allswell.domain.health import HealthClaim
from allswell.domain.report import DayReport, Transition
from allswell.domain.rollup import RollUp
from allswell.domain.spec.meta import Meta
from allswell.domain.spec.monitor import Monitor
from allswell.domain.spec.page import ComponentSpec, StatusPage
from allswell.domain.spec.tcp import Tcp
from allswell.domain.state import State
from allswell.domain.timeline import Overlay

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
REASONS = {State.UP: "", State.DEGRADED: "Slow", State.DOWN: "Timeout", State.UNKNOWN: "EgressLost"}


@dataclass(frozen=True, slots=True)
class Central:
    """A migrated database, started at noon, with one who writes and one who reads."""

    engine: Engine
    writer: CentralWriter
    reader: CentralReader

    def add(self, name: str = "api", at: datetime = NOON) -> MonitorRow:
        """Register a monitor whose checker has said hello with the store `s1`."""
        row = self.writer.register(monitor(name), namespace_uid="ns", now=at)
        self.writer.hello(row.id, "s1", at)
        return row

    def show(self, *names: str, at: datetime = NOON) -> int:
        """Put the page `main` that shows these monitors."""
        return self.writer.put_page(page(), lines(*names), at, namespace_uid="ns")

    def said(self, page_id: int, at: datetime) -> PageData:
        """Return what a page shows at a moment."""
        found = self.reader.facts(page_id, at)
        assert found is not None
        return found

    def overlays(self, monitor_id: int) -> tuple[Overlay, ...]:
        """Return every overlay of a monitor, oldest first."""
        return overlays(self.engine, monitor_id)

    def counts(self) -> Mapping[str, int]:
        """Return how many rows each table has."""
        counted = (select(literal(table.name), func.count()).select_from(table) for table in TABLES)
        with self.engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(union_all(*counted))}

    def version(self, page_id: int) -> int:
        """Return the version of a page."""
        return self.reader.versions()[page_id]


def overlays(engine: Engine, monitor_id: int) -> tuple[Overlay, ...]:
    """Return every overlay of a monitor, oldest first."""
    ids = select(schema.monitor.c.id).where(schema.monitor.c.id == monitor_id)
    with engine.connect() as connection:
        return claims_and_overlays.overlays(connection, ids).get(monitor_id, ())


@contextmanager
def opened(url: str, timeout: timedelta = engines.TIMEOUT) -> Iterator[Central]:
    """Open a central database that has been migrated."""
    engine = engines.connect(url, timeout=timeout)
    try:
        yield Central(engine, CentralWriter(engine), CentralReader(engine))
    finally:
        engine.dispose()


def migrated(url: str) -> None:
    """Migrate and close, so that the database can be copied."""
    engine = engines.connect(url)
    engines.migrate(engine)
    engine.dispose()


def copied(template: Path, folder: Path) -> str:
    """Return the address of a copy of a SQLite file."""
    shutil.copy(template, folder / "central.db")
    return f"sqlite:///{folder / 'central.db'}"


def emptied(url: str) -> None:
    """Delete every row of a PostgreSQL database."""
    engine = engines.connect(url)
    names = ", ".join(table.name for table in TABLES)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names}"))
    engine.dispose()


def monitor(
    name: str = "api",
    namespace: str = "acme",
    *,
    uid: str = "",
    interval: timedelta = timedelta(minutes=1),
    paused: bool = False,
) -> Monitor:
    """Return a manifest."""
    meta = Meta(name, namespace, {}, uid)
    return Monitor(meta, "tcp", Tcp("example.com", 443), interval, paused=paused)


def page(title: str = "Acme", namespace: str = "acme", *, uid: str = "") -> StatusPage:
    """Return a manifest of the page `main`."""
    hostnames = ("status.acme.com", "up.acme.com")
    return StatusPage(Meta("main", namespace, {}, uid), title, "All of it", "UTC", hostnames)


def lines(*names: str) -> tuple[ComponentSpec, ...]:
    """Return components in one group, titled by their names in capitals."""
    return tuple(ComponentSpec("API", name, name.upper()) for name in names)


def transition(
    sequence: int, state: State, since: datetime, store: str = "s1", reason: str | None = None
) -> Transition:
    """Return what a checker claims of `api`."""
    claim = HealthClaim(state, since, REASONS[state] if reason is None else reason)
    return Transition("api", store, sequence, claim)


def day_report(day: date, revision: int = 1, checks: int = 3, store: str = "s1") -> DayReport:
    """Return a day of `checks` successful checks."""
    latencies = [1000 * (number + 1) for number in range(checks)]
    roll = RollUp(
        day, checks, checks, sum(latencies) // checks, latencies[-1], histogram.of(latencies)
    )
    return DayReport("api", store, revision, roll)
