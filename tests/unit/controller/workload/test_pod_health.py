from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from allswell.controller.workload import pod_health
from allswell.controller.workload.pod_health import RUNNING, STARTING, UPDATING, PodHealth
from allswell.kube.manifest import Json
from allswell.kube.views.pod import PodView
from allswell.kube.views.statefulset import StatefulSetView
from tests.unit.controller.objects import NOW, live_statefulset, pod, with_meta

LONG_AGO = "2026-11-23T11:00:00Z"


def judge(statefulset: Json, pod: Json | None, now: datetime) -> PodHealth:
    view = PodView.parse(pod) if pod else None
    return pod_health.judge(StatefulSetView.parse(statefulset), view, now)


def waiting(reason: str) -> dict[str, object]:
    state = {"waiting": {"reason": reason, "message": "because"}}
    held = pod(ready=False)
    status = held["status"]
    assert isinstance(status, Mapping)
    return {**held, "status": {**status, "containerStatuses": [{"state": state}]}}


def unschedulable(since: str, message: str) -> dict[str, object]:
    held = pod(ready=False, since=since)
    scheduled = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": message,
    }
    ready = {"type": "Ready", "status": "False", "lastTransitionTime": since}
    return {**held, "status": {"conditions": [ready, scheduled]}}


def test_a_pod_that_is_ready_runs() -> None:
    assert judge(live_statefulset(), pod(), NOW) == RUNNING


def test_no_pod_is_starting() -> None:
    assert judge(live_statefulset(), None, NOW) == STARTING


def test_a_pod_of_the_old_revision_is_not_what_was_asked_for() -> None:
    assert judge(live_statefulset(), pod(revision="r0"), NOW) == UPDATING


def test_a_statefulset_that_is_not_observed_yet_is_starting() -> None:
    new = {**live_statefulset(), "status": {}}
    assert judge(new, pod(ready=False), NOW) == STARTING


def test_a_change_that_is_not_observed_yet_is_updating() -> None:
    changed = with_meta(live_statefulset(), generation=2)
    assert judge(changed, pod(), NOW) == UPDATING


def test_a_broken_pod_of_the_old_revision_is_deleted_after_a_while() -> None:
    young = judge(live_statefulset(), pod(ready=False, revision="r0"), NOW)
    assert (young.delete, young.requeue_after) == ("", timedelta(seconds=25))
    old = judge(live_statefulset(), pod(ready=False, revision="r0", since=LONG_AGO), NOW)
    assert old.delete
    assert not old.force


def test_it_stays_while_nobody_knows_the_new_revision() -> None:
    changed = with_meta(live_statefulset(), generation=2)
    old = judge(changed, pod(ready=False, revision="r0", since=LONG_AGO), NOW)
    assert not old.delete


def test_a_pod_that_ends_is_left_to_its_node_for_five_minutes() -> None:
    ending = with_meta(pod(ready=False), deletionTimestamp="2026-11-23T11:59:55Z")
    health = judge(live_statefulset(), ending, NOW)
    assert (health.delete, health.requeue_after) == (
        "",
        timedelta(minutes=5) - timedelta(seconds=5),
    )


@pytest.mark.parametrize("reason", pod_health.CONTAINER_TROUBLE)
def test_what_keeps_a_container_from_running_is_reported(reason: str) -> None:
    health = judge(live_statefulset(), waiting(reason), NOW)
    assert (health.ready, health.reason, health.message) == (False, reason, "because")


def test_a_volume_that_cannot_be_reached_stalls_the_monitor() -> None:
    message = "1 node(s) had volume node affinity conflict"
    young = judge(live_statefulset(), unschedulable("2026-11-23T11:59:55Z", message), NOW)
    assert (young.reason, young.requeue_after) == ("Starting", timedelta(seconds=25))
    middle = judge(live_statefulset(), unschedulable("2026-11-23T11:58:00Z", message), NOW)
    assert (middle.reason, middle.stalled) == ("Unschedulable", False)
    old = judge(live_statefulset(), unschedulable(LONG_AGO, message), NOW)
    assert (old.reason, old.stalled) == ("VolumeUnreachable", True)


def test_no_room_for_a_pod_is_reported_as_it_is() -> None:
    health = judge(live_statefulset(), unschedulable(LONG_AGO, "no nodes"), NOW)
    assert (health.reason, health.stalled, health.message) == ("Unschedulable", True, "no nodes")
