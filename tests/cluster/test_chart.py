"""What the chart renders, as a real API server judges it: objects, pod security and rights.

No pod runs here. What is rendered for Prometheus' operator is left out, for no test cluster has its
kinds; and nothing here enforces a NetworkPolicy.
"""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import postgres
from tests.cluster import certificate_authority, crds, operator_process
from tests.cluster.cluster_access import Cluster, KubectlFailed
from tests.unit.chart import rendering

VARIANTS = pytest.mark.parametrize("variant", rendering.VARIANTS)
PLACES = ("team-a", "team-b")
RESTRICTED = {
    f"pod-security.kubernetes.io/{word}": value
    for word, value in (("enforce", "restricted"), ("enforce-version", "latest"))
}


@pytest.fixture(scope="module")
def home(any_cluster: Cluster | None) -> Iterator[str]:
    """Yield a namespace that takes restricted pods only."""
    name = f"chart-{uuid.uuid4().hex[:8]}"
    if any_cluster is None:
        yield name
        return
    crds.install(any_cluster)
    certificate_authority.install_crds(any_cluster)
    place = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": RESTRICTED},
    }
    any_cluster.kubectl("create", "-f", "-", text=json.dumps(place))
    any_cluster.kubectl("wait", "--for=create", "serviceaccount/default", "-n", name)
    yield name
    any_cluster.kubectl("delete", "namespace", name, "--wait=false")


def located(found: rendering.Json, home: str) -> rendering.Json:
    """Return an object for a served namespace, in the one namespace that there is."""
    if found["metadata"].get("namespace") in PLACES:
        found["metadata"]["namespace"] = home
    return found


@VARIANTS
def test_the_api_server_takes_every_object_and_knows_every_field(
    cluster: Cluster, home: str, variant: str
) -> None:
    objects = rendering.render(rendering.VARIANTS[variant], namespace=home)
    known = [located(it, home) for it in objects if it["kind"] != "ServiceMonitor"]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": known})
    arguments = ["--server-side", "--force-conflicts", "--validate=strict", "--dry-run=server"]
    said = cluster.kubectl("apply", *arguments, "-f", "-", text=text).splitlines()
    assert [
        line for line in said if not line.endswith(" serverside-applied (server dry run)")
    ] == []
    assert len(said) == len(known)


def volumes(spec: rendering.Json) -> list[rendering.Json]:
    """Return a pod's volumes, with one for each that a StatefulSet would give it."""
    found: list[rendering.Json] = spec["volumes"]
    there = {volume["name"] for volume in found}
    mounts = [mount["name"] for it in spec["containers"] for mount in it["volumeMounts"]]
    return [*found, *({"name": name, "emptyDir": {}} for name in mounts if name not in there)]


@VARIANTS
def test_every_pod_is_accepted_where_pod_security_is_restricted(
    cluster: Cluster, home: str, variant: str
) -> None:
    objects = rendering.render(rendering.VARIANTS[variant], namespace=home)
    for number, (_, spec) in enumerate(rendering.pods(objects)):
        # The accounts and priority classes that it names are not there.
        given = {key: it for key, it in spec.items() if key != "priorityClassName"}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"pod-{number}", "namespace": home},
            "spec": {**given, "serviceAccountName": "default", "volumes": volumes(spec)},
        }
        cluster.kubectl("create", "--dry-run=server", "-f", "-", text=json.dumps(pod))


def test_a_pod_that_is_not_restricted_is_refused_there(cluster: Cluster, home: str) -> None:
    (_, spec), *_ = rendering.pods(rendering.render(namespace=home))
    del spec["containers"][0]["securityContext"]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "loose", "namespace": home},
        "spec": {**spec, "serviceAccountName": "default"},
    }
    with pytest.raises(KubectlFailed, match="violates PodSecurity"):
        cluster.kubectl("create", "--dry-run=server", "-f", "-", text=json.dumps(pod))


