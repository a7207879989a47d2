"""What goes when a manifest goes, also while the operator is away."""

import uuid

import pytest
from kubernetes import client

from tests.cluster import crds, installation, monitor_pods
from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.installation import Installation
from tests.cluster.targets import Target

pytestmark = [pytest.mark.node, pytest.mark.timeout(360)]
OPERATOR = "deployment/allswell-operator"
OURS = "statefulsets,pods,configmaps,persistentvolumeclaims"
OF_CHECKERS = "app.kubernetes.io/name=allswell"


def left(cluster: Cluster, namespace: str) -> str:
    """Return what of ours is in a namespace."""
    flags = ["-n", namespace, "-l", OF_CHECKERS, "-o", "name", "--ignore-not-found"]
    return cluster.kubectl("get", OURS, *flags)


def living(release: Installation, namespace: str) -> int:
    """Return how many monitors of a namespace the collector shows."""
    query = f"SELECT count(*) FROM monitor WHERE namespace = '{namespace}' AND hidden_ms IS NULL"
    return int(release.central(query)[0][0])


def gone(cluster: Cluster, release: Installation, namespace: str) -> None:
    def nothing() -> bool:
        return not left(cluster, namespace) and living(release, namespace) == 0

    wait_until(nothing, what="nothing is left, and the collector shows none", limit=60)


@pytest.fixture
def crowd(cluster: Cluster, release: Installation, target: Target) -> str:
    """Return a namespace with 20 Monitors that run."""
    name = f"crowd-{uuid.uuid4().hex[:8]}"
    cluster.core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=name)))
    many = [
        monitor_pods.monitor(
            f"m{number}", target.url(f"/{name}"), interval="30s", storage={"kind": "Ephemeral"}
        )
        for number in range(20)
    ]
    installation.apply(cluster, name, *many)
    ready = ["wait", "monitors", "--all", "-n", name, "--for=condition=Ready", "--timeout=100s"]
    cluster.kubectl(*ready, limit=110)
    assert living(release, name) == 20
    return name


@pytest.mark.parametrize("away", [False, True], ids=["operator there", "operator away"])
def test_a_deleted_monitor_leaves_nothing(
    cluster: Cluster, release: Installation, target: Target, namespace: str, *, away: bool
) -> None:
    monitor_pods.start(cluster, namespace, "api", target.url("/deleted"))
    kinds_there = {word.partition("/")[0] for word in left(cluster, namespace).split()}
    assert kinds_there == {"statefulset.apps", "pod", "configmap", "persistentvolumeclaim"}
    if away:
        release.scale(OPERATOR, 0)
    try:
        cluster.kubectl("delete", "monitor", "api", "-n", namespace, "--timeout=20s", limit=30)
    finally:
        if away:
            release.scale(OPERATOR, 1)
    gone(cluster, release, namespace)


@pytest.mark.parametrize("away", [False, True], ids=["operator there", "operator away"])
def test_a_namespace_with_twenty_monitors_can_be_deleted(
    cluster: Cluster, release: Installation, crowd: str, *, away: bool
) -> None:
    if away:
        release.scale(OPERATOR, 0)
    try:
        cluster.kubectl("delete", "namespace", crowd, "--timeout=90s", limit=100)
    finally:
        if away:
            release.scale(OPERATOR, 1)
    wait_until(lambda: living(release, crowd) == 0, what="the collector shows none", limit=60)


@pytest.mark.parametrize("away", [False, True], ids=["operator there", "operator away"])
def test_the_kinds_can_be_deleted_with_all_there_is(
    cluster: Cluster, release: Installation, target: Target, namespace: str, *, away: bool
) -> None:
    api = monitor_pods.start(cluster, namespace, "api", target.url("/kinds"))
    installation.apply(cluster, namespace, monitor_pods.page("acme", "api"))
    history = api.transitions(release)
    assert [state for state, _ in history] == ["up"]
    if away:
        release.scale(OPERATOR, 0)
    try:
        names = ["monitors.allswell.dev", "statuspages.allswell.dev"]
        cluster.kubectl("delete", "crd", *names, "--timeout=50s", limit=60)
    finally:
        if away:
            release.scale(OPERATOR, 1)
    gone(cluster, release, namespace)
    # With the kinds back, the same name is a monitor again, and its history goes on.
    crds.install(cluster)
    again = monitor_pods.start(cluster, namespace, "api", target.url("/kinds"))
    assert again.transitions(release)[:1] == history
