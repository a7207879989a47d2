"""The main job on real pods: a target breaks and heals, and status, events and page say so."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.cluster import installation, monitor_pods
from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.installation import Installation
from tests.cluster.monitor_pods import RunningMonitor
from tests.cluster.targets import Target

pytestmark = pytest.mark.node
INTERVAL, CONFIRM = timedelta(seconds=2), timedelta(seconds=1)
SOON = INTERVAL + CONFIRM + timedelta(seconds=5)
_MOMENT = re.compile(r'datetime="([^"]+)"')


def moments(text: str) -> list[datetime]:
    """Return every moment that a page names."""
    return [datetime.fromisoformat(found) for found in _MOMENT.findall(text) if "T" in found]


def tells(release: Installation, address: str, truth: datetime) -> None:
    """Tell whether a page names a moment, within one interval."""
    told = moments(release.get(address)[1])
    near = [moment for moment in told if abs(moment.astimezone(UTC) - truth) <= INTERVAL]
    assert near, f"{truth} is not told by the page: {told}"


def test_a_target_that_breaks_and_heals_is_told_by_status_events_and_page(
    cluster: Cluster, release: Installation, target: Target, namespace: str
) -> None:
    api = monitor_pods.start(cluster, namespace, "api", target.url("/main"))
    installation.apply(cluster, namespace, monitor_pods.page("acme", "api"))
    address = f"/{namespace}/acme/"
    wait_until(lambda: release.get(address)[0] == 200, what="the page is there", limit=40)

    began = api.pod()["status"]["containerStatuses"][0]["state"]["running"]["startedAt"]
    first = min(at for at, _ in api.samples())
    assert first - datetime.fromisoformat(began) <= timedelta(seconds=15)

    stopped = target.stop()
    assert api.wait_for_state("down") - stopped <= SOON
    assert api.condition("Up") == "False"
    wait_until(lambda: api.events()[-1:] == ["Down"], what=f"an event: {api.events()}", limit=5)
    down = f"{address}api/v2/status.json"
    wait_until(lambda: '"critical"' in release.get(down)[1], what="the page is red", limit=30)
    tells(release, address, stopped)

    healed = target.start()
    assert api.wait_for_state("up") - healed <= SOON
    wait_until(lambda: '"none"' in release.get(down)[1], what="the page is green", limit=30)
    assert api.events() == ["Up", "Down", "Up"]

    tells(release, address, healed)
    assert [state for state, _ in api.transitions(release)] == ["up", "down", "up"]


def test_a_header_from_a_secret_reaches_the_target_and_nothing_else(
    cluster: Cluster, release: Installation, target: Target, namespace: str
) -> None:
    header = {
        "name": "Authorization",
        "valueFrom": {"secretKeyRef": {"name": "key", "key": "token"}},
    }
    checked = {"http": {"url": target.url("/secret"), "headers": [header]}}
    secret = ["create", "secret", "generic", "key", "-n", namespace]
    cluster.kubectl(*secret, "--from-literal=token=Bearer wrong")
    installation.apply(cluster, namespace, monitor_pods.monitor("closed", "", **checked))
    closed = RunningMonitor(cluster, namespace, "closed")
    closed.wait_for_state("down", limit=60)
    cluster.kubectl("delete", "secret", "key", "-n", namespace)
    cluster.kubectl(*secret, "--from-literal=token=Bearer sesame")
    # The kubelet brings a changed Secret to a running pod within its own minute or so.
    closed.wait_for_state("up", limit=150)
    assert closed.pod()["status"]["containerStatuses"][0]["restartCount"] == 0
    kinds = "configmaps,statefulsets,pods,monitors,events"
    shown = cluster.kubectl("get", kinds, "-n", namespace, "-o", "yaml")
    logs = cluster.kubectl("logs", "closed-check-0", "-n", namespace)
    logs += release.kubectl("logs", "deployment/allswell-operator")
    assert "sesame" not in shown
    assert "sesame" not in logs


def test_a_pause_takes_the_pod_and_keeps_the_history(
    cluster: Cluster, release: Installation, target: Target, namespace: str
) -> None:
    api = monitor_pods.start(cluster, namespace, "api", target.url("/paused"))
    before = api.samples()
    pause = ["patch", "monitor", "api", "-n", namespace, "--type=merge", "-p"]
    cluster.kubectl(*pause, '{"spec":{"paused":true}}')
    api.wait_for_state("paused")
    wait_until(lambda: not api.pod(), what="the pod is gone", limit=45)
    assert "data-api-check-0" in cluster.kubectl("get", "pvc", "-n", namespace)
    cluster.kubectl(*pause, '{"spec":{"paused":false}}')
    wait_until(api.pod, what="the pod is back")
    api.wait_until_ready()
    api.wait_for_state("up")
    wait_until(lambda: len(api.samples()) > len(before), what="it is checked again", limit=30)
    assert api.samples()[: len(before)] == before
    assert [state for state, _ in api.transitions(release)] == ["up"]


def test_a_change_of_the_spec_rolls_the_pod_and_keeps_the_history(
    cluster: Cluster, release: Installation, target: Target, namespace: str
) -> None:
    api = monitor_pods.start(cluster, namespace, "api", target.url("/before"))
    first = min(at for at, _ in api.samples())
    uid = api.pod()["metadata"]["uid"]
    installation.apply(cluster, namespace, monitor_pods.monitor("api", target.url("/after")))
    api.wait_for_other_pod(uid)
    wait_until(lambda: target.checks("/after"), what="the new target is asked", limit=60)
    api.wait_until_ready()
    assert min(at for at, _ in api.samples()) == first
    assert [state for state, _ in api.transitions(release)] == ["up"]


def test_the_page_has_todays_latency_from_the_collector(
    cluster: Cluster, release: Installation, target: Target, namespace: str
) -> None:
    monitor_pods.start(cluster, namespace, "api", target.url("/latency"))
    query = f"SELECT public_id FROM monitor WHERE namespace = '{namespace}'"
    ((public,),) = release.central(query)
    identity = "/var/run/secrets/allswell.dev/token"
    ask = (
        "import json, ssl, urllib.request\n"
        f"token = open('{identity}').read()\n"
        "trust = ssl.create_default_context(cafile='/etc/allswell/ca/ca.crt')\n"
        f"url = 'https://allswell-collector.{release.namespace}.svc:8443/v1/latency'\n"
        f"url += '?monitor={public}&monitor=nobody'\n"
        "request = urllib.request.Request(url, headers={'Authorization': 'Bearer ' + token})\n"
        "print(urllib.request.urlopen(request, context=trust, timeout=5).read().decode())"
    )
    answer = release.kubectl("exec", "deployment/allswell-web", "--", "python3", "-c", ask)
    # The first bucket is whole after five minutes; until then it knows the monitor, and no other.
    assert list(json.loads(answer)["monitors"]) == [public]
