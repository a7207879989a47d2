"""Write the central database. Every call is safe to repeat.

What cannot be done for now raises `DatabaseUnavailable` and has changed nothing. Two writers at
once double nothing: rows have keys, and whoever changes a monitor's ledgers has locked its row.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, or_, update

from allswell.central import (
    announcement_writer,
    days,
    identifiers,
    overlays,
    page_data,
    pages,
    registry,
    reports,
    session,
)
from allswell.central.announcement_writer import AnnouncementKey
from allswell.central.hostname_claims import HostnameClaims
from allswell.central.registry import MonitorRow
from allswell.central.schema import collector, notification
from allswell.domain import instant
from allswell.domain.cover import Grace, Observation
from allswell.domain.incident import DeclaredIncident
from allswell.domain.maintenance import AnnouncedMaintenance
from allswell.domain.report import DayReport, StoreStanding, Transition
from allswell.domain.spec.monitor import Monitor
from allswell.domain.spec.page import ComponentSpec, StatusPage
from allswell.domain.timeline import Overlay

__all__ = ["NOTIFICATIONS_FOR", "CentralWriter", "MonitorRow"]

NOTIFICATIONS_FOR = timedelta(hours=24)
MAX_LAG = timedelta(minutes=2)


class CentralWriter:
    """Write through an engine whose database has been migrated. Any thread may call.

    `on_change` is called with a monitor's id, in the thread that wrote, after each transaction that
    has changed the monitor's claims, roll-ups or `unseen` overlays.
    """

    def __init__(
        self,
        engine: Engine,
        grace: Grace = Grace(),  # noqa: B008 - frozen
        *,
        on_change: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._engine = engine
        self._grace = grace
        self._on_change = on_change
        self.claims = HostnameClaims(engine)

    def start(self, now: datetime) -> datetime:
        """Return how far the collector had observed when it last ran; at its first start, `now`."""
        now_ms = instant.to_ms(now)
        with session.writing(self._engine) as connection:
            row = session.insert(connection, collector).values(
                id=1,
                started_ms=now_ms,
                observed_through_ms=now_ms,
                installation=identifiers.installation(),
            )
            connection.execute(row.on_conflict_do_nothing())
            return days.observed_through(connection) or instant.from_ms(now_ms)

    def observe(self, through: datetime) -> None:
        """Note how far the collector has observed.

        A little back is a second writer that lags and is ignored; far back is a clock that was set
        back, and what lies in its future would hide that the collector has stopped.
        """
        through_ms = instant.to_ms(through)
        far_ms = instant.to_ms(through + MAX_LAG)
        stored = collector.c.observed_through_ms
        further = update(collector).where(or_(stored < through_ms, stored > far_ms))
        with session.writing(self._engine) as connection:
            connection.execute(further.values(observed_through_ms=through_ms))

    def register(self, manifest: Monitor, *, namespace_uid: str, now: datetime) -> MonitorRow:
        """Register a manifest; return its row, with the history of the same name and namespace.

        Another namespace of that name starts a new history. The time that a monitor was hidden
        counts as paused, as does the time from now on if the manifest says so.
        """
        with session.writing(self._engine) as connection:
            return registry.register(connection, manifest, namespace_uid, self._grace, now)

    def hide(self, ids: Sequence[int], now: datetime) -> None:
        """Take monitors off every page; `register` brings them back with their history."""
        with session.writing(self._engine) as connection:
            registry.hide(connection, ids, now)

    def living(self) -> tuple[MonitorRow, ...]:
        """Return all monitors that are not hidden, by namespace and name."""
        with session.reading(self._engine) as connection:
            return registry.living(connection)

    def put_page(
        self,
        page: StatusPage,
        components: Sequence[ComponentSpec],
        now: datetime,
        *,
        namespace_uid: str = "",
        address: str = "",
    ) -> int:
        """Store a page as its manifest says; return its id. Its version grows only with a change.

        `address` is its label under the domain of pages; the first that is given stays. Components
        whose monitor is not registered in the page's namespace are left out: put the page again
        when it is.
        """
        with session.writing(self._engine) as connection:
            return pages.put(connection, page, components, namespace_uid, now, address=address)

    def address(self, page_id: int) -> str:
        """Return a page's label under the domain of pages; empty before it was given one."""
        with session.reading(self._engine) as connection:
            return pages.address(connection, page_id)

    def hide_page(self, namespace: str, name: str, now: datetime) -> bool:
        """Hide a page; False when it was not there."""
        with session.writing(self._engine) as connection:
            return pages.hide(connection, namespace, name, now)

    def put_incident(
        self,
        namespace: str,
        name: str,
        declared: DeclaredIncident,
        now: datetime,
        *,
        namespace_uid: str,
    ) -> str:
        """Store an incident as declared (opened, updated or resolved); return its public id.

        Components whose monitor is not registered are left out: put it again when it is.
        """
        key = AnnouncementKey(namespace, namespace_uid, announcement_writer.INCIDENT, name)
        with session.writing(self._engine) as connection:
            return announcement_writer.put(
                connection, key, announcement_writer.from_incident(declared), now
            )

    def put_maintenance(
        self,
        namespace: str,
        name: str,
        announced: AnnouncedMaintenance,
        now: datetime,
        *,
        namespace_uid: str,
    ) -> str:
        """Store a maintenance as announced, with its windows; return its public id.

        An earlier end ends it early. Monitors that are not registered are left out.
        """
        key = AnnouncementKey(namespace, namespace_uid, announcement_writer.MAINTENANCE, name)
        with session.writing(self._engine) as connection:
            return announcement_writer.put(
                connection, key, announcement_writer.from_maintenance(announced), now
            )

    def hide_incident(
        self, namespace: str, name: str, now: datetime, *, namespace_uid: str
    ) -> bool:
        """Hide an incident; False when it was not there. The name is free again."""
        key = AnnouncementKey(namespace, namespace_uid, announcement_writer.INCIDENT, name)
        with session.writing(self._engine) as connection:
            return announcement_writer.hide(connection, key, now)

    def hide_maintenance(
        self, namespace: str, name: str, now: datetime, *, namespace_uid: str
    ) -> bool:
        """Hide a maintenance, and remove its windows; False when it was not there."""
        key = AnnouncementKey(namespace, namespace_uid, announcement_writer.MAINTENANCE, name)
        with session.writing(self._engine) as connection:
            return announcement_writer.hide(connection, key, now)

    def pages(self) -> tuple[page_data.PageRow, ...]:
        """Return all pages that are not hidden, by namespace and name."""
        with session.reading(self._engine) as connection:
            return pages.living(connection)

    def hello(self, monitor_id: int, store: str, now: datetime) -> StoreStanding:
        """Number a store that says hello, and return where its monitor stands.

        A store that is new gets the next number. Raises `MonitorMissing`.
        """
        with session.writing(self._engine) as connection:
            return reports.hello(connection, monitor_id, store, now)

    def accept_transition(
        self,
        monitor_id: int,
        transition: Transition,
        now: datetime,
        *,
        claimed: datetime | None = None,
    ) -> bool:
        """Write a change of state, a notification of it, and the pages' versions.

        False for a duplicate. `claimed` is `since` as the checker wrote it, where the collector has
        corrected the checker's clock: duplicates are known by it. Raises `CentralConflict` when
        something else has the same key, and `MonitorMissing`.
        """
        written = claimed or transition.claim.since
        with session.writing(self._engine) as connection:
            new = reports.accept_transition(connection, monitor_id, transition, now, written)
        if new:
            self._on_change(monitor_id)
        return new

    def accept_rollup(self, monitor_id: int, report: DayReport, now: datetime) -> bool:
        """Write a day's counts and durations; False when they are not newer than those there.

        Raises `CentralConflict` for a day that has not begun, and `MonitorMissing`.
        """
        with session.writing(self._engine) as connection:
            new = reports.accept_rollup(connection, monitor_id, report, now)
        if new:
            self._on_change(monitor_id)
        return new

    def fill_days(self, now: datetime) -> int:
        """Write the roll-up of every day that is over and has none, and of stale ones; how many."""
        return days.fill(self._engine, now)

    def open_unseen(self, starts: Mapping[int, datetime], now: datetime) -> None:
        """Open an `unseen` for each of these monitors, from its time on."""
        with session.writing(self._engine) as connection:
            overlays.open_unseen(connection, starts, now)
        for monitor_id in starts:
            self._on_change(monitor_id)

    def correct_unseen(
        self,
        monitor_id: int,
        seen: Observation,
        observed_through: datetime,
        *,
        first: bool,
        now: datetime,
    ) -> bool:
        """Take back what evidence disproves (`domain.watch.correct`); False when nothing is."""
        with session.writing(self._engine) as connection:
            changed = overlays.correct_unseen(
                connection, monitor_id, seen, observed_through, first=first, now=now
            )
        if changed:
            self._on_change(monitor_id)
        return changed

    def unseen(self, ids: Sequence[int]) -> Mapping[int, tuple[Overlay, ...]]:
        """Return every `unseen` of these monitors, oldest first; those without any are left out."""
        with session.reading(self._engine) as connection:
            return overlays.unseen(connection, ids)

    def sweep_notifications(self, now: datetime) -> int:
        """Delete notifications that were processed or are a day old; return how many."""
        old = notification.c.created_ms < instant.to_ms(now - NOTIFICATIONS_FOR)
        done = or_(notification.c.processed_ms.is_not(None), old)
        with session.writing(self._engine) as connection:
            return connection.execute(delete(notification).where(done)).rowcount

    def purge(self, now: datetime, *, confirmed: bool = False) -> int:
        """Delete what has been hidden for 90 days, with its history; return how many rows.

        Raises `PurgeRefused` when that is more than a fifth of all, unless `confirmed`.
        """
        with session.writing(self._engine) as connection:
            return registry.purge(connection, now, confirmed=confirmed)
