from dataclasses import replace

from allswell.controller.apply.actions import ApplyObject, DeleteObject
from allswell.controller.reconcile.monitor import plan as monitor_plan
from allswell.controller.reconcile.monitor.plan import MonitorInputs, MonitorPlan
from allswell.controller.workload.rollout import RolloutSlot
from allswell.kube import manifest, names
from allswell.kube.checker_defaults import CheckerDefaults
from allswell.kube.kinds import CONFIGMAP, POD, STATEFULSET
from allswell.kube.manifest import Json
from allswell.kube.views.monitor import MonitorView
from allswell.kube.views.object_meta import ManifestView
from allswell.kube.views.pod import PodView
from allswell.kube.views.statefulset import StatefulSetView
from tests.unit.controller.objects import (
    NOW,
    SHAPE,
    live_configmap,
    live_statefulset,
    monitor,
    monitor_of,
    pod,
    with_meta,
)


def decide(
    seen: Json,
    *,
    registered: bool = True,
    statefulset: Json | None = None,
    configmap: Json | None = None,
    pod: Json | None = None,
) -> MonitorPlan:
    inputs = gathered(
        seen, registered=registered, statefulset=statefulset, configmap=configmap, pod=pod
    )
    return monitor_plan.decide(inputs, NOW)


def gathered(
    seen: Json,
    defaults: CheckerDefaults = SHAPE,
    *,
    registered: bool = True,
    statefulset: Json | None = None,
    configmap: Json | None = None,
    pod: Json | None = None,
    slot: RolloutSlot = RolloutSlot.NEEDLESS,
) -> MonitorInputs:
    view = MonitorView.parse(seen)
    return MonitorInputs(
        view,
        monitor_plan.desired_children(view, defaults),
        registered,
        StatefulSetView.parse(statefulset) if statefulset else None,
        ManifestView.parse(configmap) if configmap else None,
        PodView.parse(pod) if pod else None,
        slot,
    )


def said(plan: MonitorPlan) -> list[tuple[str, str, str]]:
    return [(entry.type, entry.status, entry.reason) for entry in plan.conditions]


def test_a_new_monitor_gets_its_configmap_first_and_then_its_statefulset() -> None:
    plan = decide(monitor())
    assert [(a.kind, a.uid) for a in plan.actions if isinstance(a, ApplyObject)] == [
        (CONFIGMAP, ""),
        (STATEFULSET, ""),
    ]
    assert said(plan) == [("Ready", "False", "Starting")]


def test_children_that_are_as_they_shall_be_are_left_alone() -> None:
    plan = decide(monitor(), statefulset=live_statefulset(), configmap=live_configmap(), pod=pod())
    assert (plan.actions, plan.requeue_after) == ((), None)
    assert said(plan) == [("Ready", "True", "Running")]


def test_what_somebody_changed_by_hand_comes_back() -> None:
    changed = {**live_configmap(), "data": {"checker.json": "{}"}}
    plan = decide(monitor(), statefulset=live_statefulset(), configmap=changed, pod=pod())
    assert [(a.kind, a.uid) for a in plan.actions if isinstance(a, ApplyObject)] == [
        (CONFIGMAP, "c1")
    ]


def test_what_somebody_deleted_comes_back() -> None:
    plan = decide(monitor(), configmap=live_configmap(), pod=pod())
    assert [a.kind for a in plan.actions] == [STATEFULSET]


def test_a_change_of_the_spec_changes_both_children_of_that_very_monitor() -> None:
    plan = decide(
        monitor(interval="10s"),
        statefulset=live_statefulset(),
        configmap=live_configmap(),
        pod=pod(),
    )
    assert [(a.kind, a.uid) for a in plan.actions if isinstance(a, ApplyObject)] == [
        (CONFIGMAP, "c1"),
        (STATEFULSET, "s1"),
    ]
    assert said(plan) == [("Ready", "False", "Updating")]


def changed_installation(
    slot: RolloutSlot,
    pod: Json | None,
    seen: Json | None = None,
    image: str = "local/allswell:2",
) -> MonitorInputs:
    return gathered(
        seen or monitor(),
        replace(SHAPE, image=image),
        statefulset=live_statefulset(),
        configmap=live_configmap(),
        pod=pod,
        slot=slot,
    )


def test_what_the_installation_changes_needs_a_slot_while_the_checker_runs() -> None:
    running, none = (changed_installation(RolloutSlot.NEEDLESS, it) for it in (pod(), None))
    assert monitor_plan.needs_slot(running, NOW)
    assert not monitor_plan.needs_slot(none, NOW)
    others = (
        changed_installation(RolloutSlot.NEEDLESS, pod(), image=SHAPE.image),
        changed_installation(RolloutSlot.NEEDLESS, pod(), monitor(interval="9s")),
        changed_installation(RolloutSlot.NEEDLESS, pod(), monitor(interval="2w")),
    )
    assert [monitor_plan.needs_slot(other, NOW) for other in others] == [False] * 3
    assert not monitor_plan.needs_slot(replace(running, configmap=None), NOW)


