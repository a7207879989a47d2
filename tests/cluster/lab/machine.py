"""Decide what kind of cluster the tests get, and why."""

import os
import platform
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests import needs
from tests.cluster.lab import build
from tests.cluster.lab.processes import Failed

CONTROL_PLANE = "control-plane"
NODE = "node"
EXISTING = "existing"
_PROGRAMS = (
    *("containerd", "ctr", "runc", "iptables", "conntrack", "debootstrap", "buildah", "ip"),
    *("nsenter", "setpriv", "unshare"),
)
_PACKAGES = (
    "containerd runc containernetworking-plugins iptables conntrack debootstrap buildah iproute2"
)
INSTALL = f"sudo apt-get install {_PACKAGES}"
KINDS = (CONTROL_PLANE, NODE, EXISTING)


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind of cluster, and the sentence that explains it."""

    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class Machine:
    """What was found: what a node lacks here, and whether Go is there."""

    lacks_for_node: tuple[str, ...]
    has_go: bool
    system: str


def inspect(cache: Path) -> Machine:
    """Look at this machine."""
    return Machine(tuple(_lacks(cache)), build.go() is not None, platform.system())


def _lacks(cache: Path) -> Iterator[str]:
    if os.geteuid() != 0:
        yield "only root may start containers"
        return
    if missing := [name for name in _PROGRAMS if needs.program(name) is None]:
        yield f"there is no {', '.join(missing)} ({INSTALL})"
    if not Path("/usr/lib/cni/ptp").exists():
        yield f"there are no network plugins in /usr/lib/cni ({INSTALL})"
    if any(cache.is_relative_to(taken) for taken in ("/run", "/var/lib", "/var/log")):
        yield f"{cache} is hidden from a node; set XDG_CACHE_HOME to another folder"
    trial = ["unshare", "--mount", "--net", "--pid", "--fork", "mount", "--make-rshared", "/"]
    if subprocess.run(trial, check=False, capture_output=True).returncode:
        yield "this root may not make namespaces"


def choose(environ: Mapping[str, str], machine: Machine) -> Choice:
    """Take the cluster that KUBECONFIG names, else the most that this machine can do."""
    kind = environ.get("CLUSTER", "")
    if kind not in ("", *KINDS):
        raise Failed(f"CLUSTER={kind} is none of {', '.join(KINDS)}")
    if kind == EXISTING or (not kind and environ.get("KUBECONFIG")):
        context = allowed_context(environ)
        return Choice(EXISTING, f"KUBECONFIG is set; its context {context} is for tests")
    if machine.system != "Linux" or not machine.has_go:
        raise Failed(
            "A cluster of our own needs Linux and Go (https://go.dev/dl/). Without them, use kind: "
            "kind create cluster --config kind-config.yaml, then set KUBECONFIG to its file."
        )
    if kind == CONTROL_PLANE:
        return Choice(CONTROL_PLANE, "CLUSTER asks for it")
    lacks = "; ".join(machine.lacks_for_node)
    if kind == NODE and lacks:
        raise Failed(f"CLUSTER=node cannot be had here: {lacks}")
    if lacks:
        return Choice(CONTROL_PLANE, f"pods cannot run here: {lacks}")
    return Choice(NODE, "this machine has all that pods need")


def allowed_context(environ: Mapping[str, str]) -> str:
    """Return the current context of KUBECONFIG if tests may use it.

    Tests make and delete namespaces and custom resource definitions, so a cluster that somebody
    relies on must never be taken by accident.
    """
    path = Path(environ.get("KUBECONFIG", "").split(os.pathsep)[0] or "~/.kube/config").expanduser()
    if not path.exists():
        raise Failed(f"KUBECONFIG names {path}, which does not exist; unset it, or make the file")
    context = str((yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("current-context"))
    also = environ.get("ALLSWELL_TEST_CONTEXT", "").split()
    if context.startswith("kind-") or context in also:
        return context
    raise Failed(
        f"The current context of {path} is {context}, and tests do not touch what may be in use. "
        f"Unset KUBECONFIG to get a cluster of our own, use one of kind, or, if it is for tests, "
        f"set ALLSWELL_TEST_CONTEXT={context}"
    )
