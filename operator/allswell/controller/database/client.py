"""Ask the central database for what the operator needs, through the collector's one writing thread.

The collector runs in a loop and a thread of its own; what is asked here is done there, one thing
after the other, and the collector's own list of monitors is renewed after each change.
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
from allswell.controller.database.registration import MonitorEntry, Outcome
from allswell.domain.spec.monitor import Monitor
from allswell.domain.spec.page import ComponentSpec, StatusPage
from allswell.kube.views.object_meta import NamespacedName

T = TypeVar("T")


class RunInWriter(Protocol):
    """Run a function in the writing thread, and await its result."""

    def __call__(self, act: Callable[[], T]) -> Awaitable[T]:
        """Run it. Raises what it raises."""
        ...


class DatabaseClient:
    """The operator's calls of the central database. Every one raises `CentralError`."""

    def __init__(
        self,
        engine: Engine,
        writer: CentralWriter,
        collector: CollectorState,
        run_in_writer: RunInWriter,
    ) -> None:
        self._engine = engine
        self._writer = writer
        self._collector = collector
        self._run = run_in_writer

    async def register(self, monitors: Mapping[MonitorEntry, Monitor], now: datetime) -> Outcome:
        """Register monitors; return the error of each, which an outage's first is for the rest."""
        return await self._run(lambda: self._register(monitors, now))

    def _register(self, monitors: Mapping[MonitorEntry, Monitor], now: datetime) -> Outcome:
        errors: dict[MonitorEntry, CentralError | None] = {}
        unavailable: CentralError | None = None
        for entry, monitor in monitors.items():
            errors[entry] = unavailable
            if unavailable is not None:
                continue
            try:
                self._writer.register(monitor, namespace_uid=entry.namespace_uid, now=now)
            except CentralError as error:
                errors[entry] = error
                unavailable = error if isinstance(error, DatabaseUnavailable) else None
        self._collector.reload()
        return errors

    async def put_page(
        self,
        page: StatusPage,
        components: Sequence[ComponentSpec],
        namespace_uid: str,
        now: datetime,
        address: str = "",
    ) -> tuple[int, str]:
        """Write a page as its manifest says; return its id, and its label under the pages' domain.

        That is the first `address` that it was given, whatever the installation's key is now.
        """

        def put() -> tuple[int, str]:
            page_id = self._writer.put_page(
                page, components, now, namespace_uid=namespace_uid, address=address
            )
            return page_id, self._writer.address(page_id) if address else ""

        return await self._run(put)

    async def monitors(self) -> Mapping[NamespacedName, int]:
        """Return the ids of all living monitors."""
        rows = await self._run(self._writer.living)
        return {(row.namespace, row.name): row.id for row in rows}

    async def pages(self) -> frozenset[NamespacedName]:
        """Return all living pages."""
        rows = await self._run(self._writer.pages)
        return frozenset((row.namespace, row.name) for row in rows)

    async def hide(
        self, monitors: Sequence[int], pages: Sequence[NamespacedName], now: datetime
    ) -> None:
        """Hide monitors and pages whose manifests are gone."""
        if monitors or pages:
            await self._run(lambda: self._hide(monitors, pages, now))

    def _hide(
        self, monitors: Sequence[int], pages: Sequence[NamespacedName], now: datetime
    ) -> None:
        for namespace, name in pages:
            self._writer.hide_page(namespace, name, now)
        if monitors:
            self._writer.hide(monitors, now)
            self._collector.reload()

    async def monitor_statuses(
        self, now: datetime, *, name: NamespacedName | None = None, monitor_id: int | None = None
    ) -> Mapping[NamespacedName, MonitorStatus]:
        """Return the status of every living monitor, or of one by its name or its id."""
        return await self._run(
            lambda: monitor_status.read(self._engine, now, name=name, monitor_id=monitor_id)
        )
