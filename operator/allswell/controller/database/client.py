"""The operator's way to the central database: through the collector's one writing thread.

The collector runs in a loop and a thread of its own; what is asked here is done there, one thing
after the other, and the centre's own list of monitors is renewed after each change.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from allswell.central import monitor_status
from allswell.central.engine import Engine
from allswell.central.errors import CentralError, DatabaseUnavailable
from allswell.central.monitor_status import MonitorStatus
from allswell.central.writer import CentralWriter
from allswell.collector.state import CollectorState
from allswell.controller.database.registration import MonitorEntry, Outcome, Place
from allswell.domain.spec.monitor import Monitor
from allswell.domain.spec.page import ComponentSpec, StatusPage

T = TypeVar("T")


class RunInWriter(Protocol):
    """Has something done in the writing thread, and awaits it."""

    def __call__(self, act: Callable[[], T]) -> Awaitable[T]:
        """Do it. Raises what it raises."""
        ...


class DatabaseClient:
    """What the operator asks of the central database. Every call raises `CentralError`."""

    def __init__(
        self, engine: Engine, writer: CentralWriter, centre: CollectorState, doing: RunInWriter
    ) -> None:
        self._engine = engine
        self._writer = writer
        self._centre = centre
        self._doing = doing

    async def register(self, monitors: Mapping[MonitorEntry, Monitor], now: datetime) -> Outcome:
        """Make monitors known; what went wrong with each. They share an outage's first error."""
        return await self._doing(lambda: self._register(monitors, now))

    def _register(self, monitors: Mapping[MonitorEntry, Monitor], now: datetime) -> Outcome:
        found: dict[MonitorEntry, CentralError | None] = {}
        away: CentralError | None = None
        for entry, monitor in monitors.items():
            found[entry] = away
            if away is not None:
                continue
            try:
                self._writer.register(monitor, namespace_uid=entry.namespace_uid, now=now)
            except CentralError as error:
                found[entry] = error
                away = error if isinstance(error, DatabaseUnavailable) else None
        self._centre.reload()
        return found

    async def put_page(
        self,
        page: StatusPage,
        components: Sequence[ComponentSpec],
        namespace_uid: str,
        now: datetime,
        address: str = "",
    ) -> tuple[int, str]:
        """Make a page as its manifest says; its id, and its label under the domain of pages.

        That is the first `address` that it was given, whatever the installation's key is now.
        """

        def put() -> tuple[int, str]:
            number = self._writer.put_page(
                page, components, now, namespace_uid=namespace_uid, address=address
            )
            return number, self._writer.address(number) if address else ""

        return await self._doing(put)

    async def monitors(self) -> Mapping[Place, int]:
        """The ids of all living monitors."""
        rows = await self._doing(self._writer.living)
        return {(row.namespace, row.name): row.id for row in rows}

    async def pages(self) -> frozenset[Place]:
        """All living pages."""
        rows = await self._doing(self._writer.pages)
        return frozenset((row.namespace, row.name) for row in rows)

    async def hide(self, monitors: Sequence[int], pages: Sequence[Place], now: datetime) -> None:
        """Take monitors and pages whose manifests are gone out of sight."""
        if monitors or pages:
            await self._doing(lambda: self._hide(monitors, pages, now))

    def _hide(self, monitors: Sequence[int], pages: Sequence[Place], now: datetime) -> None:
        for namespace, name in pages:
            self._writer.hide_page(namespace, name, now)
        if monitors:
            self._writer.hide(monitors, now)
            self._centre.reload()

    async def standings(
        self, now: datetime, *, place: Place | None = None, only: int | None = None
    ) -> Mapping[Place, MonitorStatus]:
        """The standing of all living monitors, or of one."""
        return await self._doing(
            lambda: monitor_status.read(self._engine, now, name=place, only=only)
        )
