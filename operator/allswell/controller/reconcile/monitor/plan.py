"""Decide what to do about one Monitor: a pure function of what was gathered. It writes no `spec`.

Children are compared with what is desired, field by field; so what somebody deleted or changed by
hand comes back, and after a restart nothing is written.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from allswell.controller.apply.actions import Action, ApplyObject, DeleteObject
from allswell.controller.workload import pod_health, rollout
from allswell.controller.workload.pod_health import PodHealth
from allswell.controller.workload.rollout import RolloutSlot
from allswell.domain.spec.problem import InvalidManifest
from allswell.kube import configmap, statefulset
from allswell.kube.checker_defaults import CheckerDefaults
from allswell.kube.conditions import FALSE, TRUE, Condition
from allswell.kube.kinds import CONFIGMAP, MONITOR, POD, STATEFULSET, Kind
from allswell.kube.views.monitor import MonitorView
from allswell.kube.views.object_meta import ManifestView
from allswell.kube.views.pod import PodView
from allswell.kube.views.statefulset import StatefulSetView

READY = "Ready"
SOON = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class DesiredChildren:
    """The manifests of a Monitor's children."""

    configmap: ManifestView
    statefulset: StatefulSetView


@dataclass(frozen=True, slots=True)
class MonitorInputs:
    """The facts that the decision is made from; a child is None when it is not there.

    `desired` is None when the spec cannot be read. `registered` tells whether the central database
    knows this incarnation, `slot` whether a change that `needs_slot` has one. `futile` are kinds of
    children that others change back at once whatever is applied.
    """

    monitor: MonitorView
    desired: DesiredChildren | None
    registered: bool
    statefulset: StatefulSetView | None = None
    configmap: ManifestView | None = None
    pod: PodView | None = None
    slot: RolloutSlot = RolloutSlot.NEEDLESS
    futile: frozenset[Kind] = frozenset()

    @property
    def children(self) -> tuple[tuple[Kind, ManifestView], ...]:
        """Return the children that are there, but for the pod."""
        both = ((CONFIGMAP, self.configmap), (STATEFULSET, self.statefulset))
        return tuple((kind, child) for kind, child in both if child is not None)


@dataclass(frozen=True, slots=True)
class MonitorPlan:
    """The actions, the conditions, and when to reconcile again in any case."""

    actions: tuple[Action, ...] = ()
    conditions: tuple[Condition, ...] = ()
    requeue_after: timedelta | None = None


def desired_children(monitor: MonitorView, defaults: CheckerDefaults) -> DesiredChildren | None:
    """Build the children of a Monitor; None when its spec cannot be read."""
    if (spec := monitor.monitor) is None:
        return None
    return DesiredChildren(
        ManifestView.parse(configmap.build(spec, defaults)),
        StatefulSetView.parse(statefulset.build(spec, defaults)),
    )


def needs_slot(inputs: MonitorInputs, now: datetime) -> bool:
    """Tell whether a checker that runs is to be replaced for the installation's sake alone."""
    live = inputs.statefulset
    if inputs.desired is None or live is None or inputs.configmap is None:
        return False
    return rollout.is_due(live, inputs.desired.statefulset) and rollout.disturbs(
        live, inputs.pod, now
    )


def decide(inputs: MonitorInputs, now: datetime) -> MonitorPlan:
    """Decide what to do about a Monitor; the first check that applies decides.

    1. A spec that cannot be read leaves everything as it is.
    2. A child of an earlier Monitor of the name is deleted, and waited for.
    3. A stranger's object of a child's name is never touched.
    4. No checker is made that the central database does not know.
    5. A child that is not as desired is applied, unless it waits for a slot of the roll-out.
    6. A pod that is stuck is deleted; `Ready` says how the pod is.
    """
    plans = (check(inputs) for check in CHECKS)
    decided = next((plan for plan in plans if plan is not None), None)
    return decided if decided is not None else _judge_pod(inputs, now)


def _invalid_spec(inputs: MonitorInputs) -> MonitorPlan | None:
    spec = inputs.monitor.spec
    return _not_ready("InvalidSpec", str(spec)) if isinstance(spec, InvalidManifest) else None


def _earlier_monitor(inputs: MonitorInputs) -> MonitorPlan | None:
    """Delete the first child whose owner is a Monitor of the same name, but another one."""
    foreign = _foreign(inputs)
    if foreign is None or not _is_of_earlier(foreign[1], inputs.monitor):
        return None
    kind, child = foreign
    why = "the children of an earlier Monitor of this name are being removed"
    plan = replace(_not_ready("Replacing", why), requeue_after=SOON)
    return plan if child.meta.deleting else replace(plan, actions=(_delete(kind, child),))


