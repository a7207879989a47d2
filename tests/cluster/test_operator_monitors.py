"""What the operator makes of Monitors and StatusPages, on a real API server."""

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from tests.cluster import operator_process
from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.operator_process import OperatorProcess, wait_until_quiet
from tests.unit.domain.spec import manifests

pytestmark = pytest.mark.usefixtures("operator")
TRACKING = "argocd.argoproj.io/tracking-id"


@pytest.fixture(scope="module")
def spaces(any_cluster: Cluster | None) -> Iterator[tuple[str, str, str]]:
    """Yield the operator's own namespace and two of tenants."""
    if any_cluster is None:
        pytest.skip("No cluster is up: make cluster-up")
    with operator_process.namespaces(any_cluster, "home", "acme", "other") as (home, acme, other):
        yield home, acme, other


@pytest.fixture(scope="module")
def operator(
    any_cluster: Cluster, spaces: tuple[str, str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OperatorProcess]:
    home, *tenants = spaces
    folder: Path = tmp_path_factory.mktemp("operator")
    with operator_process.running(any_cluster, home, folder, *tenants) as running:
        yield running


@pytest.fixture
def lost_node(cluster: Cluster) -> Iterator[str]:
    """Yield a node that has no kubelet, and that nothing is scheduled to."""
    name = f"lost-{uuid.uuid4().hex[:8]}"
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name},
        "spec": {"unschedulable": True},
    }
    cluster.kubectl("create", "-f", "-", text=json.dumps(node))
    yield name
    cluster.kubectl("delete", "node", name)


@pytest.fixture
def acme(spaces: tuple[str, str, str]) -> str:
    return spaces[1]


def monitor(name: str, *, labels: dict[str, str] | None = None, **spec: object) -> dict[str, Any]:
    return {
        "apiVersion": "allswell.dev/v1alpha1",
        "kind": "Monitor",
        "metadata": {"name": name, "labels": labels or {}, "annotations": {TRACKING: "x"}},
        "spec": {"http": {"url": "http://example.com/health?secret=no"}} | spec,
    }


def read(cluster: Cluster, namespace: str, kind: str, name: str) -> dict[str, Any]:
    text = cluster.kubectl("get", kind, name, "-n", namespace, "-o", "json", "--ignore-not-found")
    found: dict[str, Any] = json.loads(text) if text else {}
    return found


def condition(seen: dict[str, Any], kind: str) -> dict[str, Any]:
    found = [c for c in seen.get("status", {}).get("conditions", []) if c["type"] == kind]
    return found[0] if found else {}


def made(cluster: Cluster, namespace: str, name: str, **fields: object) -> dict[str, Any]:
    """Apply a Monitor and wait for its StatefulSet and its status."""
    cluster.apply(monitor(name, **fields), namespace=namespace)  # type: ignore[arg-type]
    wait_until(lambda: read(cluster, namespace, "sts", f"{name}-check"), what="a StatefulSet")
    wait_until(
        lambda: condition(read(cluster, namespace, "monitor", name), "Ready"), what="a status"
    )
    return read(cluster, namespace, "sts", f"{name}-check")


def test_a_monitor_gets_its_children_and_nothing_of_its_own_labels(
    cluster: Cluster, acme: str
) -> None:
    statefulset = made(cluster, acme, "fresh", labels={"tier": "edge"})
    configmap = read(cluster, acme, "configmap", "fresh-check")
    seen = read(cluster, acme, "monitor", "fresh")
    for child in (statefulset, configmap):
        owner = child["metadata"]["ownerReferences"][0]
        assert (owner["uid"], owner["blockOwnerDeletion"]) == (seen["metadata"]["uid"], False)
        assert TRACKING not in json.dumps(child)
        assert "tier" not in child["metadata"]["labels"]
    assert "finalizers" not in seen["metadata"]
    assert set(seen["metadata"]["annotations"]) == {TRACKING}
    assert seen["status"]["target"] == "http://example.com/health"
    assert seen["status"]["observedGeneration"] == seen["metadata"]["generation"]


def test_the_operator_writes_no_spec_and_leaves_no_drift(cluster: Cluster, acme: str) -> None:
    made(cluster, acme, "still", labels={"tier": "edge"})
    text = json.dumps(monitor("still", labels={"tier": "edge"}))
    # kubectl ends with 1 when there is a difference.
    assert cluster.kubectl("diff", "--server-side", "-n", acme, "-f", "-", text=text) == ""
    words = ("get", "monitor", "still", "-n", acme, "-o", "json", "--show-managed-fields")
    managed = json.loads(cluster.kubectl(*words))["metadata"]["managedFields"]
    ours = [entry for entry in managed if entry["manager"] == "allswell"]
    assert [(e["subresource"], list(e["fieldsV1"])) for e in ours] == [("status", ["f:status"])]


