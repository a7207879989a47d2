"""Hold what the central database said last of each living monitor.

The resync reads all of it, a registration and a change of a monitor's ledgers read that monitor's.
"""

from collections.abc import Callable, Collection
from datetime import datetime

from allswell.central.monitor_status import MonitorStatus
from allswell.controller.database.client import DatabaseClient
from allswell.domain.state import State
from allswell.kube.views.object_meta import NamespacedName


class MonitorStatuses:
    """Statuses by namespace and name. Only the operator's own loop uses it."""

    def __init__(self, database: DatabaseClient, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._statuses: dict[NamespacedName, MonitorStatus] = {}

    def get(self, name: NamespacedName) -> MonitorStatus | None:
        """Return a monitor's status; None when it has not been read."""
        return self._statuses.get(name)

    def state(self, name: NamespacedName) -> State:
        """Return a monitor's state; unknown when it has not been read."""
        return self._statuses.get(name, MonitorStatus()).state

    async def reload(self) -> None:
        """Read every status anew. Raises `CentralError`."""
        self._statuses = dict(await self._database.monitor_statuses(self._now()))

    async def reload_name(self, name: NamespacedName) -> None:
        """Read one monitor's status by its name. Raises `CentralError`."""
        read = await self._database.monitor_statuses(self._now(), name=name)
        self._statuses |= read

    async def reload_id(self, monitor_id: int) -> Collection[NamespacedName]:
        """Read one monitor's status by its id; return its name, or nothing when it is hidden.

        Raises `CentralError`.
        """
        read = await self._database.monitor_statuses(self._now(), monitor_id=monitor_id)
        self._statuses |= read
        return read.keys()
