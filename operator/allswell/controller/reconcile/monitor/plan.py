"""What to do about one Monitor: a pure function of what was gathered. It writes no `spec`.

Children are compared with what they shall be, field by field; so what somebody deleted or changed
by hand comes back, and after a restart nothing is written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from allswell.controller.workload import pod_health, rollout
from allswell.controller.workload.rollout import RolloutSlot
from allswell.domain.spec import monitor as spec
from allswell.domain.spec.monitor import Monitor
from allswell.domain.spec.problem import InvalidManifest
from allswell.kube import configmap, manifest, names, statefulset
from allswell.kube.checker_defaults import CheckerDefaults
from allswell.kube.conditions import FALSE, TRUE, Condition
from allswell.kube.kinds import CONFIGMAP, MONITOR, POD, STATEFULSET, Kind
from allswell.kube.manifest import Json

READY = "Ready"
SOON = timedelta(seconds=2)
# These can never change in a StatefulSet that exists.
FIXED = ("volumeClaimTemplates", "serviceName", "selector", "podManagementPolicy")


@dataclass(frozen=True, slots=True)
class MonitorInputs:
    """What the decision is made from; a child is None when it is not there.

    `registered` says whether the central database knows this incarnation, `turn` whether a change
    that `needs_turn` has one. `insisted` are kinds of children that are what others make of them
    whenever we apply what they bear the stamp of.
    """

    monitor: Json
    shape: CheckerDefaults
    registered: bool
    statefulset: Json | None = None
    configmap: Json | None = None
    pod: Json | None = None
    turn: RolloutSlot = RolloutSlot.NEEDLESS
    insisted: frozenset[Kind] = frozenset()


@dataclass(frozen=True, slots=True)
class ApplyObject:
    """Make an object so; `uid` is that of the object that is there, empty for a new one."""

    kind: Kind
    wanted: Json
    uid: str = ""


@dataclass(frozen=True, slots=True)
class DeleteObject:
    """Delete that very object; `force` waits for no kubelet."""

    kind: Kind
    namespace: str
    name: str
    uid: str
    why: str
    force: bool = False


@dataclass(frozen=True, slots=True)
class MonitorPlan:
    """What to do, what `Ready` is to say, and when to look again in any case."""

    actions: tuple[ApplyObject | DeleteObject, ...] = ()
    conditions: tuple[Condition, ...] = ()
    again: timedelta | None = None


def parse(seen: Json) -> Monitor | InvalidManifest:
    """The Monitor that a manifest is, or what is wrong with it."""
    try:
        return spec.read(seen)
    except InvalidManifest as problems:
        return problems


def decide(gathered: MonitorInputs, now: datetime) -> MonitorPlan:
    """What is to be done about a Monitor."""
    wanted = parse(gathered.monitor)
    if isinstance(wanted, InvalidManifest):
        return MonitorPlan(conditions=(Condition(READY, FALSE, "InvalidSpec", str(wanted)),))
    children = _children(wanted, gathered)
    for kind, live, _ in children:
        if live is not None and (refusal := _strange(wanted, kind, live)) is not None:
            return refusal
    if not gathered.registered and gathered.statefulset is None:
        why = "the central database cannot be written; the checker is made when it can"
        return MonitorPlan(conditions=(Condition(READY, FALSE, "CentralUnavailable", why),))
    actions = [_applied(gathered, kind, live, shall) for kind, live, shall in children]
    kept = tuple(action for action in actions if action is not None)
    if kept and gathered.turn is not RolloutSlot.AWAITED:
        # What follows is seen when the API server has answered.
        return MonitorPlan(kept, (_settling(gathered),), SOON)
    found = pod_health.judge(gathered.statefulset or manifest.NOTHING, gathered.pod, now)
    doomed = _doomed(gathered.pod, found)
    return MonitorPlan(doomed, _ready(wanted, found), found.again)


def needs_slot(gathered: MonitorInputs, now: datetime) -> bool:
    """Whether a checker that runs is to be replaced for the installation's sake alone."""
    wanted, live = parse(gathered.monitor), gathered.statefulset
    if isinstance(wanted, InvalidManifest) or live is None or gathered.configmap is None:
        return False
    made = statefulset.build(wanted, gathered.shape)
    return rollout.is_due(live, made) and rollout.disturbs(live, gathered.pod, now)


