"""Views of objects as the API server shows them, and of odd ones."""

from datetime import UTC, datetime

import pytest

from allswell.domain.spec.problem import InvalidManifest
from allswell.kube import lease, secret, token_review
from allswell.kube.conditions import Conditions
from allswell.kube.kinds import MONITOR
from allswell.kube.lease import LeaseView
from allswell.kube.manifest import Json
from allswell.kube.secret import SecretView
from allswell.kube.token_review import TokenReviewView
from allswell.kube.views import status
from allswell.kube.views.monitor import MonitorFigures, MonitorStatusView, MonitorView
from allswell.kube.views.object_meta import ManifestView, ObjectMeta, OwnerReference
from allswell.kube.views.page import HostnameStatus, PageStatusView, StatusPageView
from allswell.kube.views.pod import PodView, WaitingContainer
from allswell.kube.views.statefulset import StatefulSetView

NOON = "2026-11-23T12:00:00Z"
EARLIEST = datetime.min.replace(tzinfo=UTC)


def pod(conditions: object = (), **status: object) -> Json:
    metadata = {"name": "api-check-0", "creationTimestamp": NOON}
    return {"metadata": metadata, "status": {"conditions": conditions, **status}}


def test_metadata_is_read_once_and_the_owner_is_the_one_that_controls() -> None:
    owners = [
        {"kind": "Other", "name": "o", "uid": "1"},
        {"kind": "Monitor", "name": "api", "uid": "2", "controller": True},
    ]
    meta = ObjectMeta.parse(
        {
            "metadata": {
                "namespace": "acme",
                "name": "api",
                "uid": "u",
                "resourceVersion": "70",
                "generation": 4,
                "labels": {"a": "b"},
                "deletionTimestamp": NOON,
                "ownerReferences": owners,
            }
        }
    )
    assert (meta.namespaced_name, meta.uid, meta.generation) == (("acme", "api"), "u", 4)
    assert (meta.version, meta.labels, meta.deleting) == (70, {"a": "b"}, True)
    assert meta.owner == OwnerReference("Monitor", "api", "2")


@pytest.mark.parametrize(
    "odd", [{}, {"metadata": "none"}, {"metadata": {"labels": [], "resourceVersion": "x"}}]
)
def test_what_an_object_lacks_is_empty(odd: Json) -> None:
    meta = ObjectMeta.parse(odd)
    assert (meta.namespaced_name, meta.version, meta.labels) == (("", ""), 0, {})
    assert (meta.owner, meta.deleting) == (None, False)


def test_a_manifest_contains_another_when_every_field_of_it_is_there() -> None:
    desired = ManifestView.parse({"metadata": {"name": "a"}, "spec": {"replicas": 1}})
    live = ManifestView.parse({"metadata": {"name": "a", "uid": "u"}, "spec": {"replicas": 1}})
    assert live.contains(desired)
    assert not desired.contains(live)


def test_a_pod_changes_when_its_ready_condition_does() -> None:
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-23T13:00:00Z"}
    view = PodView.parse(pod([ready]))
    one = datetime(2026, 11, 23, 13, tzinfo=UTC)
    assert (view.ready_since, view.not_ready_since) == (one, None)
    other = PodView.parse(pod([{**ready, "status": "False"}]))
    assert (other.ready_since, other.not_ready_since) == (None, one)


def test_a_pod_without_conditions_is_not_ready_since_it_was_created() -> None:
    assert PodView.parse(pod()).not_ready_since == datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert PodView.parse({}).not_ready_since == EARLIEST


def test_a_pod_says_which_containers_wait_and_whether_a_node_takes_it() -> None:
    waiting = {"waiting": {"reason": "ErrImagePull", "message": "no such image"}}
    containers = [{"state": waiting}, {"state": {"running": {}}}]
    scheduled = {"type": "PodScheduled", "reason": "Unschedulable", "message": "no nodes"}
    view = PodView.parse(pod([scheduled], containerStatuses=containers))
    assert view.waiting == (WaitingContainer("ErrImagePull", "no such image"),)
    assert (view.unschedulable, PodView.parse(pod()).unschedulable) == ("no nodes", None)


