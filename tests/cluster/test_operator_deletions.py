"""Deleting Monitors, namespaces and the kinds themselves, the operator up or down."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from allswell.domain.state import State
from tests.cluster import collector_client, crds, operator_process
from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.operator_process import OperatorProcess

MANY = tuple(f"m{number}" for number in range(20))
OURS = "app.kubernetes.io/component=checker"
# What is deleted is gone within this time after the operator is there.
SOON = 60


@dataclass(frozen=True, slots=True)
class Scene:
    """An operator that serves every namespace, and the namespaces of two tenants."""

    cluster: Cluster
    operator: OperatorProcess
    acme: str
    other: str

    def begin(self, namespace: str, *names: str) -> None:
        """Monitors whose pods are there."""
        self.cluster.apply(*map(operator_process.monitor, names), namespace=namespace)
        pods = {f"{name}-check-0" for name in names}
        wait_until(lambda: pods <= set(self.cluster.pods(namespace)), what="the pods", limit=60)

    def left(self, namespace: str) -> list[str]:
        """Return what of ours is left in a namespace."""
        kinds_left = "statefulsets,configmaps,pods,persistentvolumeclaims"
        found = self.cluster.kubectl(
            "get", kinds_left, "-n", namespace, "-l", OURS, "-o", "name", "--ignore-not-found"
        )
        return found.split()

    def known(self, namespace: str) -> set[str]:
        """Return the monitors of a namespace that the central database shows."""
        return {name for place, name in self.operator.monitors() if place == namespace}


@pytest.fixture(params=["up", "down"])
def scene(cluster: Cluster, tmp_path: Path) -> Iterator[Scene]:
    with (
        operator_process.namespaces(cluster, "home", "acme", "other") as (home, acme, other),
        operator_process.running(cluster, home, tmp_path) as operator,
    ):
        yield Scene(cluster, operator, acme, other)


@pytest.fixture
def is_up(request: pytest.FixtureRequest) -> bool:
    """Tell whether the operator is up while something is deleted."""
    return bool(request.node.callspec.params["scene"] == "up")


def after(scene: Scene, *words: str, is_up: bool) -> None:
    """Delete something, the operator up or down; then it is up."""
    if not is_up:
        scene.operator.stop()
    scene.cluster.kubectl("delete", *words, limit=90)
    if not is_up:
        scene.operator.start()


def test_of_a_monitor_nothing_is_left(scene: Scene, is_up: bool) -> None:
    scene.begin(scene.acme, "api", "web")
    after(scene, "monitor", "api", "-n", scene.acme, is_up=is_up)
    wait_until(lambda: scene.known(scene.acme) == {"web"}, what="api is hidden", limit=SOON)
    wait_until(
        lambda: not [n for n in scene.left(scene.acme) if "api-" in n], what="nothing is left"
    )
    assert "statefulset.apps/web-check" in scene.left(scene.acme)


def test_of_a_namespace_with_twenty_monitors_nothing_is_left(
    scene: Scene,
    is_up: bool,
) -> None:
    scene.begin(scene.acme, *MANY)
    scene.begin(scene.other, "api")
    after(scene, "namespace", scene.acme, is_up=is_up)
    wait_until(lambda: not scene.known(scene.acme), what="all are hidden", limit=SOON)
    assert scene.known(scene.other) == {"api"}
    scene.cluster.kubectl("create", "namespace", scene.acme)


def test_of_the_kinds_themselves_nothing_is_left(scene: Scene, is_up: bool) -> None:
    scene.begin(scene.acme, "api", "web")
    definitions = [f"crd/{plural}.allswell.dev" for plural in ("monitors", "statuspages")]
    try:
        after(scene, *definitions, is_up=is_up)
        wait_until(lambda: not scene.known(scene.acme), what="all are hidden", limit=SOON)
        wait_until(lambda: not scene.left(scene.acme), what="nothing is left")
    finally:
        crds.install(scene.cluster)
    scene.begin(scene.acme, "api")
    wait_until(lambda: scene.known(scene.acme) == {"api"}, what="api is there again")


def test_a_served_namespace_that_is_deleted_with_its_rights_stops_nobody(
    cluster: Cluster, tmp_path: Path
) -> None:
    with (
        operator_process.namespaces(cluster, "home", "acme", "other") as (home, acme, other),
        operator_process.running(cluster, home, tmp_path, acme, other) as operator,
    ):
        it = Scene(cluster, operator, acme, other)
        it.begin(acme, "api")
        it.begin(other, "api")
        operator.stop()
        cluster.kubectl("delete", "rolebinding", "--all", "-n", other)
        operator.start()
        assert it.known(other) == {"api"}
        cluster.kubectl("delete", "namespace", other)
        wait_until(lambda: not it.known(other), what="it is hidden", limit=SOON)
        it.begin(acme, "web")
        assert it.known(acme) == {"api", "web"}
        cluster.kubectl("create", "namespace", other)


def test_monitors_of_one_name_in_two_namespaces_never_mix(cluster: Cluster, tmp_path: Path) -> None:
    with (
        operator_process.namespaces(cluster, "home", "acme", "other") as (home, acme, other),
        operator_process.running(cluster, home, tmp_path, acme, other) as operator,
    ):
        it = Scene(cluster, operator, acme, other)
        for namespace in (acme, other):
            it.begin(namespace, "api")
            operator_process.report_ready(cluster, namespace, "api-check-0")
        one, two = (
            collector_client.client_of(cluster, operator, ns, "api") for ns in (acme, other)
        )
        for checker, state, reason in ((one, State.UP, ""), (two, State.DOWN, "Timeout")):
            assert checker.hello()[0] == 200
            assert checker.claim(1, state, reason)[0] == 201

        wait_until(
            lambda: [state_of(cluster, ns) for ns in (acme, other)] == ["up", "down"],
            what="each has its own state",
        )
        cluster.kubectl("delete", "monitor", "api", "-n", other)
        wait_until(lambda: operator.monitors() == {(acme, "api")}, what="one is hidden", limit=SOON)
        assert state_of(cluster, acme) == "up"
        assert "statefulset.apps/api-check" in it.left(acme)


def state_of(cluster: Cluster, namespace: str) -> str:
    path = "jsonpath={.status.state}"
    return cluster.kubectl("get", "monitor", "api", "-n", namespace, "-o", path)
