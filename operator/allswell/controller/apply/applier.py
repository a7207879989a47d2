"""Carry out what was decided: writes to the API server, counted, and in the cache at once."""

import logging
from collections.abc import Callable
from datetime import datetime

from allswell.controller.apply import events
from allswell.controller.apply.actions import Action, ApplyObject, DeleteObject
from allswell.controller.apply.events import ObjectEvent
from allswell.controller.apply.mutation_guard import MutationGuard
from allswell.controller.cache.cache import Cache
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.kube.client import Api
from allswell.kube.errors import KubeError
from allswell.kube.kinds import EVENT, Kind
from allswell.kube.views import status as status_view
from allswell.kube.views.object_meta import ManifestView, ObjectMeta
from allswell.kube.views.status import StatusView

log = logging.getLogger(__name__)


class Applier:
    """Writes to the API server."""

    def __init__(
        self,
        *,
        api: Api,
        cache: Cache,
        guard: MutationGuard,
        metrics: OperatorMetrics,
        now: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._cache = cache
        self._guard = guard
        self._metrics = metrics
        self._now = now

    async def do(self, action: Action) -> None:
        """Apply or delete an object. Raises `KubeError`."""
        if isinstance(action, DeleteObject):
            await self._delete(action)
        else:
            await self._apply(action)

    async def _delete(self, action: DeleteObject) -> None:
        name = (action.namespace, action.name)
        log.info(
            "deleting an object: %s kind=%s namespace=%s name=%s",
            action.reason,
            action.kind.name,
            *name,
        )
        await self._api.delete(action.kind, *name, action.uid, force=action.force)
        self._count(action.kind, "delete")

    async def _apply(self, action: ApplyObject) -> None:
        applied = await self._api.apply(action.kind, action.desired.content, uid=action.uid)
        self._count(action.kind, "apply")
        self._cache[action.kind].observe(applied)
        self._guard.record(action.desired, ManifestView.parse(applied))

    def is_futile(self, live: ManifestView) -> bool:
        """Tell whether others undo at once whatever is applied to an object."""
        return self._guard.is_futile(live)

    async def write_status(self, kind: Kind, meta: ObjectMeta, status: StatusView) -> None:
        """Write the status of an object, in the version that was seen. Raises `KubeError`.

        So of two operators only one writes what both have seen, and only that one emits events.
        """
        applied = await self._api.apply(kind, status_view.update(kind, meta, status), "status")
        self._count(kind, "status")
        self._cache[kind].observe(applied)

    async def emit_event(self, kind: Kind, meta: ObjectMeta, event: ObjectEvent) -> None:
        """Post an event; one that cannot be posted is lost, and the log says so."""
        try:
            await self._api.create(EVENT, events.build(kind, meta, event, self._now()))
            self._count(EVENT, "create")
        except KubeError as error:
            log.warning(
                "an event could not be posted: %s reason=%s kind=%s namespace=%s name=%s",
                error,
                event.reason,
                kind.name,
                *meta.namespaced_name,
            )

    def _count(self, kind: Kind, verb: str) -> None:
        self._metrics.writes.labels(kind.name, verb).inc()