def _delete(kind: Kind, child: ManifestView) -> DeleteObject:
    meta = child.meta
    return DeleteObject(kind, *meta.namespaced_name, meta.uid, "its Monitor was another one")


def _strangers_object(inputs: MonitorInputs) -> MonitorPlan | None:
    foreign = _foreign(inputs)
    if foreign is None:
        return None
    kind, child = foreign
    why = (
        f"there is a {kind.name} {child.meta.name} that does not belong to this Monitor; "
        f"rename the Monitor, or remove the {kind.name}"
    )
    return _not_ready("NameTaken", why)


def _foreign(inputs: MonitorInputs) -> tuple[Kind, ManifestView] | None:
    """Return the first child that is not this very Monitor's."""
    uid = inputs.monitor.meta.uid
    owned = ((kind, child, child.meta.owner) for kind, child in inputs.children)
    return next(
        ((kind, child) for kind, child, owner in owned if owner is None or owner.uid != uid), None
    )


def _is_of_earlier(child: ManifestView, monitor: MonitorView) -> bool:
    owner = child.meta.owner
    return owner is not None and owner.kind == MONITOR.name and owner.name == monitor.meta.name


def _unregistered(inputs: MonitorInputs) -> MonitorPlan | None:
    if inputs.registered or inputs.statefulset is not None:
        return None
    why = "the central database cannot be written; the checker is made when it can"
    return _not_ready("CentralUnavailable", why)


def _changed_children(inputs: MonitorInputs) -> MonitorPlan | None:
    """Apply the ConfigMap first, for the pod mounts it; what follows is seen afterwards."""
    if inputs.desired is None or inputs.slot is RolloutSlot.AWAITED:
        return None
    pairs = (
        (CONFIGMAP, inputs.configmap, inputs.desired.configmap),
        (STATEFULSET, inputs.statefulset, _desired_statefulset(inputs, inputs.desired.statefulset)),
    )
    actions = tuple(
        ApplyObject(kind, desired, live.meta.uid if live else "")
        for kind, live, desired in pairs
        if _is_to_apply(inputs, kind, live, desired)
    )
    if not actions:
        return None
    health = pod_health.STARTING if inputs.statefulset is None else pod_health.UPDATING
    return MonitorPlan(actions, (Condition(READY, FALSE, health.reason, health.message),), SOON)


def _desired_statefulset(inputs: MonitorInputs, desired: StatefulSetView) -> StatefulSetView:
    """Return the StatefulSet with its mark, and what can no longer change as it is."""
    content = desired.content
    if inputs.slot is RolloutSlot.TAKEN:
        content = statefulset.mark_rolled_out(content)
    if inputs.statefulset is not None:
        content = statefulset.with_immutable(content, inputs.statefulset.content)
    return desired if content is desired.content else StatefulSetView.parse(content)


def _is_to_apply(
    inputs: MonitorInputs, kind: Kind, live: ManifestView | None, desired: ManifestView
) -> bool:
    if live is None:
        return True
    if kind in inputs.futile and live.spec_hash == desired.spec_hash:
        return False
    return not live.contains(desired)


CHECKS: tuple[Callable[[MonitorInputs], MonitorPlan | None], ...] = (
    _invalid_spec,
    _earlier_monitor,
    _strangers_object,
    _unregistered,
    _changed_children,
)


def _judge_pod(inputs: MonitorInputs, now: datetime) -> MonitorPlan:
    live, monitor = inputs.statefulset, inputs.monitor.monitor
    health = pod_health.judge(live, inputs.pod, now) if live else pod_health.STARTING
    ready = _paused() if monitor and monitor.paused else _conditions(health)
    return MonitorPlan(_stuck_pod(inputs.pod, health), ready, health.requeue_after)


def _stuck_pod(pod: PodView | None, health: PodHealth) -> tuple[DeleteObject, ...]:
    if pod is None or not health.delete:
        return ()
    name, uid = pod.meta.namespaced_name, pod.meta.uid
    return (DeleteObject(POD, *name, uid, health.delete, health.force),)


def _paused() -> tuple[Condition, ...]:
    return (Condition(READY, TRUE, "Paused", "paused; the results are kept"),)


def _conditions(health: PodHealth) -> tuple[Condition, ...]:
    status = TRUE if health.ready else FALSE
    ready = Condition(READY, status, health.reason, health.message)
    if not health.stalled:
        return (ready,)
    return (ready, Condition("Stalled", TRUE, health.reason, health.message))


def _not_ready(reason: str, message: str) -> MonitorPlan:
    return MonitorPlan(conditions=(Condition(READY, FALSE, reason, message),))
