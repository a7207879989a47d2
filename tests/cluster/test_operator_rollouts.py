"""A new image reaches the checkers a batch at a time, on a real API server.

No pod runs here; what a kubelet would say of a pod, the test says.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import operator_process
from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.operator_process import OperatorProcess, wait_until_quiet

NAMES = ("a", "b", "c", "d", "e")
OLD, NEW = "local/allswell:1", "local/allswell:2"


@pytest.fixture
def operator(
    cluster: Cluster, home_and_tenant: tuple[str, str], tmp_path: Path
) -> Iterator[OperatorProcess]:
    """Yield an operator with five Monitors whose checkers run, as far as anybody can see."""
    home, tenant = home_and_tenant
    with operator_process.running(cluster, home, tmp_path, tenant) as running:
        # A result that is due soon is not waited for long before Ready is said.
        quick = [operator_process.monitor(name, interval="1s") for name in NAMES]
        cluster.apply(*quick, namespace=tenant)
        wait_until(lambda: len(cluster.pods(tenant)) == len(NAMES), what="the pods are there")
        for name in NAMES:
            operator_process.report_ready(cluster, tenant, f"{name}-check-0")
        wait_until(lambda: is_ready(cluster, tenant, *NAMES), what="all are Ready", limit=90)
        yield running


def images(cluster: Cluster, namespace: str) -> dict[str, str]:
    """Return the image of each Monitor's StatefulSet."""
    found = json.loads(cluster.kubectl("get", "sts", "-n", namespace, "-o", "json"))["items"]
    return {
        item["metadata"]["name"].removesuffix("-check"): item["spec"]["template"]["spec"][
            "containers"
        ][0]["image"]
        for item in found
    }


def new_ones(cluster: Cluster, namespace: str) -> set[str]:
    return {name for name, image in images(cluster, namespace).items() if image == NEW}


def is_ready(cluster: Cluster, namespace: str, *names: str) -> bool:
    found = json.loads(cluster.kubectl("get", "monitors", "-n", namespace, "-o", "json"))["items"]
    ready = {
        item["metadata"]["name"]
        for item in found
        for entry in item.get("status", {}).get("conditions", ())
        if (entry["type"], entry["status"]) == ("Ready", "True")
    }
    return set(names) <= ready


def test_a_broken_image_stops_at_the_first_batch_and_a_repair_goes_through(
    cluster: Cluster, operator: OperatorProcess, tenant: str
) -> None:
    operator.restart(ALLSWELL_CHECKER_IMAGE=NEW, ALLSWELL_ROLLOUT_BATCH="2")
    wait_until(lambda: len(new_ones(cluster, tenant)) == 2, what="two are replaced")
    wait_until_quiet(operator, 5)
    first = new_ones(cluster, tenant)
    assert len(first) == 2
    assert is_ready(cluster, tenant, *set(NAMES) - first)
    assert operator.metric("allswell_rollout_waiting") == 3
    assert operator.metric("allswell_rollout_under_way") == 2

    # A Monitor's own change is not held back, and takes the new image along.
    own = min(set(NAMES) - first)
    cluster.apply(operator_process.monitor(own, interval="10s"), namespace=tenant)
    wait_until(
        lambda: new_ones(cluster, tenant) == first | {own}, what="the changed one is replaced"
    )

    operator.restart(ALLSWELL_CHECKER_IMAGE=OLD)
    wait_until(lambda: new_ones(cluster, tenant) <= {own}, what="the two have the old image again")
    for name in first:
        wait_until(lambda n=name: has_pod_of(cluster, tenant, n, OLD), what="its pod")  # type: ignore[misc]
        operator_process.report_ready(cluster, tenant, f"{name}-check-0")
    wait_until(lambda: not new_ones(cluster, tenant), what="so has the third")


def test_the_next_batch_goes_when_the_checkers_of_the_first_run(
    cluster: Cluster, operator: OperatorProcess, tenant: str
) -> None:
    operator.restart(ALLSWELL_CHECKER_IMAGE=NEW, ALLSWELL_ROLLOUT_BATCH="40%")
    wait_until(lambda: len(new_ones(cluster, tenant)) == 2, what="two are replaced")
    first = new_ones(cluster, tenant)
    for name in first:
        wait_until(lambda n=name: has_pod_of(cluster, tenant, n, NEW), what="its pod")  # type: ignore[misc]
        operator_process.report_ready(cluster, tenant, f"{name}-check-0")
    wait_until(lambda: len(new_ones(cluster, tenant)) == 4, what="two more are replaced")
    wait_until_quiet(operator, 3)
    assert len(new_ones(cluster, tenant)) == 4
    assert first < new_ones(cluster, tenant)


def has_pod_of(cluster: Cluster, namespace: str, name: str, image: str) -> bool:
    path = "jsonpath={.spec.containers[0].image}"
    pod = ("get", "pod", f"{name}-check-0", "--ignore-not-found", "-o", path)
    return cluster.kubectl(*pod, "-n", namespace) == image
