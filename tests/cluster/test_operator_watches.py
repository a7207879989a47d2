"""A watch has died without a word, on a real API server: the complete look stands in for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import operator_process, silent_watches
from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.operator_process import OperatorProcess

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def operator(
    cluster: Cluster, home_and_tenant: tuple[str, str], tmp_path: Path
) -> Iterator[OperatorProcess]:
    """Yield an operator whose watches of Monitors tell nothing."""
    home, tenant = home_and_tenant
    own = tmp_path / "way"
    own.mkdir()
    path = operator_process.account(cluster, home, own, tenant)
    told = {"KUBECONFIG": str(path)}
    with (
        silent_watches.running(cluster, "monitors", path),
        operator_process.running(cluster, home, tmp_path, tenant, settings=told) as running,
    ):
        yield running


def test_what_a_dead_watch_does_not_tell_is_found_all_the_same(
    cluster: Cluster, operator: OperatorProcess, tenant: str
) -> None:
    """How soon liveness fails then, which takes minutes, is told by the clock of a unit test."""
    page = {
        "apiVersion": "allswell.dev/v1alpha1",
        "kind": "StatusPage",
        "metadata": {"name": "soon"},
        "spec": {"title": "Soon", "groups": [{"name": "All", "monitors": [{"name": "api"}]}]},
    }
    cluster.apply(operator_process.monitor("api"), page, namespace=tenant)
    # A page that goes is seen by its own watch, and makes the next look come sooner.
    cluster.kubectl("delete", "statuspage", "soon", "-n", tenant)
    wait_until(lambda: "api-check-0" in cluster.pods(tenant), what="the Monitor has its pod")
    assert operator.missed("Monitor") == 1
