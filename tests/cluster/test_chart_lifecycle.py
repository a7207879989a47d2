"""Install, upgrade from the chart before, rollback, uninstall, with the real Helm: the objects.

No pod needs to run for this; that what runs goes on is shown where there is a node.
"""

import json
import shlex
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from charts.documents import CHART
from tests.cluster import crds, installation
from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.installation import Helm
from tests.unit.chart import rendering
from tests.unit.crds import schema

CRDS = [schema.crd(kind)["metadata"]["name"] for kind in schema.KINDS]
RELEASE = "allswell"
KINDS = (
    "deployments,statefulsets,services,serviceaccounts,configmaps,roles,rolebindings,"
    "networkpolicies,poddisruptionbudgets,clusterroles,clusterrolebindings,ingresses"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A namespace, and Helm for a release in it."""

    cluster: Cluster
    namespace: str

    def helm(self, command: str, *arguments: str, release: str = RELEASE) -> str:
        """Run Helm for the release."""
        return Helm(self.cluster)(command, release, *arguments, "--namespace", self.namespace)

    def install(self, *arguments: str, chart: Path = CHART) -> str:
        """Install a chart first of all, whoever has made the CRDs before, and in which version."""
        flags = ("--take-ownership", "--force-conflicts")
        return self.helm("install", str(chart), *flags, *arguments)

    def kubectl(self, *arguments: str, text: str | None = None) -> str:
        """Run kubectl in the namespace."""
        return self.cluster.kubectl("-n", self.namespace, *arguments, text=text)

    def read(self, *what: str) -> dict[str, Any]:
        """Return objects as the API server has them."""
        found: dict[str, Any] = json.loads(self.kubectl("get", *what, "-o", "json"))
        return found

    def objects(self, release: str = RELEASE) -> set[tuple[str, str]]:
        """Kind and name of all that the release has here."""
        chosen = f"app.kubernetes.io/instance={release},app.kubernetes.io/managed-by=Helm"
        items = self.read(KINDS, "-l", chosen)["items"]
        mine = [it for it in items if f"{self.namespace}." in it["metadata"]["name"]]
        placed = [it for it in items if it["metadata"].get("namespace") == self.namespace]
        return {(it["kind"], it["metadata"]["name"]) for it in [*mine, *placed]}


def expected(place: Place, values: rendering.Values = rendering.DEFAULT) -> set[tuple[str, str]]:
    """Kind and name of all that the chart renders, but for the CRDs and the test's pod."""
    rendered = rendering.render(values, release=RELEASE, namespace=place.namespace)
    kept = ("CustomResourceDefinition", "Pod")
    return {(it["kind"], it["metadata"]["name"]) for it in rendered if it["kind"] not in kept}


@pytest.fixture
def paths(cluster: Cluster) -> Iterator[tuple[Place, Place]]:
    """Yield two new namespaces; our kinds are there afterwards, as other tests need them."""
    first, second = (Place(cluster, f"life-{uuid.uuid4().hex[:8]}") for _ in range(2))
    for place in (first, second):
        cluster.kubectl("create", "namespace", place.namespace)
    yield first, second
    for place in (first, second):
        for release in (RELEASE, "other"):
            place.helm("uninstall", "--ignore-not-found", release=release)
        cluster.kubectl("delete", "namespace", place.namespace, "--wait=false")
    crds.install(cluster)


def monitored(place: Place) -> str:
    """Apply a Monitor; its identity."""
    for name in CRDS:
        place.kubectl("wait", "--for=condition=Established", f"crd/{name}", "--timeout=30s")
    manifest = {
        "apiVersion": "allswell.dev/v1alpha1",
        "kind": "Monitor",
        "metadata": {"name": "it"},
        "spec": {"http": {"url": "https://example.com/"}},
    }
    place.kubectl("apply", "-f", "-", text=json.dumps(manifest))
    return uid(place)


def uid(place: Place) -> str:
    """Return the identity of that Monitor."""
    return str(place.read("monitor", "it")["metadata"]["uid"])


def replicas(place: Place) -> int:
    return int(place.read("deployment", "allswell-web")["spec"]["replicas"])


def rules(place: Place) -> list[rendering.Json]:
    found = place.read("clusterrole", f"{place.namespace}.allswell-operator")["rules"]
    assert isinstance(found, list)
    return found


def test_an_upgrade_from_the_chart_before_and_a_rollback_keep_what_the_user_has(
    paths: tuple[Place, Place], tmp_path: Path
) -> None:
    place, _ = paths
    before = installation.previous_chart(tmp_path)
    place.install(chart=before)
    first, monitor = place.objects(), monitored(place)
    images = place.read("deployment", "allswell-operator")["spec"]["template"]["spec"]
    place.helm("upgrade", str(CHART), "--set", "page.replicas=3,image.tag=next")
    assert place.objects() == expected(place)
    assert replicas(place) == 3
    place.helm("rollback", "1")
    assert place.objects() == first
    assert replicas(place) == 2
    again = place.read("deployment", "allswell-operator")["spec"]["template"]["spec"]
    assert again["containers"][0]["image"] == images["containers"][0]["image"]
    assert uid(place) == monitor


def test_rights_that_are_no_longer_needed_go_with_an_upgrade(
    paths: tuple[Place, Place],
) -> None:
    place, other = paths
    place.install()
    wide = rules(place)
    place.helm("upgrade", str(CHART), "--set", f"watchNamespaces={{{other.namespace}}}")
    narrow = rules(place)
    assert len(narrow) < len(wide)
    assert other.read("role", f"{place.namespace}.allswell-operator")["rules"]
    place.helm("rollback", "1")
    assert rules(place) == wide
    assert other.read("roles")["items"] == []


def test_what_an_uninstall_leaves_is_taken_up_by_the_next_install(
    paths: tuple[Place, Place],
) -> None:
    place, _ = paths
    place.install()
    monitor = monitored(place)
    claim = "pvc/data-allswell-database-0"
    place.kubectl("wait", "--for=create", claim, "--timeout=30s")
    volume = place.read(claim)["metadata"]["uid"]
    place.helm("uninstall")
    assert wait_until(lambda: place.objects() == set(), what="all of the release is gone")
    assert uid(place) == monitor
    place.helm("install", str(CHART))
    assert place.objects() == expected(place)
    assert (uid(place), place.read(claim)["metadata"]["uid"]) == (monitor, volume)


def test_crds_of_another_release_are_refused_taken_over_or_left_alone_as_the_user_says(
    paths: tuple[Place, Place],
) -> None:
    first, second = paths
    first.install()
    monitor = monitored(first)
    first.helm("uninstall")
    with pytest.raises(AssertionError, match="invalid ownership metadata"):
        second.helm("install", str(CHART), release="other")
    second.helm("install", str(CHART), "--set", "crds.enabled=false", release="other")
    second.helm("uninstall", release="other")
    second.helm("install", str(CHART), "--take-ownership", release="other")
    assert uid(first) == monitor


def test_two_releases_stand_beside_each_other(paths: tuple[Place, Place]) -> None:
    first, second = paths
    for place, with_crds in ((first, "true"), (second, "false")):
        serving = f"watchNamespaces={{{place.namespace}}},crds.enabled={with_crds}"
        place.install("--set", serving)
    mine = second.objects()
    first.helm("uninstall")
    assert wait_until(lambda: first.objects() == set(), what="the first one is gone")
    assert second.objects() == mine
    assert len(mine) > 10


def test_the_commands_of_the_notes_remove_all_that_is_left(paths: tuple[Place, Place]) -> None:
    place, _ = paths
    said = place.install()
    monitored(place)
    # The operator would make these.
    for kind, name in (
        ("secret", "generic allswell-collector-ca"),
        ("configmap", "allswell-collector-ca"),
        ("secret", "generic allswell-database"),
    ):
        place.kubectl("create", kind, *name.split())
    place.kubectl("wait", "--for=create", "pvc/data-allswell-database-0", "--timeout=30s")
    lines = [line.strip() for line in said.split("To uninstall everything:")[1].splitlines()]
    commands = [line for line in lines if line.startswith(("kubectl", "helm"))]
    assert len(commands) == 5
    for command in commands:
        program, *words = shlex.split(command)
        (Helm(place.cluster) if program == "helm" else place.cluster.kubectl)(*words)
    own = place.read("secrets,configmaps,pvc")["items"]
    left = {it["metadata"]["name"] for it in own} - {"kube-root-ca.crt"}
    assert wait_until(lambda: place.objects() == set(), what="all of the release is gone")
    assert left == set()
    assert place.kubectl("get", "crd", *CRDS, "--ignore-not-found") == ""