def test_what_somebody_deletes_or_changes_by_hand_comes_back(cluster: Cluster, acme: str) -> None:
    made(cluster, acme, "handy")
    data = read(cluster, acme, "configmap", "handy-check")["data"]
    patch = json.dumps({"data": {"checker.json": "{}"}})
    cluster.kubectl("patch", "cm", "handy-check", "-n", acme, "--type=merge", "-p", patch)
    wait_until(
        lambda: read(cluster, acme, "configmap", "handy-check")["data"] == data,
        what="the ConfigMap is as it was",
    )
    for kind in ("sts", "configmap"):
        old = read(cluster, acme, kind, "handy-check")["metadata"]["uid"]
        cluster.kubectl("delete", kind, "handy-check", "-n", acme)
        wait_until(
            lambda kind=kind, old=old: (  # type: ignore[misc]
                read(cluster, acme, kind, "handy-check").get("metadata", {}).get("uid", old) != old
            ),
            what=f"the {kind} is back",
        )


def test_what_somebody_adds_by_hand_costs_one_write(
    cluster: Cluster, operator: OperatorProcess, acme: str
) -> None:
    """It is theirs, so an apply leaves it there: to repeat that would help nobody."""
    made(cluster, acme, "added")
    before = wait_until_quiet(operator)["StatefulSet apply"]
    container = {"name": "checker", "env": [{"name": "THEIRS", "value": "yes"}]}
    patch = json.dumps({"spec": {"template": {"spec": {"containers": [container]}}}})
    cluster.kubectl("patch", "sts", "added-check", "-n", acme, "-p", patch)
    wait_until(lambda: operator.writes()["StatefulSet apply"] > before, what="it is applied")
    assert wait_until_quiet(operator)["StatefulSet apply"] == before + 1


def test_a_pause_takes_the_pod_and_keeps_the_rest(cluster: Cluster, acme: str) -> None:
    made(cluster, acme, "sleepy")
    cluster.apply(monitor("sleepy", paused=True), namespace=acme)
    wait_until(
        lambda: condition(read(cluster, acme, "monitor", "sleepy"), "Ready")["reason"] == "Paused",
        what="Ready says Paused",
    )
    assert read(cluster, acme, "sts", "sleepy-check")["spec"]["replicas"] == 0
    wait_until(
        lambda: read(cluster, acme, "monitor", "sleepy")["status"]["state"] == "paused",
        what="the state is paused",
    )
    assert read(cluster, acme, "pvc", "data-sleepy-check-0")


def test_a_change_of_the_spec_rolls_the_pod(cluster: Cluster, acme: str) -> None:
    before = made(cluster, acme, "rolling")["spec"]["template"]
    cluster.apply(monitor("rolling", interval="10s"), namespace=acme)
    wait_until(
        lambda: read(cluster, acme, "sts", "rolling-check")["spec"]["template"] != before,
        what="the template has changed",
    )


def test_a_checker_that_is_stuck_on_a_lost_node_is_made_anew(
    cluster: Cluster, acme: str, lost_node: str
) -> None:
    made(cluster, acme, "stuck")
    name = "stuck-check-0"
    wait_until(lambda: name in cluster.pods(acme), what="its pod")
    old = read(cluster, acme, "pod", name)["metadata"]["uid"]
    target = client.V1ObjectReference(api_version="v1", kind="Node", name=lost_node)
    bind = client.V1Binding(metadata=client.V1ObjectMeta(name=name), target=target)
    cluster.core.create_namespaced_pod_binding(name, acme, bind, _preload_content=False)
    cluster.kubectl("delete", "pod", name, "-n", acme, "--wait=false")
    assert read(cluster, acme, "pod", name)["metadata"]["uid"] == old
    operator_process.report_ready(cluster, acme, name, ready=False, since=timedelta(minutes=6))
    wait_until(
        lambda: read(cluster, acme, "pod", name).get("metadata", {}).get("uid", old) != old,
        what="another pod has the name",
    )


def test_the_largest_monitor_gets_its_children_too(cluster: Cluster, acme: str) -> None:
    made(cluster, acme, "large", **manifests.block(manifests.largest()))


