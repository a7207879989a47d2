"""Reconcile one Monitor: gather, decide, apply. The decisions are elsewhere, and pure."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from allswell.central.errors import CentralError
from allswell.controller.apply.applier import Applier
from allswell.controller.cache.cache import Cache, ObjectKey
from allswell.controller.cache.namespaces import Namespaces
from allswell.controller.database.monitor_statuses import MonitorStatuses
from allswell.controller.database.registration import MonitorRegistration
from allswell.controller.reconcile.monitor import plan as monitor_plan
from allswell.controller.reconcile.monitor import status as monitor_status
from allswell.controller.reconcile.monitor.plan import READY, MonitorInputs, MonitorPlan
from allswell.controller.reconcile.monitor.status_debounce import NONE, StatusDebounce
from allswell.controller.workload.rollout import RolloutSlot
from allswell.controller.workload.rollout_limiter import RolloutLimiter
from allswell.kube import names
from allswell.kube.checker_defaults import CheckerDefaults
from allswell.kube.client import Api
from allswell.kube.conditions import FALSE, Condition, Conditions
from allswell.kube.errors import KubeRejected
from allswell.kube.kinds import CONFIGMAP, MONITOR, STATEFULSET
from allswell.kube.views.monitor import MonitorView
from allswell.kube.views.object_meta import ManifestView, NamespacedName
from allswell.kube.views.statefulset import StatefulSetView

log = logging.getLogger(__name__)
RETRY_REJECTED = timedelta(seconds=10)
RETRY_UNREGISTERED = timedelta(seconds=5)

ArchiveConditions = Callable[[NamespacedName, Conditions], tuple[Condition, ...]]


class MonitorReconciler:
    """Makes true what Monitors say: their checkers' objects, their statuses, their events."""

    def __init__(
        self,
        *,
        api: Api,
        cache: Cache,
        namespaces: Namespaces,
        registration: MonitorRegistration,
        statuses: MonitorStatuses,
        applier: Applier,
        limiter: RolloutLimiter,
        defaults: CheckerDefaults,
        now: Callable[[], datetime],
        archive_conditions: ArchiveConditions = lambda _name, _before: (),
    ) -> None:
        self._api = api
        self._cache = cache
        self._namespaces = namespaces
        self._registration = registration
        self._statuses = statuses
        self._applier = applier
        self._limiter = limiter
        self._defaults = defaults
        self._now = now
        self._archive_conditions = archive_conditions
        self._debounce = StatusDebounce()

    async def reconcile(self, key: ObjectKey) -> timedelta | None:
        """Make true what a Monitor says; return when to reconcile it again in any case.

        1. Parse it as it was last seen; one that is gone or being deleted is left alone.
        2. Register it with the central database.
        3. Gather its children, and a slot of the roll-out where it needs one.
        4. Decide, and carry out what was decided.
        5. Write its status with the events of what has changed, or let that wait.

        Raises `KubeError` and `CentralError`.
        """
        monitor = self._cache.monitor(*key.namespaced_name)
        if monitor is None or monitor.meta.deleting:
            self._debounce.forget(key.namespaced_name)
            return None
        registered = await self._register(monitor)
        inputs = self._with_slot(await self._gather(monitor, registered=registered))
        plan = await self._carry_out(inputs)
        wait = self._wait_before_write(inputs, plan)
        if wait == NONE:
            await self._write_status(monitor, plan)
        unregistered = RETRY_UNREGISTERED if monitor.monitor and not registered else None
        return min(filter(None, (plan.requeue_after, unregistered, wait)), default=None)

    async def _register(self, monitor: MonitorView) -> bool:
        """Register the Monitor with the central database; False while that cannot be done."""
        if (spec := monitor.monitor) is None:
            return False
        meta = monitor.meta
        namespace_uid = await self._namespaces.uid(meta.namespace, meta.uid)
        if namespace_uid is None:
            return False
        try:
            if await self._registration.register(spec, namespace_uid):
                await self._statuses.reload_name(meta.namespaced_name)
                self._cache.enqueue_all(self._cache.pages(meta.namespace))
        except CentralError as error:
            words = "the Monitor is not registered: %s namespace=%s name=%s"
            log.warning(words, error, *meta.namespaced_name)
            return False
        return True

    async def _gather(self, monitor: MonitorView, *, registered: bool) -> MonitorInputs:
        """Gather the children; one that the watch has not shown may be there without our labels."""
        namespace, name = monitor.meta.namespaced_name
        child = (namespace, names.checker(name))
        configmap = self._cache.configmap(*child)
        if configmap is None and (live := await self._api.get(CONFIGMAP, *child)) is not None:
            configmap = ManifestView.parse(live)
        statefulset = self._cache.statefulset(*child)
        if statefulset is None and (live := await self._api.get(STATEFULSET, *child)) is not None:
            statefulset = StatefulSetView.parse(live)
        inputs = MonitorInputs(
            monitor=monitor,
            desired=monitor_plan.desired_children(monitor, self._defaults),
            registered=registered,
            statefulset=statefulset,
            configmap=configmap,
            pod=self._cache.pod(namespace, names.pod(name)),
        )
        futile = (kind for kind, child in inputs.children if self._applier.is_futile(child))
        return replace(inputs, futile=frozenset(futile))

    def _with_slot(self, inputs: MonitorInputs) -> MonitorInputs:
        """Return the inputs with a slot where one is needed and to be had."""
        name = inputs.monitor.meta.namespaced_name
        if monitor_plan.needs_slot(inputs, self._now()):
            return replace(inputs, slot=self._limiter.acquire(name))
        self._limiter.release(name)
        return inputs

    async def _carry_out(self, inputs: MonitorInputs) -> MonitorPlan:
        """Decide and act; what the API server refuses for good becomes a condition."""
        plan = monitor_plan.decide(inputs, self._now())
        try:
            for action in plan.actions:
                await self._applier.do(action)
        except KubeRejected as error:
            rejected = Condition(READY, FALSE, "Rejected", str(error))
            return MonitorPlan(conditions=(rejected,), requeue_after=RETRY_REJECTED)
        finally:
            if inputs.slot is RolloutSlot.TAKEN:
                self._limiter.release(inputs.monitor.meta.namespaced_name)
        return plan

    def _wait_before_write(self, inputs: MonitorInputs, plan: MonitorPlan) -> timedelta:
        recorded = self._statuses.get(inputs.monitor.meta.namespaced_name)
        return self._debounce.wait_before_write(
            inputs.monitor, plan.conditions, recorded, self._now()
        )

    async def _write_status(self, monitor: MonitorView, plan: MonitorPlan) -> None:
        name, before = monitor.meta.namespaced_name, monitor.status
        archive = self._archive_conditions(name, before.conditions)
        status = monitor_status.build(
            monitor, (*plan.conditions, *archive), self._statuses.get(name), self._now()
        )
        if status.equals(before):
            return
        await self._applier.write_status(MONITOR, monitor.meta, status)
        for event in monitor_status.events(before.conditions, status.conditions):
            await self._applier.emit_event(MONITOR, monitor.meta, event)