@pytest.fixture
def account(cluster: Cluster, home: str, namespace: str) -> Iterator[str]:
    """Yield the operator's account with the rights of a release that serves one other namespace."""
    objects = rendering.render({"watchNamespaces": [namespace]}, namespace=home)
    rights = [it for it in objects if "Role" in it["kind"] or it["kind"] == "ServiceAccount"]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": rights})
    cluster.kubectl("apply", "--server-side", "-f", "-", text=text)
    yield f"system:serviceaccount:{home}:allswell-operator"
    cluster.kubectl("delete", "clusterrole,clusterrolebinding", f"{home}.allswell-operator")


def may(cluster: Cluster, account: str, namespace: str, *what: str) -> bool:
    """Tell whether an account may do something, as the API server says."""
    try:
        cluster.kubectl("auth", "can-i", "--quiet", *what, "-n", namespace, "--as", account)
    except KubectlFailed:
        return False
    return True


@pytest.mark.parametrize(
    "what",
    [
        ("get", "secrets"),
        ("list", "secrets"),
        ("get", "secrets/tenants-own"),
        ("get", "secrets/allswell-database"),
        ("create", "secrets"),
        ("create", "pods"),
        ("update", "monitors.allswell.dev"),
        ("patch", "monitors.allswell.dev"),
        ("create", "roles"),
        ("create", "serviceaccounts", "--subresource=token"),
        ("get", "pods", "--subresource=log"),
        ("create", "pods", "--subresource=exec"),
    ],
    ids=" ".join,
)
def test_the_operator_may_not_do_so_where_it_serves(
    cluster: Cluster, account: str, namespace: str, what: tuple[str, ...]
) -> None:
    assert may(cluster, account, namespace, "list", "monitors.allswell.dev")
    assert not may(cluster, account, namespace, *what)


def test_the_operator_reads_two_secrets_of_its_own_namespace_and_no_other(
    cluster: Cluster, account: str, home: str
) -> None:
    asked = ("allswell-collector-ca", "allswell-database", "another")
    found = [may(cluster, account, home, "get", f"secrets/{name}") for name in asked]
    assert found == [True, True, False]
    assert not may(cluster, account, home, "list", "secrets")


def test_with_names_the_operator_has_no_right_in_another_namespace(
    cluster: Cluster, account: str
) -> None:
    asked: list[tuple[str, str]] = [
        ("list", "monitors.allswell.dev"),
        ("list", "pods"),
        ("get", "configmaps"),
        ("delete", "statefulsets.apps"),
    ]
    assert not any(may(cluster, account, "default", *what) for what in asked)


def test_the_page_and_the_database_have_no_right_at_all(cluster: Cluster, account: str) -> None:
    page = account.replace("-operator", "-web")
    found: Any = cluster.kubectl("auth", "can-i", "--list", "--as", page, "-n", page.split(":")[2])
    given = {line.split()[0] for line in found.splitlines()[1:] if not line.startswith(" ")}
    # What every account may do: ask about itself.
    assert given <= {
        "selfsubjectreviews.authentication.k8s.io",
        "selfsubjectaccessreviews.authorization.k8s.io",
        "selfsubjectrulesreviews.authorization.k8s.io",
    }


def passwords(cluster: Cluster, home: str) -> dict[str, str]:
    text = cluster.kubectl("get", "secret", "allswell-database", "-n", home, "-o", "json")
    found: dict[str, str] = json.loads(text)["data"]
    return found


@pytest.mark.needs("postgresql")
def test_the_operator_makes_the_small_databases_passwords_once(
    cluster: Cluster, home: str, namespace: str, tmp_path: Path
) -> None:
    with postgres.running() as server:
        address = server.create("central").replace(f":{postgres.PASSWORD}@", "@")
        told = {"ALLSWELL_DATABASE_URL": address, "ALLSWELL_DATABASE_SECRET": "allswell-database"}
        with operator_process.running(
            cluster, home, tmp_path, namespace, settings=told
        ) as operator:
            made = passwords(cluster, home)
            operator.stop()
            operator.start()
            assert passwords(cluster, home) == made
            assert set(made) == {"password", "web-password"}
            assert not any(word in operator.log() for word in made.values())