def test_a_monitor_that_waits_for_a_slot_stays_ready_and_nothing_is_written() -> None:
    plan = monitor_plan.decide(changed_installation(RolloutSlot.AWAITED, pod()), NOW)
    assert (plan.actions, said(plan)) == ((), [("Ready", "True", "Running")])


def test_a_monitor_that_waits_is_helped_all_the_same_when_its_node_is_lost() -> None:
    lost = with_meta(
        pod(ready=False, since="2026-11-23T11:54:00Z"), deletionTimestamp="2026-11-23T11:55:00Z"
    )
    plan = monitor_plan.decide(changed_installation(RolloutSlot.AWAITED, lost), NOW)
    assert [(a.kind, a.name) for a in plan.actions if isinstance(a, DeleteObject)] == [
        (POD, "api-check-0")
    ]


def test_a_checker_that_is_replaced_in_a_slot_is_marked() -> None:
    taken, needless = (
        [
            manifest.text(action.desired.content, "metadata", "annotations", names.ROLLED_OUT)
            for action in monitor_plan.decide(changed_installation(slot, pod()), NOW).actions
            if isinstance(action, ApplyObject)
        ]
        for slot in (RolloutSlot.TAKEN, RolloutSlot.NEEDLESS)
    )
    assert (taken, needless) == (["true"], [""])


def test_a_pause_takes_the_pod_and_is_ready() -> None:
    plan = decide(monitor(paused=True), statefulset=live_statefulset(), configmap=live_configmap())
    applied = plan.actions[0]
    assert isinstance(applied, ApplyObject)
    assert manifest.at(applied.desired.content, "spec", "replicas") == 0
    done = decide(
        monitor(paused=True), statefulset=live_statefulset(paused=True), configmap=live_configmap()
    )
    assert said(done) == [("Ready", "True", "Paused")]


def test_what_can_never_change_is_left_as_it_is() -> None:
    there = live_statefulset()
    spec = manifest.block(there, "spec")
    old = {**there, "spec": {**spec, "serviceName": "old", "volumeClaimTemplates": [{"a": 1}]}}
    plan = decide(monitor(interval="10s"), statefulset=old, configmap=live_configmap(), pod=pod())
    applied = plan.actions[1]
    assert isinstance(applied, ApplyObject)
    assert manifest.text(applied.desired.content, "spec", "serviceName") == "old"
    assert manifest.blocks(applied.desired.content, "spec", "volumeClaimTemplates") == ({"a": 1},)


def test_without_the_collector_no_checker_is_made() -> None:
    plan = decide(monitor(), registered=False)
    assert plan.actions == ()
    assert said(plan) == [("Ready", "False", "CentralUnavailable")]


def test_without_the_collector_a_checker_that_is_there_follows_its_spec() -> None:
    plan = decide(
        monitor(interval="10s"),
        registered=False,
        statefulset=live_statefulset(),
        configmap=live_configmap(),
    )
    assert len(plan.actions) == 2


def test_a_spec_that_cannot_be_read_leaves_the_children_as_they_are() -> None:
    plan = decide(monitor(interval="2w"), statefulset=live_statefulset())
    assert plan.actions == ()
    assert said(plan) == [("Ready", "False", "InvalidSpec")]
    assert "spec.interval" in plan.conditions[0].message


def test_a_strangers_object_of_the_name_is_never_touched() -> None:
    stranger = with_meta(live_configmap(), ownerReferences=[])
    plan = decide(monitor(), configmap=stranger)
    assert plan.actions == ()
    assert said(plan) == [("Ready", "False", "NameTaken")]


def test_a_child_of_an_earlier_monitor_of_the_name_goes_first() -> None:
    plan = decide(monitor_of("m2"), statefulset=live_statefulset(), configmap=live_configmap())
    gone = plan.actions[0]
    assert isinstance(gone, DeleteObject)
    assert (gone.kind, gone.uid, gone.force) == (CONFIGMAP, "c1", False)
    assert plan.requeue_after == monitor_plan.SOON


def test_a_child_that_is_going_already_is_waited_for() -> None:
    going = with_meta(live_configmap(), deletionTimestamp="2026-11-23T11:59:59Z")
    plan = decide(monitor_of("m2"), configmap=going)
    assert (plan.actions, plan.requeue_after) == ((), monitor_plan.SOON)


def test_a_pod_on_a_dead_node_is_deleted_by_force() -> None:
    lost = with_meta(
        pod(ready=False, since="2026-11-23T11:54:00Z"), deletionTimestamp="2026-11-23T11:55:00Z"
    )
    plan = decide(monitor(), statefulset=live_statefulset(), configmap=live_configmap(), pod=lost)
    gone = plan.actions[0]
    assert isinstance(gone, DeleteObject)
    assert (gone.kind, gone.uid, gone.force) == (POD, "p1", True)
