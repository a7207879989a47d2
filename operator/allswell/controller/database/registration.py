"""Register Monitors with the central database, many at once, in the collector's writing thread.

A checker that says hello before its Monitor is registered must stop; so a StatefulSet is made only
after this. What has been registered is remembered, so that a resync asks the database nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from allswell.central.errors import CentralError
from allswell.domain.spec.monitor import Monitor
from allswell.kube.views.object_meta import NamespacedName

Outcome = Mapping["MonitorEntry", CentralError | None]


@dataclass(frozen=True, slots=True)
class MonitorEntry:
    """The part of a monitor that the central database holds."""

    name: NamespacedName
    namespace_uid: str
    uid: str
    interval: timedelta
    paused: bool


class MonitorRegistration:
    """Gathers what is to be registered while a batch is being written, and writes it next."""

    def __init__(
        self,
        write: Callable[[Mapping[MonitorEntry, Monitor], datetime], Awaitable[Outcome]],
        now: Callable[[], datetime],
    ) -> None:
        self._write = write
        self._now = now
        self._registered: dict[NamespacedName, MonitorEntry] = {}
        self._waiting: dict[MonitorEntry, tuple[Monitor, list[asyncio.Future[None]]]] = {}
        self._writing: asyncio.Task[None] | None = None

    async def register(self, monitor: Monitor, namespace_uid: str) -> bool:
        """Register a monitor; tell whether anything of it was new. Raises `CentralError`."""
        entry = entry_of(monitor, namespace_uid)
        if self._registered.get(entry.name) == entry:
            return False
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(entry, (monitor, []))[1].append(future)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._drain())
        await future
        return True

    def forget(self, name: NamespacedName) -> None:
        """Ask the database again the next time: the row has been hidden."""
        self._registered.pop(name, None)

    async def _drain(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, {}
            monitors = {entry: monitor for entry, (monitor, _) in batch.items()}
            try:
                errors = await self._write(monitors, self._now())
            except CentralError as error:
                errors = dict.fromkeys(monitors, error)
            for entry, (_, futures) in batch.items():
                self._resolve(entry, errors[entry], futures)

    def _resolve(
        self, entry: MonitorEntry, error: CentralError | None, futures: list[asyncio.Future[None]]
    ) -> None:
        if error is None:
            self._registered[entry.name] = entry
        for future in futures:
            if future.cancelled():
                continue
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)


def entry_of(monitor: Monitor, namespace_uid: str) -> MonitorEntry:
    """Return the part of a monitor that the central database holds."""
    meta = monitor.meta
    name = (meta.namespace, meta.name)
    return MonitorEntry(name, namespace_uid, meta.uid, monitor.interval, monitor.paused)
