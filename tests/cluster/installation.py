"""Install the product on a test's cluster as a user does: its image, its chart, the real Helm."""

import json
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import crds, product
from tests.cluster.cluster_access import Cluster, wait_until

CHART = product.ROOT / "charts" / "allswell"
DATABASE = "allswell-database-0"
Values = Mapping[str, Any]
# Small bounds, so that silence is noticed within a test's patience. The kinds are the cluster's:
# many tests need them, and a release takes only those that a release has made.
QUICK: Values = {
    "grace": {"leastSeconds": 45},
    "page": {"replicas": 1},
    "crds": {"enabled": False},
}


@dataclass(frozen=True, slots=True)
class Helm:
    """The helm program, for one cluster."""

    cluster: Cluster

    def __call__(self, *arguments: str, values: Values | None = None, limit: float = 180) -> str:
        """Run it with values as its input; return what it prints. Raises AssertionError."""
        lab = self.cluster.lab
        program = str(lab.programs / "helm") if lab else shutil.which("helm")
        assert program, "helm is needed: https://helm.sh/docs/intro/install/"
        done = subprocess.run(
            [program, *arguments, "--kube-context", self.cluster.context],
            input=json.dumps(values or {}),
            env={
                "KUBECONFIG": str(self.cluster.kubeconfig),
                "HOME": "/tmp",
                "PATH": "/usr/bin:/bin",
            },
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
        assert done.returncode == 0, f"helm {' '.join(arguments)}\n{done.stdout}{done.stderr}"
        return done.stdout


@dataclass(frozen=True, slots=True)
class Installation:
    """A release named `allswell` in a namespace of its own."""

    cluster: Cluster
    namespace: str

    @property
    def helm(self) -> Helm:
        """Return Helm for this cluster."""
        return Helm(self.cluster)

    def install(self, values: Values, chart: Path = CHART) -> str:
        """Install or upgrade it, wait until all is ready, and return what Helm prints."""
        place = ["--namespace", self.namespace, "--create-namespace"]
        how = ["--wait", "--timeout", "150s", "--values", "-"]
        whole = settings(self.cluster, values)
        return self.helm("upgrade", "--install", "allswell", str(chart), *place, *how, values=whole)

    def kubectl(self, *arguments: str, text: str | None = None, limit: float = 60) -> str:
        """Run kubectl in the release's namespace."""
        return self.cluster.kubectl("-n", self.namespace, *arguments, text=text, limit=limit)

    def pod(self, component: str) -> str:
        """Return the name of a part's running pod."""
        chosen = f"app.kubernetes.io/component={component}"
        pods = json.loads(self.kubectl("get", "pods", "-l", chosen, "-o", "json"))["items"]
        living = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
        return str(living[0]["metadata"]["name"]) if living else ""

    def scale(self, what: str, replicas: int) -> None:
        """Stop a part, or start it again, and wait until that is so."""
        self.kubectl("scale", what, f"--replicas={replicas}")
        self.kubectl("rollout", "status", what, "--timeout=90s", limit=100)
        if not replicas:
            component = what.rpartition("-")[2]
            wait_until(lambda: not self.pod(component), what=f"{what} has stopped", limit=60)

    def central(self, query: str) -> list[list[str]]:
        """Return rows of the central database, as text."""
        program = [
            "psql",
            "-U",
            "allswell",
            "-h",
            "127.0.0.1",
            "-AtF",
            "|",
            "-c",
            query,
            "allswell",
        ]
        word = self.kubectl("get", "secret", "allswell-database", "-o", "jsonpath={.data.password}")
        script = f'PGPASSWORD=$(echo {word} | base64 -d) exec "$@"'
        printed = self.kubectl("exec", DATABASE, "--", "sh", "-c", script, "sh", *program)
        return [line.split("|") for line in printed.splitlines()]

    def get(self, path: str) -> tuple[int, str]:
        """Request a page; return status and text, 0 when there is no answer."""
        url, headers = self._address(path)
        try:
            request = urllib.request.Request(url, headers=headers)
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()
        except OSError as error:
            return 0, str(error)

    def _address(self, path: str) -> tuple[str, dict[str, str]]:
        assert self.cluster.lab, "a way to the page of a cluster of yours is not known here"
        form = "jsonpath={.spec.ports[0].nodePort}"
        port = PORTS.get(self.namespace) or self.kubectl("get", "service/allswell-web", "-o", form)
        PORTS[self.namespace] = port
        return f"http://{self.cluster.lab.node_address}:{port}{path}", {"Host": "localhost"}

    def metrics(self) -> str:
        """Return the operator's metrics."""
        service = f"/api/v1/namespaces/{self.namespace}/services/allswell-collector:metrics/proxy"
        return self.cluster.kubectl("get", "--raw", f"{service}/metrics")


# Asked once: while the API server is away, the page must still be found.
PORTS: dict[str, str] = {}


def settings(cluster: Cluster, values: Values) -> Values:
    """Return values for this cluster's images, and a port of its node for the page."""
    repository, _, tag = product.image(cluster).rpartition(":")
    defaults: Values = {
        "image": {"repository": repository, "tag": tag},
        "page": {"service": {"type": "NodePort"}},
    }
    if image := product.database_image(cluster):
        defaults = {**defaults, "database": {"bundled": {"image": image}}}
    return merge(defaults, values)


def merge(one: Values, other: Values) -> dict[str, Any]:
    """Merge both, block by block; `other` wins."""
    result = dict(one)
    for key, value in other.items():
        old = result.get(key)
        is_block = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[key] = merge(old or {}, value) if is_block else value
    return result


@contextmanager
def installed(cluster: Cluster, namespace: str, values: Values = QUICK) -> Iterator[Installation]:
    """Install the product in a namespace; everything is removed afterwards."""
    release = Installation(cluster, namespace)
    crds.install(cluster)
    try:
        release.install(values)
        yield release
    finally:
        remove(release)


def remove(release: Installation) -> None:
    """Remove a release, and what uninstalling leaves."""
    cluster = release.cluster
    cluster.kubectl("delete", "monitors,statuspages", "--all", "-A", "--ignore-not-found")
    place = ["--namespace", release.namespace, "--ignore-not-found"]
    release.helm("uninstall", "allswell", *place)
    cluster.kubectl("delete", "namespace", release.namespace, "--ignore-not-found", "--wait=false")
    PORTS.pop(release.namespace, None)


def apply(cluster: Cluster, namespace: str, *objects: dict[str, Any]) -> None:
    """Apply manifests as a user does."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    cluster.kubectl("apply", "-n", namespace, "-f", "-", text=text)


def previous_chart(folder: Path) -> Path:
    """Return the newest committed chart that differs from the present one."""
    for commit in _git("log", "--format=%H", "--", str(CHART)).stdout.decode().split():
        if _git("diff", "--quiet", commit, "--", str(CHART)).returncode:
            packed = _git("archive", commit, "charts/allswell").stdout
            subprocess.run(["tar", "-x", "-C", str(folder)], input=packed, check=True)
            return folder / "charts" / "allswell"
    pytest.skip("The chart before this one is in Git's history alone, which is not here.")


def _git(*arguments: str) -> "subprocess.CompletedProcess[bytes]":
    """Ask Git of this checkout, whoever owns its files."""
    command = ["git", "-c", "safe.directory=*", "-C", str(product.ROOT), *arguments]
    return subprocess.run(command, capture_output=True, check=False)
