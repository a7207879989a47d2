"""The lab is a real Kubernetes."""

from typing import Any

import pytest

from tests.cluster.cluster_access import Cluster, KubectlFailed, wait_until


def stateful_set(name: str, image: str) -> dict[str, Any]:
    labels = {"app": name}
    pod = {"containers": [{"name": "main", "image": image}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": name},
        "spec": {
            "serviceName": name,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def test_the_api_server_says_its_version(cluster: Cluster) -> None:
    assert '"major": "1"' in cluster.kubectl("get", "--raw", "/version")


def test_a_namespace_is_made_and_is_empty(cluster: Cluster, namespace: str) -> None:
    assert cluster.pods(namespace) == []


def test_a_stateful_set_makes_its_pod(cluster: Cluster, namespace: str) -> None:
    cluster.apply(stateful_set("web", "local/none:1"), namespace=namespace)
    assert wait_until(lambda: cluster.pods(namespace), what="a pod is made") == ["web-0"]


def test_a_deleted_owner_takes_what_it_owns_with_it(cluster: Cluster, namespace: str) -> None:
    cluster.apply(stateful_set("web", "local/none:1"), namespace=namespace)
    wait_until(lambda: cluster.pods(namespace), what="a pod is made")
    cluster.kubectl("delete", "statefulset", "web", "-n", namespace)
    wait_until(lambda: not cluster.pods(namespace), what="the pod is gone")


def test_a_pod_that_breaks_the_restricted_standard_is_refused(
    cluster: Cluster, namespace: str
) -> None:
    enforce = "pod-security.kubernetes.io/enforce=restricted"
    cluster.kubectl("label", "namespace", namespace, enforce)
    with pytest.raises(KubectlFailed, match="violates PodSecurity"):
        cluster.kubectl("run", "bare", "--image=local/none:1", "-n", namespace)


def test_kubectl_explains_a_field(cluster: Cluster) -> None:
    assert "number of replicas" in cluster.kubectl("explain", "statefulset.spec.replicas")
