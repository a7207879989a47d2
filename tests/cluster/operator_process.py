"""Run a real operator beside a test's cluster, as a process with no more rights than it needs."""

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kubernetes import client

from allswell.central import engine
from allswell.central.reader import CentralReader
from allswell.central.writer import CentralWriter
from tests.cluster import crds
from tests.cluster.cluster_access import Cluster, wait_until
from tests.unit.chart import rendering

# Of the release whose rights it has: what the operator is told by default is called so.
NAME = "allswell"


@dataclass(slots=True)
class OperatorProcess:
    """An operator process that can be stopped and started, and its endpoints."""

    folder: Path
    environment: Mapping[str, str]
    port: int
    status_port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def database(self) -> str:
        return self.environment["ALLSWELL_DATABASE_URL"]

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        self.launch()
        wait_until(self.is_ready, what=f"the operator is ready\n{self.log()}", limit=40)

    def launch(self) -> None:
        """Start it."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "allswell.cli", "controller"],
                env=dict(self.environment),
                stdout=log,
                stderr=log,
            )

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Stop it, and wait until it has ended."""
        if self.process is not None:
            self.process.send_signal(number)
            code = self.process.wait(30)
            self.process = None
            assert number != signal.SIGTERM or code == 0, f"it ended with {code}\n{self.log()}"

    def log(self) -> str:
        """Return its log."""
        return (self.folder / "log").read_text()

    def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log()
        with contextlib.suppress(OSError):
            return bool(self._get("/readyz"))
        return False

    def _get(self, path: str) -> str:
        url = f"http://127.0.0.1:{self.status_port}{path}"
        with urllib.request.urlopen(url, timeout=20) as answer:
            return str(answer.read().decode())

    def writes(self) -> dict[str, int]:
        """Return what it has written since its start, by kind and verb."""
        counts = {}
        for line in self._get("/metrics").splitlines():
            if line.startswith("allswell_writes_total{"):
                labels, _, value = line.removeprefix("allswell_writes_total{").partition("} ")
                log = [part.split("=")[1].strip('"') for part in labels.split(",")]
                counts[" ".join(log)] = int(float(value))
        return counts

    def metric(self, name: str) -> float:
        """Return a metric without labels."""
        lines = self._get("/metrics").splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))

    def missed(self, kind: str) -> float:
        """Return how many changes of a kind a resync found before the watch reported them."""
        return self.metric(f'allswell_resync_missed_total{{kind="{kind}"}}')

    def restart(self, **changed: str) -> None:
        """Restart it, with some settings changed."""
        self.stop()
        self.environment = {**self.environment, **changed}
        self.start()

    def ask(self, ca: str, token: str, path: str, message: object = None) -> tuple[int, Any]:
        """Send a message to the collector as a checker does; return status and answer."""
        content = None if message is None else json.dumps(message).encode()
        request = urllib.request.Request(
            f"https://127.0.0.1:{self.port}{path}",
            content,
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        trust = ssl.create_default_context(cadata=ca)
        try:
            with urllib.request.urlopen(request, timeout=10, context=trust) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.load(refusal)

    def monitors(self) -> set[tuple[str, str]]:
        """Return the monitors that the central database shows."""
        central = engine.connect(self.database)
        try:
            return {(row.namespace, row.name) for row in CentralWriter(central).living()}
        finally:
            central.dispose()

    def shown(self, page: str) -> dict[str, list[str]]:
        """Return the monitors that a page shows, by group."""
        central = engine.connect(self.database)
        try:
            reader = CentralReader(central)
            by_group: dict[str, list[str]] = {}
            for row in reader.pages():
                if row.name != page:
                    continue
                facts = reader.facts(row.id, datetime.now(UTC))
                for entry in facts.components if facts else ():
                    by_group.setdefault(entry.group, []).append(entry.name)
            return by_group
        finally:
            central.dispose()


def chart_accounts(
    home: str, watched: Sequence[str], values: rendering.Values
) -> list[rendering.Json]:
    """Return the service accounts and roles that the chart gives an operator in `home`."""
    whole = {**values, "watchNamespaces": list(watched)}
    rendered = rendering.render(whole, release=NAME, namespace=home)
    kinds = ("ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
    return [manifest for manifest in rendered if manifest["kind"] in kinds]


def account(
    cluster: Cluster,
    home: str,
    folder: Path,
    *watched: str,
    values: rendering.Values = rendering.DEFAULT,
) -> Path:
    """Write a kubeconfig of an account with just the rights that the chart gives the operator."""
    text = json.dumps(
        {"apiVersion": "v1", "kind": "List", "items": chart_accounts(home, watched, values)}
    )
    cluster.kubectl("apply", "--server-side", "-f", "-", text=text)
    account = f"{NAME}-operator"
    token = cluster.kubectl("create", "token", account, "-n", home, "--duration=2h").strip()
    admin = json.loads(cluster.kubectl("config", "view", "--raw", "--minify", "-o", "json"))
    config = {
        **admin,
        "users": [{"name": "operator", "user": {"token": token}}],
        "contexts": [
            {"name": "it", "context": {"cluster": admin["clusters"][0]["name"], "user": "operator"}}
        ],
        "current-context": "it",
    }
    path = folder / "kubeconfig"
    path.write_text(json.dumps(config))
    return path


def free_port() -> int:
    """Return a port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def namespaces(cluster: Cluster, *log: str) -> Iterator[list[str]]:
    """Create namespaces that begin with these words; their removal is begun afterwards."""
    names = [f"{word}-{uuid.uuid4().hex[:8]}" for word in log]
    for name in names:
        cluster.core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=name)))
    for name in names:
        cluster.kubectl("wait", "--for=create", "serviceaccount/default", "-n", name)
    yield names
    for name in names:
        cluster.core.delete_namespace(name)


def monitor(name: str, **spec: object) -> dict[str, Any]:
    """Return a Monitor's manifest."""
    return {
        "apiVersion": "allswell.dev/v1alpha1",
        "kind": "Monitor",
        "metadata": {"name": name},
        "spec": {"http": {"url": "http://example.com/"}} | spec,
    }


def report_ready(
    cluster: Cluster,
    namespace: str,
    pod: str,
    *,
    ready: bool = True,
    since: timedelta = timedelta(),
) -> None:
    """Report a pod as ready or not ready since some time ago, as a kubelet would."""
    moment = (datetime.now(UTC) - since).strftime("%Y-%m-%dT%H:%M:%SZ")
    condition = {"type": "Ready", "status": str(ready), "lastTransitionTime": moment}
    patch = {"status": {"phase": "Running", "conditions": [condition]}}
    cluster.core.patch_namespaced_pod_status(pod, namespace, patch)


@contextlib.contextmanager
def running(
    cluster: Cluster,
    home: str,
    folder: Path,
    *watched: str,
    settings: Mapping[str, str] = {},
    values: rendering.Values = rendering.DEFAULT,
) -> Iterator[OperatorProcess]:
    """Run an operator whose own namespace is `home`; it serves the namespaces `watched`.

    `settings` are further ones of it, or other ones than usual; it has the rights that the chart
    gives with these `values`.
    """
    crds.install(cluster)
    port, status_port = free_port(), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "KUBECONFIG": str(account(cluster, home, folder, *watched, values=values)),
        "ALLSWELL_DATABASE_URL": f"sqlite:///{folder}/central.sqlite",
        "ALLSWELL_NAMESPACE": home,
        "ALLSWELL_WATCH_NAMESPACES": ",".join(watched),
        "ALLSWELL_CHECKER_IMAGE": "local/allswell:1",
        # Where pods would run, they would find no image; so the test is alone to say how they are.
        "ALLSWELL_CHECKER_NODE_SELECTOR": "allswell.dev/test=nowhere",
        "ALLSWELL_COLLECTOR_BIND": f"127.0.0.1:{port}",
        "ALLSWELL_COLLECTOR_URL": f"https://127.0.0.1:{port}",
        "ALLSWELL_STATUS_BIND": f"127.0.0.1:{status_port}",
        "ALLSWELL_PAGE_URL": "https://status.example.com",
        **settings,
    }
    operator = OperatorProcess(folder, environment, port, status_port)
    try:
        operator.start()
        yield operator
    finally:
        operator.stop()
        name = f"{home}.{NAME}-operator"
        cluster.kubectl("delete", "clusterrole,clusterrolebinding", name, "--ignore-not-found")


def wait_until_quiet(operator: OperatorProcess, seconds: float = 3) -> dict[str, int]:
    """Wait until nothing is written for some seconds, and return what has been written."""
    last, since = operator.writes(), time.monotonic()
    while time.monotonic() - since < seconds:
        time.sleep(0.2)
        if (now := operator.writes()) != last:
            last, since = now, time.monotonic()
    return last
