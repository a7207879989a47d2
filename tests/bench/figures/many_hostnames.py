"""Measure what a thousand host names cost the operator and the API server.

The kinds of cert-manager are there and cert-manager is not: what it would say of each Certificate
is said here. The names' records are a name server's on loopback.
"""

import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kubernetes.client.exceptions import ApiException

from allswell.kube.conditions import time as written
from tests import dnsserver, postgres
from tests.bench import processes
from tests.bench.figure import figure
from tests.bench.figures.operator import control_plane
from tests.cluster import certificate_authority, operator_process
from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.operator_process import OperatorProcess
from tests.dnsserver import Zone

NAMES, EACH = 1_000, 20
TENANTS = NAMES // EACH
KIND = ("cert-manager.io", "v1")
RIGHTS = {"pagesDomain": "acme-pages.net", "pagesCertificate": {"existingSecret": "wildcard"}}


def operator_settings(zone: Zone, database: str) -> dict[str, str]:
    """Return the operator's settings."""
    return {
        "ALLSWELL_DATABASE_URL": database,
        "ALLSWELL_PAGES_DOMAIN": "acme-pages.net",
        "ALLSWELL_ISSUER": "ClusterIssuer/any",
        "ALLSWELL_RESOLVERS": f"127.0.0.1:{zone.port}",
        "ALLSWELL_CERTIFICATE_BUDGET": "10,10000,10000",
        "ALLSWELL_PAGES_KEY_SECRET": "allswell-pages-key",
        "ALLSWELL_WEB_SERVICE": "allswell-web:80",
    }


def page(namespace: str, number: int) -> dict[str, Any]:
    """Return a StatusPage with twenty names."""
    hosts = [f"s{each}.customer{number}.com" for each in range(EACH)]
    return {
        "apiVersion": "allswell.dev/v1alpha1",
        "kind": "StatusPage",
        "metadata": {"name": "status", "namespace": namespace},
        "spec": {"title": "A page", "hostnames": hosts},
    }


class Issuer:
    """Says of every Certificate what cert-manager would, some moments later."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._ready: set[str] = set()
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while not self.stop.wait(0.5):
            with suppress(ApiException):
                self._look()

    def _look(self) -> None:
        objects: Any = self._cluster.custom.list_namespaced_custom_object(
            *KIND, self._namespace, "certificates"
        )
        for each in objects["items"]:
            name = each["metadata"]["name"]
            if name not in self._ready:
                self._cluster.custom.patch_namespaced_custom_object_status(
                    *KIND, self._namespace, "certificates", name, {"status": certified()}
                )
                self._ready.add(name)


def certified() -> dict[str, Any]:
    """Return the status of an issued Certificate."""
    now = datetime.now(UTC)
    ready = {"type": "Ready", "status": "True", "reason": "Ready", "message": "it is there"}
    return {
        "conditions": [{**ready, "lastTransitionTime": written(now)}],
        "notBefore": written(now),
        "notAfter": written(now + timedelta(days=90)),
        "renewalTime": written(now + timedelta(days=60)),
    }


def targets(cluster: Cluster) -> dict[str, str]:
    """Return the target of every page, by namespace."""
    objects = json.loads(cluster.kubectl("get", "statuspages", "-A", "-o", "json"))["items"]
    return {
        each["metadata"]["namespace"]: each["status"]["target"]
        for each in objects
        if each.get("status", {}).get("target")
    }


def count(cluster: Cluster, namespace: str) -> int:
    """Return how many routes there are."""
    path = f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses?limit=1"
    objects = json.loads(cluster.kubectl("get", "--raw", path))
    return len(objects["items"]) + int(objects["metadata"].get("remainingItemCount", 0))


def all_serve(cluster: Cluster) -> bool:
    """Tell whether every page's status says that all of its names serve."""
    objects = json.loads(cluster.kubectl("get", "statuspages", "-A", "-o", "json"))["items"]
    whole = f"{EACH}/{EACH}"
    return all(each.get("status", {}).get("readyHostnames") == whole for each in objects)


@figure(name="hostnames_1000_s", unit="s", limit=300)
@figure(name="api_writes_per_hostname", unit="", limit=6)
@figure(name="hostnames_1000_rss_mib", unit="MiB", limit=250)
@figure(name="hostnames_restart_writes", unit="", limit=0, needs=("control-plane", "postgresql"))
def thousand_names() -> Iterator[tuple[str, float]]:
    """Measure 1,000 names of fifty pages, from records to routes; the operator restarts."""
    words = ["home", *(f"tenant{number}" for number in range(TENANTS))]
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres.running() as server,
        dnsserver.serving() as zone,
        control_plane() as cluster,
        operator_process.namespaces(cluster, *words) as (home, *tenants),
    ):
        certificate_authority.install_crds(cluster)
        settings = operator_settings(zone, server.create("central"))
        with operator_process.running(
            cluster, home, Path(folder), settings=settings, values=RIGHTS
        ) as operator:
            yield from measured(cluster, operator, zone, tenants)


def measured(
    cluster: Cluster, operator: OperatorProcess, zone: Zone, tenants: list[str]
) -> Iterator[tuple[str, float]]:
    """Measure the names."""
    home = operator.environment["ALLSWELL_NAMESPACE"]
    pages = [page(name, number) for number, name in enumerate(tenants)]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": pages})
    cluster.kubectl("apply", "-f", "-", text=text)
    wait_until(
        lambda: len(targets(cluster)) == TENANTS, what="every page has its address", limit=120
    )
    before = operator_process.wait_until_quiet(operator, 5)
    issuer = Issuer(cluster, home)
    began = time.monotonic()
    for each, target in (
        (status_page, targets(cluster)[status_page["metadata"]["namespace"]])
        for status_page in pages
    ):
        for host in each["spec"]["hostnames"]:
            zone.add(host, "CNAME", f"{target}.")
    wait_until(lambda: count(cluster, home) == NAMES, what="every name has its route", limit=600)
    yield "hostnames_1000_s", time.monotonic() - began
    wait_until(lambda: all_serve(cluster), what="every page says so", limit=120)
    after = operator_process.wait_until_quiet(operator, 10)
    yield "api_writes_per_hostname", (sum(after.values()) - sum(before.values())) / NAMES
    print(f"  {after}", flush=True)
    assert operator.process is not None
    yield "hostnames_1000_rss_mib", processes.read_memory_kib(operator.process.pid, "Rss") / 1024
    issuer.stop.set()
    issuer.thread.join(10)
    operator.restart()
    yield "hostnames_restart_writes", sum(operator_process.wait_until_quiet(operator, 15).values())
