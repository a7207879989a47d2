"""Observe Monitors that really run: status, events, samples, transitions."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.cluster import installation
from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.installation import Installation

_SAMPLES = """\
import sqlite3
rows = sqlite3.connect("file:/data/checker.sqlite?mode=ro", uri=True).execute(
    "SELECT started_ms, reason FROM sample ORDER BY 1")
print("\\n".join(f"{at} {reason}" for at, reason in rows))
"""


def monitor(name: str, url: str, **spec: object) -> dict[str, Any]:
    """Return a Monitor that is checked often and changes its state soon."""
    quick = {"interval": "2s", "timeout": "1s", "confirm": {"failures": 2, "every": "1s"}}
    return {
        "apiVersion": "allswell.dev/v1alpha1",
        "kind": "Monitor",
        "metadata": {"name": name},
        "spec": {**quick, "http": {"url": url}, **spec},
    }


def page(name: str, *monitors: str) -> dict[str, Any]:
    """Return a StatusPage that shows some monitors."""
    shown = [{"name": monitor} for monitor in monitors]
    return {
        "apiVersion": "allswell.dev/v1alpha1",
        "kind": "StatusPage",
        "metadata": {"name": name},
        "spec": {"title": f"The page {name}", "groups": [{"name": "All", "monitors": shown}]},
    }


@dataclass(frozen=True, slots=True)
class RunningMonitor:
    """A Monitor on the cluster, by namespace and name."""

    cluster: Cluster
    namespace: str
    name: str

    def read(self) -> dict[str, Any]:
        """Return the object; empty when it is not there."""
        return self._get("monitor", self.name)

    def pod(self) -> dict[str, Any]:
        """Return its pod; empty when it is not there."""
        return self._get("pod", f"{self.name}-check-0")

    def _get(self, kind: str, name: str) -> dict[str, Any]:
        flags = ["-n", self.namespace, "-o", "json", "--ignore-not-found"]
        text = self.cluster.kubectl("get", kind, name, *flags)
        manifest: dict[str, Any] = json.loads(text) if text else {}
        return manifest

    @property
    def state(self) -> str:
        """Return the state in its status."""
        return str(self.read().get("status", {}).get("state", ""))

    def condition(self, kind: str) -> str:
        """Return the status of a condition."""
        conditions = self.read().get("status", {}).get("conditions", [])
        return next((str(entry["status"]) for entry in conditions if entry["type"] == kind), "")

    def wait_for_state(self, state: str, *, limit: float = 40) -> datetime:
        """Wait until it is in a state; return when that was seen."""
        wait_until(
            lambda: self.state == state, what=f"{self.name} is {state}: {self.read()}", limit=limit
        )
        return datetime.now(UTC)

    def wait_until_ready(self, *, limit: float = 60) -> None:
        """Wait until its checker runs."""
        wait_until(
            lambda: self.condition("Ready") == "True", what=f"{self.name} is ready", limit=limit
        )

    def wait_for_other_pod(self, uid: object, *, limit: float = 60) -> None:
        """Wait until a pod other than this one is ready."""

        def wait_until_ready() -> bool:
            pod = self.pod()
            conditions = pod.get("status", {}).get("conditions", [])
            is_ready = any(
                (entry["type"], entry["status"]) == ("Ready", "True") for entry in conditions
            )
            return is_ready and pod["metadata"]["uid"] != uid

        wait_until(wait_until_ready, what=f"another pod of {self.name} is ready", limit=limit)

    def events(self) -> list[str]:
        """Return the reasons of the events about it, oldest first."""
        where = f"regarding.name={self.name},regarding.kind=Monitor"
        flags = ["-n", self.namespace, "--field-selector", where, "-o", "json"]
        events = json.loads(self.cluster.kubectl("get", "events.events.k8s.io", *flags))["items"]
        return [e["reason"] for e in sorted(events, key=lambda e: str(e.get("eventTime")))]

    def samples(self) -> list[tuple[datetime, bool]]:
        """Return every raw result in its file: start, and whether it was good; at least one."""
        command = ["exec", f"{self.name}-check-0", "-n", self.namespace, "--", "python3", "-c"]
        # The name of a pod that was just replaced may lead to the container before, as it ends.
        rows = wait_until(
            lambda: self.cluster.kubectl(*command, _SAMPLES).splitlines(),
            what=f"the file of {self.name} is read",
        )
        pairs = [row.split() for row in rows]
        zero = datetime.fromtimestamp(0, UTC)
        return [(zero + timedelta(milliseconds=int(at)), reason == "0") for at, reason in pairs]

    def kill(self) -> None:
        """Kill its pod at once, as a node that breaks would."""
        flags = ["--grace-period=0", "--force", "--wait=false", "-n", self.namespace]
        self.cluster.kubectl("delete", "pod", f"{self.name}-check-0", *flags)

    def transitions(self, release: Installation) -> list[tuple[str, datetime]]:
        """Return its transitions in the central database: states and since when."""
        query = (
            "SELECT t.state, t.since_ms FROM transition t JOIN monitor m ON m.id = t.monitor_id "
            f"WHERE m.namespace = '{self.namespace}' AND m.name = '{self.name}' "
            "AND m.hidden_ms IS NULL ORDER BY t.since_ms"
        )
        zero = datetime.fromtimestamp(0, UTC)
        rows = release.central(query)
        return [(state, zero + timedelta(milliseconds=int(at))) for state, at in rows]


def start(cluster: Cluster, namespace: str, name: str, url: str, **spec: object) -> RunningMonitor:
    """Apply a Monitor, and wait until it is up."""
    installation.apply(cluster, namespace, monitor(name, url, **spec))
    running = RunningMonitor(cluster, namespace, name)
    running.wait_for_state("up", limit=60)
    return running
