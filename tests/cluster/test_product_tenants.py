"""Tenants are hostile to each other: what one may do reaches nobody else."""

import json
from collections.abc import Iterator

import pytest
from kubernetes import client

from tests.cluster import installation, monitor_pods
from tests.cluster.cluster_access import Cluster, KubectlFailed, wait_until
from tests.cluster.installation import Installation
from tests.cluster.monitor_pods import RunningMonitor
from tests.cluster.targets import Target

pytestmark = pytest.mark.node
_ASK = """\
import ssl, urllib.error, urllib.request
trust = ssl._create_unverified_context()
account = open("/var/run/secrets/kubernetes.io/serviceaccount/token").read()
for said in ({{}}, {{"Authorization": f"Bearer {{account}}"}}):
    try:
        urllib.request.urlopen(urllib.request.Request("{url}", headers=said), context=trust)
        print("taken")
    except urllib.error.HTTPError as refusal:
        print(refusal.code)
for path in ("healthz", "metrics"):
    try:
        print(urllib.request.urlopen("http://{pod}:9090/" + path).status)
    except urllib.error.HTTPError as refusal:
        print(refusal.code)
"""


@pytest.fixture
def other(cluster: Cluster, namespace: str) -> Iterator[str]:
    """Yield a second tenant's namespace."""
    name = f"{namespace}-other"
    cluster.core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=name)))
    cluster.kubectl("wait", "--for=create", "serviceaccount/default", "-n", name)
    yield name
    cluster.core.delete_namespace(name, body=client.V1DeleteOptions(grace_period_seconds=0))


def test_two_namespaces_with_one_name_never_mix(
    cluster: Cluster, release: Installation, target: Target, namespace: str, other: str
) -> None:
    good = monitor_pods.start(cluster, namespace, "api", target.url("/mine"))
    installation.apply(cluster, other, monitor_pods.monitor("api", target.url("/secret")))
    bad = RunningMonitor(cluster, other, "api")
    bad.wait_for_state("down", limit=60)
    for place in (namespace, other):
        installation.apply(cluster, place, monitor_pods.page("acme", "api"))

    def said(place: str) -> str:
        return release.get(f"/{place}/acme/api/v2/status.json")[1]

    wait_until(lambda: '"none"' in said(namespace), what="one page is green", limit=40)
    wait_until(lambda: '"critical"' in said(other), what="the other is red", limit=40)
    assert good.state == "up"
    assert [state for state, _ in good.transitions(release)] == ["up"]
    assert [state for state, _ in bad.transitions(release)] == ["down"]


def test_a_page_shows_only_monitors_of_its_own_namespace(
    cluster: Cluster, release: Installation, target: Target, namespace: str, other: str
) -> None:
    monitor_pods.start(cluster, other, "foreign", target.url("/foreign"))
    page = monitor_pods.page("acme", "foreign")
    page["spec"]["groups"].append({"name": "Any", "selector": {"matchLabels": {}}})
    page["spec"]["groups"][1]["selector"] = {
        "matchExpressions": [{"key": "no", "operator": "DoesNotExist"}]
    }
    installation.apply(cluster, namespace, page)
    address = f"/{namespace}/acme/"
    wait_until(lambda: release.get(address)[0] == 200, what="the page is there", limit=40)
    assert "foreign" not in release.get(f"{address}api/v2/summary.json")[1]
    status = json.loads(cluster.kubectl("get", "statuspage", "acme", "-n", namespace, "-o", "json"))
    ready = status["status"]["conditions"][0]
    assert (ready["status"], ready["reason"]) == ("True", "MonitorsMissing")


def test_every_pod_of_ours_is_accepted_where_pod_security_is_restricted(
    cluster: Cluster, release: Installation, target: Target, namespace: str
) -> None:
    for place in (namespace, release.namespace):
        level = "pod-security.kubernetes.io/enforce=restricted"
        said = cluster.kubectl("label", "namespace", place, level, "--overwrite")
        assert "would violate" not in said
    monitor_pods.start(cluster, namespace, "strict", target.url("/strict"))
    release.kubectl("rollout", "restart", "deployment,statefulset")
    for what in (
        "deployment/allswell-operator",
        "deployment/allswell-web",
        "statefulset/allswell-database",
    ):
        release.kubectl("rollout", "status", what, "--timeout=90s", limit=100)


@pytest.mark.usefixtures("release")
def test_what_the_installation_denies_is_out_of_a_checkers_reach(
    cluster: Cluster, namespace: str
) -> None:
    apart = monitor_pods.monitor("apart", "http://198.51.100.7/", storage={"kind": "Ephemeral"})
    installation.apply(cluster, namespace, apart)
    denied = RunningMonitor(cluster, namespace, "apart")
    denied.wait_for_state("down", limit=60)
    assert denied.read()["status"]["reason"] == "AddressRefused"


def test_with_the_role_edit_a_tenant_reaches_nothing_of_another(
    cluster: Cluster, release: Installation, target: Target, namespace: str, other: str
) -> None:
    theirs = monitor_pods.start(cluster, other, "api", target.url("/theirs"))
    bind = ["create", "rolebinding", "eve", "--clusterrole=edit", "--user=eve", "-n", namespace]
    cluster.kubectl(*bind)
    as_eve = "--as=eve"
    for what in ("monitors", "statuspages", "pods", "configmaps", "secrets"):
        for place in (other, release.namespace):
            with pytest.raises(KubectlFailed, match=r"(F|f)orbidden"):
                cluster.kubectl("get", what, "-n", place, as_eve)
    # A pod of her own, which asks the collector with nothing, and with its account's own token; and
    # the other's checker for its figures.
    url = f"https://allswell-collector.{release.namespace}.svc:8443/v1/latency"
    code = _ASK.format(url=url, pod=theirs.pod()["status"]["podIP"])
    flags = [f"--image={cluster.image}", "--restart=Never", "-n", namespace]
    cluster.kubectl("run", "eve", *flags, "--command", "--", "python3", "-c", code)
    done = "--for=jsonpath={.status.phase}=Succeeded"
    cluster.kubectl("wait", done, "pod/eve", "-n", namespace, "--timeout=50s")
    assert cluster.kubectl("logs", "eve", "-n", namespace).split() == ["401", "401", "200", "403"]