def test_a_strangers_configmap_is_never_touched(cluster: Cluster, acme: str) -> None:
    cluster.kubectl("create", "configmap", "taken-check", "-n", acme, "--from-literal=mine=yes")
    cluster.apply(monitor("taken"), namespace=acme)
    wait_until(
        lambda: (
            condition(read(cluster, acme, "monitor", "taken"), "Ready").get("reason") == "NameTaken"
        ),
        what="Ready says NameTaken",
    )
    assert read(cluster, acme, "configmap", "taken-check")["data"] == {"mine": "yes"}
    assert not read(cluster, acme, "sts", "taken-check")


def test_a_page_follows_labels_and_never_looks_into_another_namespace(
    cluster: Cluster, operator: OperatorProcess, spaces: tuple[str, str, str]
) -> None:
    _, acme, other = spaces
    made(cluster, acme, "edgy", labels={"row": "edge"})
    made(cluster, other, "theirs", labels={"row": "edge"})
    page = {
        "apiVersion": "allswell.dev/v1alpha1",
        "kind": "StatusPage",
        "metadata": {"name": "edges"},
        "spec": {
            "title": "Acme",
            "groups": [
                {"name": "Edge", "selector": {"matchLabels": {"row": "edge"}}},
                {"name": "Other", "monitors": [{"name": "theirs"}]},
            ],
        },
    }
    cluster.apply(page, namespace=acme)
    wait_until(lambda: operator.shown("edges") == {"Edge": ["edgy"]}, what="the page shows edgy")
    made(cluster, acme, "second", labels={"row": "edge"})
    cluster.kubectl("label", "monitor", "edgy", "-n", acme, "row=core", "--overwrite")
    wait_until(
        lambda: operator.shown("edges") == {"Edge": ["second"]}, what="the page shows second"
    )

    def told() -> bool:
        found = condition(read(cluster, acme, "statuspage", "edges"), "Ready")
        return found.get("reason") == "MonitorsMissing"

    wait_until(told, what="the status says that a monitor is missing")
    seen = read(cluster, acme, "statuspage", "edges")
    assert seen["status"]["url"] == f"https://status.example.com/{acme}/edges/"


def test_a_restart_writes_nothing(
    cluster: Cluster, operator: OperatorProcess, spaces: tuple[str, str, str]
) -> None:
    acme = spaces[1]
    # Of others it would be said after half a minute that there is no node for their pods.
    for tenant in spaces[1:]:
        cluster.kubectl("delete", "monitors", "--all", "-n", tenant)
    made(cluster, acme, "steady")
    cluster.apply(monitor("steady", paused=True), namespace=acme)
    wait_until_quiet(operator, 5)
    operator.stop()
    operator.start()
    written = wait_until_quiet(operator, 5)
    assert {what: count for what, count in written.items() if "Event" not in what} == {}


def test_what_is_deleted_while_the_operator_is_down_is_hidden(
    cluster: Cluster, operator: OperatorProcess, acme: str
) -> None:
    made(cluster, acme, "doomed")
    made(cluster, acme, "kept")
    operator.stop()
    cluster.kubectl("delete", "monitor", "doomed", "-n", acme)
    operator.start()
    wait_until(lambda: (acme, "doomed") not in operator.monitors(), what="doomed is hidden")
    assert (acme, "kept") in operator.monitors()
    wait_until(
        lambda: not read(cluster, acme, "sts", "doomed-check"), what="its StatefulSet is gone"
    )


def test_there_is_no_drift_and_the_operator_owns_nothing_but_the_status(
    cluster: Cluster, acme: str
) -> None:
    """What a GitOps tool compares: the manifest as it was applied, and who has written what."""
    page = {
        "apiVersion": "allswell.dev/v1alpha1",
        "kind": "StatusPage",
        "metadata": {"name": "steady"},
        "spec": {"title": "Steady", "groups": [{"name": "All", "monitors": [{"name": "steady"}]}]},
    }
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [monitor("steady"), page]})
    cluster.kubectl("apply", "-n", acme, "-f", "-", text=text)
    for kind in ("monitor", "statuspage"):
        wait_until(lambda: condition(read(cluster, acme, kind, "steady"), "Ready"), what="a status")  # noqa: B023
    assert cluster.kubectl("diff", "-n", acme, "-f", "-", text=text) == ""
    for kind in ("monitor", "statuspage"):
        flags = ["-n", acme, "-o", "json", "--show-managed-fields"]
        seen = json.loads(cluster.kubectl("get", kind, "steady", *flags))
        ours = [it for it in seen["metadata"]["managedFields"] if it["manager"] == "allswell"]
        assert [it["subresource"] for it in ours] == ["status"]
        assert {field for it in ours for field in it["fieldsV1"]} == {"f:status"}
