"""Reconcile one Monitor, on an API in memory and a real central database."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest

from allswell.collector.archive.backlog import ArchiveBacklog
from allswell.controller.reconcile.monitor import archive_conditions
from allswell.controller.reconcile.monitor.reconciler import RETRY_REJECTED, RETRY_UNREGISTERED
from allswell.domain import instant
from allswell.domain.state import State
from allswell.kube.conditions import Condition, Conditions
from allswell.kube.errors import KubeRejected, KubeUnavailable
from allswell.kube.kinds import CONFIGMAP, MONITOR, NAMESPACE, POD, STATEFULSET, Kind
from allswell.kube.views.object_meta import NamespacedName
from tests.central_database import transition
from tests.kubeapi import Object
from tests.unit.controller.objects import live_statefulset, pod, with_meta
from tests.unit.controller.world import API, CHILDREN, World

SECOND = timedelta(seconds=1)
STATUS = ("apply status", "Monitor")


def reconcile(world: World) -> timedelta | None:
    return asyncio.run(world.reconciler.reconcile(API))


def run_pod(world: World, since: str = "2026-11-23T11:59:55Z") -> None:
    """Give the StatefulSet its pod, which is ready."""
    live = world.api.objects[(STATEFULSET, "acme", "api-check")]
    world.put(STATEFULSET, {**live, "status": live_statefulset()["status"]})
    world.put(POD, with_meta(pod(since=since), resourceVersion=None))


def claim(
    world: World, sequence: int, state: State, late: timedelta = timedelta(seconds=3)
) -> None:
    """Let the checker claim something some time ago, which the reconciler reads."""
    (row,) = world.database.writer.living()
    if sequence == 1:
        world.database.writer.hello(row.id, "s1", world.now)
    said = transition(sequence, state, world.now - late)
    world.database.writer.accept_transition(row.id, said, world.now)
    asyncio.run(world.statuses.reload())


def test_a_new_monitor_is_registered_and_gets_its_children_and_one_status(world: World) -> None:
    world.monitor()
    reconcile(world)
    assert world.writes() == [*CHILDREN, ("apply status", "Monitor", "api")]
    assert [row.name for row in world.database.writer.living()] == ["api"]
    assert world.conditions() == {
        "Ready": ("False", "Starting"),
        "Up": ("Unknown", "NoData"),
        "Fresh": ("Unknown", "NoData"),
    }
    reconcile(world)
    assert world.writes() == []


def test_an_object_that_is_not_there_or_is_going_costs_nothing(world: World) -> None:
    assert reconcile(world) is None
    world.monitor()
    seen = world.api.objects[(MONITOR, "acme", "api")]
    world.put(MONITOR, with_meta(seen, deletionTimestamp="2026-11-23T12:00:00Z"))
    assert reconcile(world) is None
    assert world.api.asked == []


def test_readiness_and_the_first_result_are_written_together(world: World) -> None:
    world.monitor()
    reconcile(world)
    run_pod(world)
    world.writes()
    assert reconcile(world) is not None
    assert world.writes() == []
    claim(world, 1, State.UP)
    assert reconcile(world) is None
    assert world.writes()[0] == ("apply status", "Monitor", "api")
    assert world.conditions() == {
        "Ready": ("True", "Running"),
        "Up": ("True", "Succeeding"),
        "Fresh": ("True", "Reporting"),
    }


@pytest.mark.parametrize("late", [timedelta(), timedelta(minutes=3)])
@pytest.mark.parametrize("first", ["pod", "result"])
def test_two_writes_tell_of_a_new_monitor_however_late_the_operator_sees_it(
    world: World, first: str, late: timedelta
) -> None:
    """On a busy machine, what happened reaches the operator later than it happened."""
    world.monitor()
    reconcile(world)
    happened = instant.text(world.now)
    world.now += late
    steps = [partial(run_pod, world, happened), partial(claim, world, 1, State.UP, late + SECOND)]
    for step in steps if first == "pod" else reversed(steps):
        step()
        reconcile(world)
        world.now += timedelta(seconds=8)
    told = [action for action, kind, _ in world.writes() if (action, kind) == STATUS]
    assert len(told) == 2
    assert world.conditions()["Up"] == ("True", "Succeeding")


def test_a_change_of_state_is_one_event(world: World) -> None:
    world.monitor()
    reconcile(world)
    run_pod(world)
    claim(world, 1, State.UP)
    reconcile(world)
    world.now += timedelta(minutes=5)
    claim(world, 2, State.DOWN)
    for _ in range(2):
        reconcile(world)
    assert world.events() == ["Up", "Down"]
    assert world.status()["state"] == "down"


def test_the_conditions_of_raw_results_come_and_go(world: World) -> None:
    backlog = ArchiveBacklog(configured=True)

    def archived(_: NamespacedName, before: Conditions) -> tuple[Condition, ...]:
        return archive_conditions.build(backlog, 1, before, world.now)

    world.reconciler = world.reconcilers(archive_conditions=archived)
    world.monitor()
    backlog.record(1, 0, None, losing=True)
    reconcile(world)
    expected = {"Archived": ("True", "Archiving"), "RawLost": ("True", "VolumeFull")}
    assert world.conditions().items() >= expected.items()
    backlog.record(1, 0, None)
    reconcile(world)
    assert world.conditions()["Archived"] == expected["Archived"]
    assert "RawLost" not in world.conditions()


def test_without_the_collector_nothing_is_made_and_it_is_tried_again(world: World) -> None:
    world.monitor()
    world.away = True
    assert reconcile(world) == RETRY_UNREGISTERED
    assert world.there(STATEFULSET) == []
    assert world.conditions()["Ready"] == ("False", "CentralUnavailable")
    world.away = False
    reconcile(world)
    assert world.there(STATEFULSET) == ["api-check"]


def test_what_the_api_server_refuses_is_a_condition_and_tried_again(world: World) -> None:
    world.monitor()
    world.api.trouble["apply"] = [KubeRejected("403: exceeded quota")]
    assert reconcile(world) == RETRY_REJECTED
    assert world.conditions()["Ready"] == ("False", "Rejected")
    assert world.events() == ["Rejected"]


def test_what_others_mutate_costs_no_more_than_one_write_each(world: World) -> None:
    """A webhook that leads images to a mirror, and somebody who changes more by hand."""

    def mirrored(kind: Kind, seen: Object) -> Object:
        if kind == STATEFULSET:
            seen["spec"]["template"]["spec"]["containers"][0]["image"] = "mirror/allswell:1"
        return seen

    world.api.mutating = mirrored
    world.monitor()
    for _ in range(3):
        reconcile(world)
    run_pod(world)
    assert [call for call in world.writes() if call[0] == "apply"] == CHILDREN
    claim(world, 1, State.UP)
    reconcile(world)
    assert world.conditions()["Ready"] == ("True", "Running")

    live = world.api.objects[(STATEFULSET, "acme", "api-check")]
    world.put(STATEFULSET, {**live, "spec": {**live["spec"], "replicas": 0}})
    world.writes()
    for _ in range(3):
        reconcile(world)
    assert [call for call in world.writes() if call[0] == "apply"] == CHILDREN[1:]
    again = world.api.objects[(STATEFULSET, "acme", "api-check")]
    assert again["spec"]["replicas"] == 1

    world.monitor(interval="10s")
    for _ in range(3):
        reconcile(world)
    assert [call for call in world.writes() if call[0] == "apply"] == CHILDREN


def test_an_event_that_cannot_be_posted_stops_nothing(world: World) -> None:
    world.monitor(interval="1h")
    world.api.trouble["apply"] = [KubeRejected("403: exceeded quota")]
    world.api.trouble["create"] = [KubeUnavailable("away")]
    reconcile(world)
    assert world.conditions()["Ready"] == ("False", "Rejected")


def test_a_monitor_of_a_namespace_that_is_gone_is_not_registered(world: World) -> None:
    world.monitor()
    world.api.remove(NAMESPACE, "", "acme")
    reconcile(world)
    assert world.database.writer.living() == ()
    assert world.there(CONFIGMAP) == []


def test_a_waiting_change_of_the_installation_lets_the_first_go_when_counted(world: World) -> None:
    world.monitor()
    reconcile(world)
    run_pod(world)
    stamped = world.api.objects[(STATEFULSET, "acme", "api-check")]
    metadata = {**stamped["metadata"], "annotations": {**stamped["metadata"]["annotations"]}}
    metadata["annotations"]["allswell.dev/fingerprint"] = "of another installation"
    world.put(STATEFULSET, {**stamped, "metadata": metadata})
    world.writes()
    reconcile(world)
    assert world.writes() == []
    assert world.limiter.count() == (("acme", "api"),)
    reconcile(world)
    assert world.writes()[0] == ("apply", "StatefulSet", "api-check")
