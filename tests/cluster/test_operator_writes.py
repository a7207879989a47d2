"""How often the operator writes a Monitor's status over its first minute, on a real API server.

No pod runs here; what a kubelet and a checker would say, the test says.
"""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import watch

from allswell.domain.state import State
from tests.cluster import collector_client, crds, operator_process
from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.operator_process import OperatorProcess


@pytest.fixture
def operator(
    cluster: Cluster, home_and_tenant: tuple[str, str], tmp_path: Path
) -> Iterator[OperatorProcess]:
    home, tenant = home_and_tenant
    with operator_process.running(cluster, home, tmp_path, tenant) as running:
        yield running


@pytest.fixture
def seen(cluster: Cluster, tenant: str, operator: OperatorProcess) -> list[dict[str, Any]]:
    """Return each version of the namespace's Monitors, in the order of a watch."""
    found: list[dict[str, Any]] = []
    assert operator.is_ready()
    which = (crds.GROUP, crds.VERSION, tenant, "monitors")
    listing: Any = cluster.custom.list_namespaced_custom_object(*which)

    def gather() -> None:
        stream = watch.Watch().stream(  # type: ignore[no-untyped-call]
            cluster.custom.list_namespaced_custom_object,
            *which,
            resource_version=listing["metadata"]["resourceVersion"],
            timeout_seconds=60,
        )
        found.extend(event["object"] for event in stream)

    threading.Thread(target=gather, daemon=True).start()
    return found


def said(version: dict[str, Any]) -> tuple[str, str, str]:
    """State, Ready and Up of one version of a Monitor."""
    status = version.get("status", {})
    found = {entry["type"]: entry["status"] for entry in status.get("conditions", ())}
    return status.get("state", ""), found.get("Ready", ""), found.get("Up", "")


STORY = [("", "", ""), ("unknown", "False", "Unknown"), ("up", "True", "True")]


def begun(cluster: Cluster, namespace: str, seen: list[dict[str, Any]]) -> None:
    """A new Monitor whose pod is there."""
    cluster.apply(operator_process.monitor("api", interval="10s"), namespace=namespace)
    wait_until(lambda: "api-check-0" in cluster.pods(namespace), what="its pod")
    wait_until(lambda: len(seen) == 2, what="its first status")


def test_a_new_monitor_costs_two_writes_when_the_pod_is_ready_first(
    cluster: Cluster, operator: OperatorProcess, tenant: str, seen: list[dict[str, Any]]
) -> None:
    begun(cluster, tenant, seen)
    operator_process.report_ready(cluster, tenant, "api-check-0")
    time.sleep(4)
    checker = collector_client.client_of(cluster, operator, tenant, "api")
    assert checker.hello()[0] == 200
    assert checker.claim(1, State.UP)[0] == 201
    begun_at = time.monotonic()
    wait_until(lambda: said(seen[-1]) == STORY[-1], what="it is up")
    assert time.monotonic() - begun_at < 10
    assert list(map(said, seen)) == STORY
    assert operator.writes()["Monitor status"] == 2


def test_and_when_the_first_result_is_first(
    cluster: Cluster, operator: OperatorProcess, tenant: str, seen: list[dict[str, Any]]
) -> None:
    begun(cluster, tenant, seen)
    checker = collector_client.client_of(cluster, operator, tenant, "api")
    assert checker.hello()[0] == 200
    assert checker.claim(1, State.UP)[0] == 201
    operator_process.report_ready(cluster, tenant, "api-check-0")
    wait_until(lambda: said(seen[-1]) == STORY[-1], what="it is up")
    assert checker.claim(2, State.DOWN, "Timeout")[0] == 201
    wait_until(lambda: said(seen[-1]) == ("down", "True", "False"), what="it is down")
    assert list(map(said, seen)) == [*STORY, ("down", "True", "False")]
    assert operator.writes()["Monitor status"] == 3


def test_a_checker_that_says_nothing_is_ready_all_the_same(
    cluster: Cluster, operator: OperatorProcess, tenant: str, seen: list[dict[str, Any]]
) -> None:
    """The time that a first result is given: the interval, two checks of 5 s each, and a little."""
    begun(cluster, tenant, seen)
    operator_process.report_ready(cluster, tenant, "api-check-0")
    wait_until(lambda: said(seen[-1])[1] == "True", what="it is Ready", limit=35)
    assert list(map(said, seen)) == [*STORY[:2], ("unknown", "True", "Unknown")]
    assert operator.writes()["Monitor status"] == 2
