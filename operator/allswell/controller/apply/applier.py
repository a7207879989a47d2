"""Carrying out what was decided: writes to the API server, counted and seen at once."""

import logging
import secrets
from datetime import datetime

from allswell.controller.apply.mutation_guard import MutationGuard
from allswell.controller.reconcile.means import Means
from allswell.controller.reconcile.monitor.plan import ApplyObject, DeleteObject
from allswell.controller.reconcile.monitor.status import MonitorEvent
from allswell.kube import manifest
from allswell.kube.errors import KubeError
from allswell.kube.kinds import EVENT, Kind
from allswell.kube.manifest import Json

log = logging.getLogger(__name__)
REPORTER = "allswell.dev/operator"
# The API server's own bound for an event's note.
LONGEST_NOTE = 1024


class Applier:
    """Writes to the API server."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self.insistence = MutationGuard()

    async def do(self, action: ApplyObject | DeleteObject) -> None:
        """Apply or delete. Raises `KubeError`."""
        if isinstance(action, DeleteObject):
            place = (action.namespace, action.name)
            log.info("deleting %s %s/%s: %s", action.kind.name, *place, action.why)
            await self._means.api.delete(action.kind, *place, action.uid, force=action.force)
            self._means.meters.writes.labels(action.kind.name, "delete").inc()
            return
        seen = await self._means.api.apply(action.kind, action.wanted, uid=action.uid)
        self._means.meters.writes.labels(action.kind.name, "apply").inc()
        self._means.index[action.kind].observe(seen)
        self.insistence.note(action.wanted, seen)

    async def status(self, kind: Kind, live: Json, status: Json) -> None:
        """Write the status of an object as it was seen, in that very version. Raises `KubeError`.

        The API server holds no status to a UID, but to a version. So of two operators only one
        writes what both have seen, and only that one tells of it.
        """
        namespace, name = manifest.name(live)
        version = manifest.text(live, "metadata", "resourceVersion")
        wanted: Json = {
            "apiVersion": kind.api,
            "kind": kind.name,
            "metadata": {"namespace": namespace, "name": name, "resourceVersion": version},
            "status": status,
        }
        seen = await self._means.api.apply(kind, wanted, "status")
        self._means.meters.writes.labels(kind.name, "status").inc()
        self._means.index[kind].observe(seen)

    async def tell(self, kind: Kind, live: Json, news: MonitorEvent) -> None:
        """Post an event; one that cannot be posted is lost, and the log says so."""
        try:
            await self._means.api.create(EVENT, event_of(kind, live, news, self._means.now()))
            self._means.meters.writes.labels(EVENT.name, "create").inc()
        except KubeError as error:
            log.warning("an event could not be posted: %s", error)


def event_of(kind: Kind, live: Json, news: MonitorEvent, now: datetime) -> dict[str, object]:
    """The manifest of an event about an object."""
    namespace, name = manifest.name(live)
    regarding = {
        "apiVersion": kind.api,
        "kind": kind.name,
        "namespace": namespace,
        "name": name,
        "uid": manifest.uid(live),
    }
    return {
        "apiVersion": EVENT.api,
        "kind": EVENT.name,
        "metadata": {"namespace": namespace, "name": f"{name}.{secrets.token_hex(8)}"},
        "eventTime": now.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "reportingController": REPORTER,
        "reportingInstance": REPORTER,
        "action": "Reconcile",
        "type": news.type,
        "reason": news.reason,
        "note": news.note[:LONGEST_NOTE] or news.reason,
        "regarding": regarding,
    }
