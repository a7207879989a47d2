"""Measure what a thousand Monitors cost the operator and the API server.

No pod runs there. What a kubelet and a checker would say of each pod, once it is there, is said
here: that it is ready, and a few seconds later that the target is up.
"""

import contextlib
import json
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kubernetes import watch
from urllib3.exceptions import HTTPError

from allswell.domain.state import State
from tests import postgres
from tests.bench import processes
from tests.bench.figure import figure
from tests.cluster import cluster_access, collector_client, crds, operator_process
from tests.cluster.cluster_access import Cluster
from tests.cluster.collector_client import CheckerClient
from tests.cluster.lab import lifecycle, machine
from tests.cluster.lab.paths import LabPaths
from tests.cluster.operator_process import OperatorProcess

MONITORS, NAMESPACES = 1_000, 10
EACH = MONITORS // NAMESPACES
AT_ONCE = 8
# A busy machine is slow; that is a short figure, and no crash. Nobody's only result is old before.
PATIENCE_S = 600
STATEFULSETS, PODS = "/apis/apps/v1/statefulsets", "/api/v1/pods"


@contextmanager
def control_plane() -> Iterator[Cluster]:
    """Run a control plane of the bench's own, whose pods are not scheduled."""
    environ = {k: v for k, v in os.environ.items() if k not in ("CLUSTER", "KUBECONFIG")}
    environ["ALLSWELL_LAB"] = "bench"
    paths = LabPaths.of(environ)
    lab = lifecycle.up(paths, machine.Choice(machine.CONTROL_PLANE, "for the bench"))
    try:
        lab.daemon("kube-scheduler").stop()
        result = cluster_access.attach(environ)
        assert result is not None
        yield result
    finally:
        lifecycle.down(paths)


def apply_all(cluster: Cluster, namespaces: list[str]) -> None:
    """Apply all Monitors, from one kubectl for each namespace, all at the same time."""
    monitors = [operator_process.monitor(f"m{number}", interval="5m") for number in range(EACH)]

    def apply(namespace: str) -> None:
        cluster.apply(*monitors, namespace=namespace, limit=PATIENCE_S)

    with ThreadPoolExecutor(NAMESPACES) as threads:
        list(threads.map(apply, namespaces))


def wait_for_all(cluster: Cluster, path: str, limit: float = PATIENCE_S) -> None:
    """Wait until a collection holds one object for each Monitor; asked once a second."""
    end = time.monotonic() + limit
    while True:
        result = json.loads(cluster.kubectl("get", "--raw", f"{path}?limit=1"))
        there = len(result["items"]) + int(result["metadata"].get("remainingItemCount", 0))
        if there == MONITORS:
            return
        assert time.monotonic() < end, f"{there} of {MONITORS} in {path}"
        time.sleep(1)


class Versions:
    """Every version of every Monitor, as a watch sees them."""

    def __init__(self, cluster: Cluster) -> None:
        self.seen: set[str] = set()
        self._stories: dict[str, list[str]] = {}
        threading.Thread(target=self._follow, args=(cluster,), daemon=True).start()

    def _follow(self, cluster: Cluster) -> None:
        stream = watch.Watch().stream(  # type: ignore[no-untyped-call]
            cluster.custom.list_cluster_custom_object,
            crds.GROUP,
            crds.VERSION,
            "monitors",
            timeout_seconds=3600,
        )
        with contextlib.suppress(HTTPError):  # the API server's end is ours, too
            for event in stream:
                self._note(event["object"])

    def _note(self, monitor: Any) -> None:  # noqa: ANN401 - as the client gives it
        meta, status = monitor["metadata"], monitor.get("status", {})
        if meta["resourceVersion"] not in self.seen:
            self.seen.add(meta["resourceVersion"])
            reasons = ",".join(entry["reason"] for entry in status.get("conditions", ()))
            self._stories.setdefault(meta["uid"], []).append(reasons or "applied")

    def stories(self) -> list[str]:
        """What happened to Monitors, by the reasons of their conditions, the most common first."""
        common = Counter(" - ".join(story) for story in self._stories.values()).most_common(3)
        return [f"{count} Monitors: {story}" for story, count in common]


def live(cluster: Cluster, operator: OperatorProcess, namespaces: list[str]) -> None:
    """Let every pod become ready, and its checker find the target up."""
    home = operator.environment["ALLSWELL_NAMESPACE"]
    published = cluster.core.read_namespaced_config_map("allswell-collector-ca", home)
    ca = (published.data or {})["ca.crt"]

    def one(place: tuple[str, int]) -> None:
        namespace, number = place
        monitor = f"m{number}"
        pod = f"{monitor}-check-0"
        operator_process.report_ready(cluster, namespace, pod)
        token = collector_client.token(cluster, namespace, pod)
        checker = CheckerClient(operator, ca, token, monitor)
        assert checker.hello()[0] == 200
        assert checker.claim(1, State.UP)[0] == 201

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(one, [(name, n) for name in namespaces for n in range(EACH)]))


@figure(name="reconcile_1000_s", unit="s", limit=75)
@figure(name="cr_writes_per_monitor", unit="", limit=2)
@figure(name="api_writes_per_monitor", unit="", limit=6)
@figure(name="operator_cpu_s_per_1000", unit="s", limit=93)
@figure(name="operator_rss_mib", unit="MiB", limit=200)
@figure(name="restart_writes", unit="", limit=0, needs=("control-plane", "postgresql"))
def thousand_monitors() -> Iterator[tuple[str, float]]:
    """Measure 1,000 Monitors in ten namespaces applied at once; the operator restarts."""
    words = ["home", *(f"tenant{number}" for number in range(NAMESPACES))]
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres.running() as server,
        control_plane() as cluster,
        operator_process.namespaces(cluster, *words) as (home, *tenants),
        operator_process.running(
            cluster,
            home,
            Path(folder),
            settings={"ALLSWELL_DATABASE_URL": server.create("central")},
        ) as operator,
    ):
        assert operator.process is not None
        pid, versions = operator.process.pid, Versions(cluster)
        began, before = time.monotonic(), processes.read_cpu_s(pid)
        apply_all(cluster, tenants)
        wait_for_all(cluster, STATEFULSETS)
        yield "reconcile_1000_s", time.monotonic() - began
        wait_for_all(cluster, PODS)
        live(cluster, operator, tenants)
        written = operator_process.wait_until_quiet(operator, 10)
        # The first version is the user's own.
        seen = len(versions.seen) / MONITORS - 1
        print(*versions.stories(), sep="\n", file=sys.stderr, flush=True)
        counted = written["Monitor status"] / MONITORS
        yield "cr_writes_per_monitor", max(seen, counted)
        yield "api_writes_per_monitor", sum(written.values()) / MONITORS
        cpu = processes.read_cpu_s(pid) - before
        yield "operator_cpu_s_per_1000", cpu * 1_000 / MONITORS
        yield "operator_rss_mib", processes.read_memory_kib(pid, "Rss") / 1024
        operator.restart()
        yield "restart_writes", sum(operator_process.wait_until_quiet(operator, 15).values())
