"""A watch has died without a word, on a real API server: the complete look stands in for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import deafening, operating
from tests.cluster.operating import Operator
from tests.cluster.reach import Cluster, until

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def operator(
    cluster: Cluster, home_and_tenant: tuple[str, str], tmp_path: Path
) -> Iterator[Operator]:
    """An operator whose watches of Monitors tell nothing."""
    home, tenant = home_and_tenant
    own = tmp_path / "way"
    own.mkdir()
    path = operating.account(cluster, home, own, tenant)
    told = {"KUBECONFIG": str(path)}
    with (
        deafening.standing(cluster, "monitors", path),
        operating.running(cluster, home, tmp_path, tenant, told=told) as running,
    ):
        yield running


def test_what_a_dead_watch_does_not_tell_is_found_all_the_same(
    cluster: Cluster, operator: Operator, tenant: str
) -> None:
    """How soon liveness fails then, which takes minutes, is told by the clock of a unit test."""
    page = {
        "apiVersion": "allswell.dev/v1alpha1",
        "kind": "StatusPage",
        "metadata": {"name": "soon"},
        "spec": {"title": "Soon", "groups": [{"name": "All", "monitors": [{"name": "api"}]}]},
    }
    cluster.apply(operating.monitor("api"), page, namespace=tenant)
    # A page that goes is seen by its own watch, and makes the next look come sooner.
    cluster.kubectl("delete", "statuspage", "soon", "-n", tenant)
    until(lambda: "api-check-0" in cluster.pods(tenant), what="the Monitor has its pod")
    assert operator.missed("Monitor") == 1
