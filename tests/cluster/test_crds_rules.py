"""Each rule of the CRDs on a real API server: who breaks it reads what to write."""

from typing import Any

import pytest

from tests.cluster import crds
from tests.cluster.cluster_access import Cluster, KubectlFailed
from tests.unit.crds.cases import EVERY, IDS, Case
from tests.unit.domain.spec import manifests


@pytest.fixture(scope="module", autouse=True)
def _installed(any_cluster: Cluster | None) -> None:
    if any_cluster is not None:
        crds.install(any_cluster)


@pytest.mark.parametrize("case", EVERY, ids=IDS)
def test_who_breaks_a_rule_reads_its_sentence(cluster: Cluster, case: Case) -> None:
    answer = crds.create(cluster, "default", case.manifest(case.bad))
    assert answer.status == 422
    sentences = [words for field, words in answer.causes if field == case.field]
    assert case.message in "\n".join(sentences)


@pytest.mark.parametrize("case", EVERY, ids=IDS)
def test_who_keeps_a_rule_is_let_in(cluster: Cluster, case: Case) -> None:
    assert crds.create(cluster, "default", case.manifest(case.good)).message == ""


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [
        (manifests.monitor(intervall="3s"), 'unknown field "spec.intervall"'),
        (manifests.http(method="get"), 'supported values: "GET", "HEAD", "POST"'),
        (manifests.page(groups=[{"name": "A", "selector": {}}] * 2), "Duplicate value"),
        (manifests.page(hostnames=["a.de", "a.de"]), "Duplicate value"),
        (manifests.manifest("Monitor", None), "spec: Required value"),
        (manifests.page(title=None), "spec.title: Required value"),
        (manifests.monitor(retentionDays=401), "should be less than or equal to 400"),
        (manifests.monitor(interval=30), "must be of type string"),
    ],
)
def test_what_the_schema_refuses_without_a_rule(
    cluster: Cluster, manifest: dict[str, Any], sentence: str
) -> None:
    assert sentence in crds.create(cluster, "default", manifest).message


def change(cluster: Cluster, namespace: str, spec: str) -> str:
    return cluster.kubectl(
        "patch", "monitor", "api", "-n", namespace, "--type=merge", "-p", f'{{"spec": {spec}}}'
    )


@pytest.mark.parametrize(
    "storage", ['{"size": "1Gi"}', '{"kind": "Ephemeral"}', '{"kind": "Ephemeral", "size": "1Gi"}']
)
def test_storage_cannot_be_changed(cluster: Cluster, namespace: str, storage: str) -> None:
    cluster.apply(manifests.monitor(), namespace=namespace)
    with pytest.raises(KubectlFailed, match="write kind: Persistent and size: 128Mi as before"):
        change(cluster, namespace, f'{{"storage": {storage}}}')


def test_storage_that_was_chosen_cannot_be_left_out_later(cluster: Cluster, namespace: str) -> None:
    cluster.apply(manifests.monitor(storage={"size": "1Gi"}), namespace=namespace)
    with pytest.raises(KubectlFailed, match="write kind: Persistent and size: 1Gi as before"):
        cluster.apply(manifests.monitor(), namespace=namespace)


def test_what_is_not_storage_can_be_changed(cluster: Cluster, namespace: str) -> None:
    cluster.apply(manifests.monitor(storage={"size": "1Gi"}), namespace=namespace)
    assert "patched" in change(cluster, namespace, '{"interval": "1m", "storage": {"size": "1Gi"}}')


def test_the_kind_of_check_can_be_changed(cluster: Cluster, namespace: str) -> None:
    cluster.apply(manifests.monitor(), namespace=namespace)
    spec = '{"http": null, "tcp": {"host": "db", "port": 5432}}'
    assert "patched" in change(cluster, namespace, spec)
