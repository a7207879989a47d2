"""Give tests access to a cluster: clients, kubectl, and the lab behind it if there is one."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from kubernetes import client, config

from tests.cluster.lab import images, lifecycle, machine
from tests.cluster.lab.paths import LabPaths
from tests.cluster.lab.processes import Failed

T = TypeVar("T")
PULLED_IMAGE = "docker.io/library/python:3.12-slim"


class KubectlFailed(Exception):
    """kubectl has failed; the text is what it printed."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that tests may do anything to."""

    kubeconfig: Path
    context: str
    kubectl_path: str
    api: client.ApiClient
    lab: lifecycle.Lab | None

    @property
    def has_node(self) -> bool:
        """Tell whether pods run here."""
        return self.lab is None or self.lab.has_node

    @property
    def image(self) -> str:
        """Return an image that holds Python; the lab's own, else one that the cluster can pull."""
        return images.BASE if self.lab else os.environ.get("ALLSWELL_TEST_IMAGE", PULLED_IMAGE)

    @property
    def core(self) -> client.CoreV1Api:
        """Return the client for pods, Services, ConfigMaps, Secrets, namespaces and volumes."""
        return client.CoreV1Api(self.api)

    @property
    def apps(self) -> client.AppsV1Api:
        """Return the client for StatefulSets and Deployments."""
        return client.AppsV1Api(self.api)

    @property
    def custom(self) -> client.CustomObjectsApi:
        """Return the client for objects of our own kinds."""
        return client.CustomObjectsApi(self.api)

    def is_ready(self) -> bool:
        """Tell whether the API server says that it is ready."""
        try:
            return self.kubectl("get", "--raw", "/readyz", limit=10) == "ok"
        except (KubectlFailed, subprocess.TimeoutExpired):
            return False

    def pods(self, namespace: str) -> list[str]:
        """Return the names of a namespace's pods."""
        pods = self.core.list_namespaced_pod(namespace).items
        return sorted(pod.metadata.name or "" for pod in pods if pod.metadata)

    def kubectl(self, *arguments: str, text: str | None = None, limit: float = 60) -> str:
        """Run kubectl, with ``text`` as its input; return its output, raise Refused."""
        done = subprocess.run(
            [self.kubectl_path, "--context", self.context, *arguments],
            input=text or "",
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
        if done.returncode:
            raise KubectlFailed(f"{done.stdout}{done.stderr}".strip())
        return done.stdout

    @property
    def _environment(self) -> Mapping[str, str]:
        return {"PATH": os.defpath, "KUBECONFIG": str(self.kubeconfig), "HOME": "/nonexistent"}

    @contextmanager
    def forwarding(self, namespace: str, service: str, port: int) -> Iterator[str]:
        """Forward a Service's port with kubectl; yield its URL on this machine."""
        command = ["--context", self.context, "-n", namespace, "port-forward", service, f":{port}"]
        with subprocess.Popen(
            [self.kubectl_path, *command], env=self._environment, stdout=subprocess.PIPE, text=True
        ) as running:
            try:
                line = running.stdout.readline() if running.stdout else ""
                yield f"http://{line.removeprefix('Forwarding from ').partition(' ')[0]}"
            finally:
                running.terminate()

    def apply(self, *objects: Mapping[str, Any], namespace: str, limit: float = 60) -> None:
        """Apply objects from the server's side, as a user's kubectl does."""
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        self.kubectl("apply", "--server-side", "-n", namespace, "-f", "-", text=text, limit=limit)


def wait_until(look: Callable[[], T], *, what: str, limit: float = 30) -> T:
    """Return the first true answer; fail with ``what`` after ``limit`` seconds.

    A refusal is an answer that is not true yet: what is asked may be about to start or to end.
    """
    end = time.monotonic() + limit
    while True:
        refusal = None
        try:
            if answer := look():
                return answer
        except KubectlFailed as error:
            refusal = error
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit:g} s: {what}") from refusal
        time.sleep(0.1)


def attach(environ: Mapping[str, str]) -> Cluster | None:
    """Return the cluster that is up: the environment's own if it names one, else the lab."""
    kind = environ.get("CLUSTER", "")
    lab = lifecycle.find(LabPaths.of(environ))
    if kind == machine.EXISTING or (environ.get("KUBECONFIG") and not _is_of(lab, environ)):
        context = machine.allowed_context(environ)
        path = Path(environ["KUBECONFIG"].split(os.pathsep)[0])
        return _cluster(path, context, shutil.which("kubectl"), None)
    if lab is None:
        return None
    return _cluster(lab.paths.kubeconfig, lab.paths.context, str(lab.programs / "kubectl"), lab)


def _is_of(lab: lifecycle.Lab | None, environ: Mapping[str, str]) -> bool:
    return lab is not None and environ["KUBECONFIG"] == str(lab.paths.kubeconfig)


def _cluster(path: Path, context: str, kubectl: str | None, lab: lifecycle.Lab | None) -> Cluster:
    if kubectl is None:
        raise Failed("kubectl is needed: https://kubernetes.io/docs/tasks/tools/")
    api = config.new_client_from_config(  # type: ignore[no-untyped-call]
        str(path), context=context
    )
    return Cluster(path, context, kubectl, api, lab)
