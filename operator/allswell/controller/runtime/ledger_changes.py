"""Follow changes of monitors' ledgers: read their statuses anew, and have them reconciled."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from allswell.central.errors import CentralError
from allswell.controller.cache.cache import ObjectKey
from allswell.controller.database.monitor_statuses import MonitorStatuses
from allswell.kube.kinds import MONITOR

log = logging.getLogger(__name__)
SECOND = timedelta(seconds=1)
RETRY = timedelta(seconds=10)


class LedgerChanges:
    """The ids of monitors whose ledgers have changed, gathered until their statuses are read.

    It belongs to the loop that makes it.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._monitor_ids: set[int] = set()
        self._changed = asyncio.Event()

    def record(self, monitor_id: int) -> None:
        """Note that a monitor's ledgers have changed. Any thread may call it."""
        self._loop.call_soon_threadsafe(self.add, monitor_id)

    def add(self, monitor_id: int) -> None:
        """Note it from the loop itself."""
        self._monitor_ids.add(monitor_id)
        self._changed.set()

    async def take(self) -> int:
        """Wait for a change; return the monitor's id."""
        while not self._monitor_ids:
            self._changed.clear()
            await self._changed.wait()
        return self._monitor_ids.pop()


async def follow(
    changes: LedgerChanges,
    statuses: MonitorStatuses,
    enqueue: Callable[[ObjectKey], None],
    pages: Callable[[str], tuple[ObjectKey, ...]],
) -> None:
    """Read what has changed and enqueue the monitors and their namespaces' pages, for ever."""
    while True:
        monitor_id = await changes.take()
        try:
            names = await statuses.reload_id(monitor_id)
        except CentralError as error:
            changes.add(monitor_id)
            log.warning("a monitor's status could not be read: %s id=%s", error, monitor_id)
            await asyncio.sleep(RETRY / SECOND)
            continue
        for namespace, name in names:
            enqueue(ObjectKey(MONITOR.name, namespace, name))
            for page in pages(namespace):
                enqueue(page)
