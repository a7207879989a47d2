"""Provide what every cluster test may use: ``cluster``, ``namespace`` and the mark ``node``.

Nothing is brought up here: `make cluster-up` (or `make cluster-test`) does that, so that one test
of a cluster that is up takes a second.
"""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from kubernetes import client

from tests import needs
from tests.cluster import (
    certificate_authority,
    cluster_access,
    hostnames,
    ingress,
    installation,
    operator_process,
    prebuilt,
    targets,
)
from tests.cluster.cluster_access import Cluster
from tests.cluster.installation import Installation, Values
from tests.cluster.lab import lifecycle, paths
from tests.cluster.lab.acme import Authority
from tests.cluster.lab.processes import Failed
from tests.cluster.targets import Target

HERE = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks of this folder."""
    config.addinivalue_line("markers", "node: needs a cluster on which pods run")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all that lies here."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.cluster)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> Iterator[None]:
    """Put the tests of the installed product last, once the order has been shaken.

    Its operator serves the whole cluster, and would take part in everybody else's tests.
    """
    yield
    session.items.sort(key=prebuilt.is_of_the_product)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Build first, visibly, what the tests need; without it none of them could pass."""
    lab = lifecycle.find(paths.here())
    if lab is None or session.testsfailed or session.config.option.collectonly:
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    try:
        with capture.global_and_fixture_disabled():
            prebuilt.build(lab, session.items)
    except Failed as problem:
        pytest.exit(str(problem), returncode=1)


def absent(what: str) -> None:
    """Skip, or fail where everything is required."""
    if needs.everything_is_required(os.environ):
        pytest.fail(what, pytrace=False)
    pytest.skip(what)


@pytest.fixture(scope="session")
def any_cluster() -> Iterator[Cluster | None]:
    """Yield the cluster that is up, whatever it can do."""
    cluster_up = cluster_access.attach(os.environ)
    yield cluster_up
    if cluster_up is not None:
        cluster_up.api.close()  # type: ignore[no-untyped-call]


@pytest.fixture
def cluster(any_cluster: Cluster | None, request: pytest.FixtureRequest) -> Cluster:
    """Return a cluster; one with a node for tests that are marked so."""
    if any_cluster is None:
        absent("No cluster is up: make cluster-up")
    assert any_cluster is not None
    if request.node.get_closest_marker("node") and not any_cluster.has_node:
        absent("Pods do not run on this cluster: `make cluster-up` says why.")
    return any_cluster


@pytest.fixture
def lab(cluster: Cluster) -> Iterator[lifecycle.Lab]:
    """Yield the lab behind the cluster; programs that a test stops are restarted afterwards."""
    if cluster.lab is None:
        pytest.skip("The cluster is not ours, so nothing of it is ours to stop.")
    yield cluster.lab
    cluster.lab.mend()
    cluster_access.wait_until(cluster.is_ready, what="the API server answers", limit=60)
    if cluster.has_node:
        ready = ["wait", "--for=condition=Ready", "nodes", "--all", "--timeout=100s"]
        cluster.kubectl(*ready, limit=110)


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """Yield a namespace of the test's own; its removal is begun afterwards, and not waited for."""
    name = f"test-{uuid.uuid4().hex[:10]}"
    cluster.core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=name)))
    # Without its account the API server refuses pods. The controller manager makes it soon, but
    # takes most of a minute after a test that stopped the API server.
    command = ["wait", "--for=create", "serviceaccount/default", "-n", name, "--timeout=120s"]
    cluster.kubectl(*command, limit=130)
    yield name
    body = client.V1DeleteOptions(grace_period_seconds=0)
    cluster.core.delete_namespace(name, body=body)


@pytest.fixture
def home_and_tenant(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """Yield the namespace of an operator, and that of a tenant."""
    with operator_process.namespaces(cluster, "home", "acme") as (home, acme):
        yield home, acme


@pytest.fixture
def tenant(home_and_tenant: tuple[str, str]) -> str:
    """Return the namespace of a tenant."""
    return home_and_tenant[1]


@pytest.fixture(scope="session")
def served(
    any_cluster: Cluster | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    """Yield a web server that checkers find by its name; each test asks for paths of its own."""
    if any_cluster is None or not any_cluster.has_node:
        absent("Pods do not run on any cluster that is up: make cluster-up")
    assert any_cluster is not None
    if any_cluster.lab is None:
        pytest.skip("The cluster is not ours, so its pods do not find what a test serves.")
    address = any_cluster.lab.machine_address
    any_cluster.lab.name(address, targets.HOST)
    with targets.serving(tmp_path_factory.mktemp("target"), address) as target:
        yield target


@pytest.fixture(scope="session")
def authority(any_cluster: Cluster | None) -> Iterator[Authority]:
    """Yield an ACME server, its DNS, and an ingress controller that leads to the pods."""
    if any_cluster is None or not any_cluster.has_node:
        absent("Pods do not run on any cluster that is up: make cluster-up")
    assert any_cluster is not None
    if any_cluster.lab is None:
        pytest.skip("The cluster is not ours, so a test cannot play the world around it.")
    with ingress.running(any_cluster, any_cluster.lab):
        yield certificate_authority.start(any_cluster)


@pytest.fixture(scope="session")
def usual(served: Target, authority: Authority) -> Values:
    """Return the values of the release that most tests use."""
    own = {"checker": {"extraCAs": served.authority}, "deniedNetworks": [targets.DENIED]}
    return installation.merge(
        installation.merge(installation.QUICK, own), hostnames.values(authority)
    )


@pytest.fixture(scope="session")
def release(any_cluster: Cluster, usual: Values) -> Iterator[Installation]:
    """Yield the product, installed once for all tests that only use it."""
    with installation.installed(any_cluster, f"allswell-{uuid.uuid4().hex[:6]}", usual) as command:
        yield command


@pytest.fixture
def target(served: Target) -> Iterator[Target]:
    """Yield the same web server; it runs again afterwards."""
    yield served
    if served.process is None:
        served.start()