def _children(
    wanted: Monitor, gathered: MonitorInputs
) -> tuple[tuple[Kind, Json | None, Mapping[str, object]], ...]:
    """The ConfigMap comes first, for the pod mounts it."""
    made = statefulset.build(wanted, gathered.shape)
    if gathered.turn is RolloutSlot.TAKEN:
        made = rollout.marked(made)
    return (
        (CONFIGMAP, gathered.configmap, configmap.build(wanted, gathered.shape)),
        (STATEFULSET, gathered.statefulset, _fixed(made, gathered.statefulset)),
    )


def _fixed(wanted: dict[str, object], live: Json | None) -> dict[str, object]:
    """The manifest with what can no longer change taken from the object that is there."""
    if live is None:
        return wanted
    there = manifest.block(live, "spec")
    kept = {name: there[name] for name in FIXED if name in there}
    return {**wanted, "spec": {**manifest.block(wanted, "spec"), **kept}}


def _strange(wanted: Monitor, kind: Kind, live: Json) -> MonitorPlan | None:
    """What to do when an object of the name is not this Monitor's; None when it is."""
    owner = manifest.owner(live)
    if owner.get("uid") == wanted.meta.uid:
        return None
    namespace, name = manifest.name(live)
    if owner.get("kind") == MONITOR.name and owner.get("name") == wanted.meta.name:
        gone = DeleteObject(
            kind, namespace, name, manifest.uid(live), "its Monitor was another one"
        )
        why = "the children of an earlier Monitor of this name are being removed"
        actions = () if manifest.text(live, "metadata", "deletionTimestamp") else (gone,)
        return MonitorPlan(actions, (Condition(READY, FALSE, "Replacing", why),), SOON)
    why = (
        f"there is a {kind.name} {name} that does not belong to this Monitor; "
        f"rename the Monitor, or remove the {kind.name}"
    )
    return MonitorPlan(conditions=(Condition(READY, FALSE, "NameTaken", why),))


def _applied(
    gathered: MonitorInputs, kind: Kind, live: Json | None, wanted: Json
) -> ApplyObject | None:
    if live is None:
        return ApplyObject(kind, wanted)
    if kind in gathered.insisted and manifest.spec_hash(live) == manifest.spec_hash(wanted):
        return None
    return (
        None if manifest.is_subset(live, wanted) else ApplyObject(kind, wanted, manifest.uid(live))
    )


def _settling(gathered: MonitorInputs) -> Condition:
    found = pod_health.STARTING if gathered.statefulset is None else pod_health.UPDATING
    return Condition(READY, FALSE, found.reason, found.message)


def _doomed(pod: Json | None, found: pod_health.PodHealth) -> tuple[DeleteObject, ...]:
    if pod is None or not found.delete:
        return ()
    namespace, name = manifest.name(pod)
    return (DeleteObject(POD, namespace, name, manifest.uid(pod), found.delete, found.force),)


def _ready(wanted: Monitor, found: pod_health.PodHealth) -> tuple[Condition, ...]:
    if wanted.paused:
        return (Condition(READY, TRUE, "Paused", "paused; the results are kept"),)
    ready = Condition(READY, TRUE if found.ready else FALSE, found.reason, found.message)
    if not found.stalled:
        return (ready,)
    return (ready, Condition("Stalled", TRUE, found.reason, found.message))


def target(wanted: Monitor) -> str:
    """What the Target column shows."""
    return wanted.check.target


def children(namespace: str, name: str) -> Iterator[tuple[Kind, str, str]]:
    """Where the children of a Monitor are."""
    yield CONFIGMAP, namespace, names.checker(name)
    yield STATEFULSET, namespace, names.checker(name)
    yield POD, namespace, names.pod(name)
