"""Parts of the product and of the cluster die: checks go on, nothing is lost, nothing is doubled.

Each test has a Monitor of its own. What its file holds is compared with the target's own log, and
what the collector holds with what the target did.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cluster import installation, monitor_pods
from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.installation import Installation
from tests.cluster.lab.lifecycle import Lab
from tests.cluster.monitor_pods import RunningMonitor
from tests.cluster.targets import Target

pytestmark = [pytest.mark.node, pytest.mark.timeout(400)]
MINUTE = timedelta(minutes=1)
# Two intervals, and what a busy machine adds.
GAP = timedelta(seconds=6)
OPERATOR, DATABASE = "deployment/allswell-operator", "statefulset/allswell-database"


def now() -> datetime:
    return datetime.now(UTC)


def wait(until_then: datetime) -> None:
    """Let time pass: an outage has a length."""
    time.sleep(max(0.0, (until_then - now()).total_seconds()))


@pytest.fixture
def path(request: pytest.FixtureRequest) -> str:
    """Return a path of the target that no other test asks for."""
    return f"/{request.node.name}"


@pytest.fixture
def api(
    cluster: Cluster, release: Installation, target: Target, namespace: str, path: str
) -> Iterator[RunningMonitor]:
    """Yield a Monitor that is up, with a page that shows it."""
    watched = monitor_pods.start(cluster, namespace, "api", target.url(path))
    installation.apply(cluster, namespace, monitor_pods.page("acme", "api"))
    wait_until(
        lambda: release.get(status_of(watched))[0] == 200, what="the page is there", limit=40
    )
    yield watched
    wait_until(cluster.is_ready, what="the API server answers", limit=90)


def status_of(watched: RunningMonitor) -> str:
    return f"/{watched.namespace}/acme/api/v2/status.json"


def indicator(watched: RunningMonitor, release: Installation) -> str:
    """Return what the page says of all its monitors together."""
    code, text = release.get(status_of(watched))
    return str(json.loads(text)["status"]["indicator"]) if code == 200 else ""


def nothing_is_lost(watched: RunningMonitor, target: Target, path: str) -> None:
    """Every check that the target answered is in the file, once."""
    answered = target.checks(path)[:-2]  # the last may still be on its way into the file
    kept = [at for at, good in watched.samples() if good]
    assert len(set(kept)) == len(kept)
    assert len(kept) >= len(answered)


def outage(target: Target, *, seconds: float) -> None:
    """Let the target be away for a while."""
    target.stop()
    wait(now() + timedelta(seconds=seconds))
    target.start()


def told(watched: RunningMonitor, release: Installation) -> list[str]:
    return [state for state, _ in watched.transitions(release)]


def test_a_killed_checker_comes_back_on_its_own_file(
    api: RunningMonitor, target: Target, path: str, release: Installation
) -> None:
    first, before = min(api.samples()), now()
    uid = api.pod()["metadata"]["uid"]
    api.kill()
    api.wait_for_other_pod(uid)
    ready = now()
    wait_until(lambda: target.checks(path)[-1] > ready, what="it checks", limit=30)
    api.wait_until_ready()
    assert min(api.samples()) == first
    assert target.longest_gap(path, before, now()) < timedelta(seconds=45)
    nothing_is_lost(api, target, path)
    assert told(api, release) == ["up"]
    assert api.events() == ["Up"]


def test_checks_go_on_while_the_operator_is_away_and_nothing_is_lost(
    api: RunningMonitor, target: Target, path: str, release: Installation
) -> None:
    release.kubectl("delete", "pod", release.pod("operator"), "--grace-period=0", "--force")
    release.scale(OPERATOR, 0)
    away = now()
    try:
        outage(target, seconds=8)
        wait(away + timedelta(seconds=20))
        assert target.longest_gap(path, now() - timedelta(seconds=8), now()) < GAP
    finally:
        release.scale(OPERATOR, 1)
    wait_until(
        lambda: told(api, release) == ["up", "down", "up"], what="the outage is told", limit=60
    )
    api.wait_for_state("up", limit=60)
    nothing_is_lost(api, target, path)


def test_the_database_may_be_away_for_a_minute(
    api: RunningMonitor, target: Target, path: str, release: Installation
) -> None:
    release.scale(DATABASE, 0)
    away = now()
    try:
        outage(target, seconds=8)
        wait(away + MINUTE)
        assert target.longest_gap(path, away + timedelta(seconds=20), now()) < GAP
        code, text = release.get(status_of(api))
        assert (code, '"page"' in text) == (200, True)
    finally:
        release.scale(DATABASE, 1)
    wait_until(
        lambda: told(api, release) == ["up", "down", "up"], what="the outage is told", limit=90
    )
    api.wait_for_state("up", limit=60)
    nothing_is_lost(api, target, path)


def test_the_api_server_may_be_away_for_a_minute(
    api: RunningMonitor, target: Target, path: str, release: Installation, lab: Lab
) -> None:
    lab.daemon("kube-apiserver").stop()
    away = now()
    try:
        target.stop()
        # Reports go on: the collector remembers who its checkers are.
        red = "the page is red while the API server is away"
        wait_until(lambda: indicator(api, release) == "critical", what=red, limit=50)
        target.start()
        wait(away + MINUTE)
        assert target.longest_gap(path, now() - timedelta(seconds=8), now()) < GAP
    finally:
        lab.daemon("kube-apiserver").start()
    wait_until(api.cluster.is_ready, what="the API server answers", limit=90)
    # What is applied from now on is seen at once: a watch waits for as long as it takes.
    paused = monitor_pods.monitor("late", target.url(path), paused=True)
    installation.apply(api.cluster, api.namespace, paused)
    RunningMonitor(api.cluster, api.namespace, "late").wait_for_state("paused", limit=30)
    api.wait_for_state("up", limit=120)
    wait_until(
        lambda: told(api, release) == ["up", "down", "up"], what="the outage is told", limit=60
    )
    nothing_is_lost(api, target, path)


def test_without_a_kubelet_checks_go_on_and_a_dead_checker_is_unknown(
    api: RunningMonitor, target: Target, path: str, release: Installation, lab: Lab
) -> None:
    uid = api.pod()["metadata"]["uid"]
    web = release.kubectl("get", "pod", release.pod("web"), "-o", "jsonpath={.status.podIP}")
    lab.daemon("kubelet").stop()
    alone = now()
    wait(alone + timedelta(seconds=20))
    assert target.longest_gap(path, alone, now()) < GAP
    assert api.state == "up"
    killed = 0
    for process in processes_of(uid):
        os.kill(process, signal.SIGKILL)
        killed += 1
    assert killed
    # Cover ends after interval and grace; the collector looks every 15 seconds.
    api.wait_for_state("unknown", limit=110)
    not_green = "the page is not green"
    wait_until(lambda: '"minor"' in asked(lab, web, status_of(api)), what=not_green, limit=40)
    lab.daemon("kubelet").start()
    api.wait_for_state("up", limit=150)
    nothing_is_lost(api, target, path)
    assert told(api, release) == ["up"]


def asked(lab: Lab, pod: str, path: str) -> str:
    """Return what a page's pod answers, as no Service leads to a node that is not ready."""
    code = (
        "import urllib.request as it\n"
        f"print(it.urlopen('http://{pod}:8080{path}', timeout=5).read().decode())"
    )
    command = [*lab.inside(), sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def processes_of(pod: str) -> list[int]:
    """Return the checker's processes in a pod, by the pod's UID in their control groups."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            groups = (entry / "cgroup").read_text()
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if pod in groups and b"allswell\0checker" in command:
            found.append(int(entry.name))
    return found