def test_a_statefulset_is_observed_when_its_controller_has_seen_its_generation() -> None:
    views = [
        StatefulSetView.parse(
            {"metadata": {"generation": 2}, "status": {"observedGeneration": observed}}
        )
        for observed in (1, 2)
    ]
    assert [view.is_observed for view in views] == [False, True]


def test_the_marks_of_a_statefulset_are_annotations() -> None:
    annotations = {
        "allswell.dev/fingerprint": "a",
        "allswell.dev/spec": "b",
        "allswell.dev/rolled-out": "true",
    }
    view = StatefulSetView.parse({"metadata": {"annotations": annotations}})
    assert (view.spec_hash, view.own_hash, view.is_rolled_out) == ("a", "b", True)
    assert not StatefulSetView.parse({}).is_rolled_out


def test_a_manifest_that_is_none_is_a_view_with_every_problem() -> None:
    monitor, page = MonitorView.parse({}), StatusPageView.parse({})
    assert isinstance(monitor.spec, InvalidManifest)
    assert isinstance(page.spec, InvalidManifest)
    assert (monitor.monitor, monitor.status.figures) == (None, MonitorFigures())


def test_the_figures_of_a_status_are_read_as_they_are_written() -> None:
    figures = MonitorFigures("up", "", NOON, "100%", "12ms")
    assert figures.fields() == {"state": "up", "since": NOON, "uptime": "100%", "latency": "12ms"}
    assert MonitorStatusView.parse(figures.fields()).figures == figures


def test_a_page_status_knows_the_entries_of_its_host_names() -> None:
    entry = {"name": "a.io", "proof": {"name": "_allswell.a.io", "value": "t"}, "conditions": []}
    proved = HostnameStatus("a.io", Conditions(), ("_allswell.a.io", "t"))
    bare = HostnameStatus("b.io", Conditions())
    parsed = PageStatusView.parse({"hostnames": [entry, {"name": "b.io"}, "odd"]})
    assert parsed.hostnames == (proved, bare)
    assert proved.manifest() == entry
    assert bare.manifest() == {"name": "b.io", "conditions": []}


def test_a_status_is_written_to_the_version_that_was_seen() -> None:
    meta = ObjectMeta.parse(
        {"metadata": {"namespace": "acme", "name": "api", "resourceVersion": "7", "uid": "u"}}
    )
    written = status.update(MONITOR, meta, status.StatusView(Conditions(), {"state": "up"}))
    assert written == {
        "apiVersion": "allswell.dev/v1alpha1",
        "kind": "Monitor",
        "metadata": {"namespace": "acme", "name": "api", "resourceVersion": "7"},
        "status": {"state": "up"},
    }


def test_a_lease_is_read_as_it_was_built_and_one_that_is_not_there_is_free() -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    built = lease.build(("home", "it"), "me", "7", duration=25 * lease.SECOND, now=now)
    assert LeaseView.parse(built) == LeaseView("7", "me")
    assert LeaseView.parse(None) == LeaseView("", "")
    assert "resourceVersion" not in str(
        lease.build(("home", "it"), "me", "", duration=lease.SECOND, now=now)
    )


def test_a_secret_gives_back_what_it_was_built_from_and_nothing_for_what_it_lacks() -> None:
    view = SecretView.parse(secret.build({"key": b"\x00value"}, "home", "it"))
    assert (view.name, view.value("key"), view.value("other")) == ("it", b"\x00value", b"")
    with pytest.raises(ValueError, match="base64"):
        SecretView.parse({"data": {"key": "?"}}).value("key")
    assert SecretView.parse(None).value("key") == b""


def test_a_token_review_is_read_with_the_pod_that_the_token_is_bound_to() -> None:
    root = "authentication.kubernetes.io"
    extra = {f"{root}/pod-name": ["api-check-0"], f"{root}/pod-uid": ["p1"]}
    user = {"username": "system:serviceaccount:acme:default", "extra": extra}
    said = {"authenticated": True, "audiences": ["allswell-collector"], "user": user}
    assert TokenReviewView.parse({"status": said}) == TokenReviewView(
        authenticated=True,
        audiences=("allswell-collector",),
        user="system:serviceaccount:acme:default",
        pod="api-check-0",
        pod_uid="p1",
    )
    assert not TokenReviewView.parse({"status": {"authenticated": "yes"}}).authenticated
    assert token_review.build("t")["spec"] == {"token": "t", "audiences": ["allswell-collector"]}
