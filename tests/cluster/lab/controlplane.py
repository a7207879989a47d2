"""Run the control plane: etcd, API server, controller manager and scheduler, as plain processes.

Nothing here needs root. Data is thrown away with the lab, so nothing waits for the disk.
"""

import ssl
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests import tls
from tests.cluster.lab.paths import LabPaths
from tests.cluster.lab.processes import Daemon, Failed

SERVICES = "10.96.0.0/16"
PARTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")


@dataclass(frozen=True, slots=True)
class ControlPlaneSpec:
    """Where a control plane listens, what it runs, and what leads into a node's namespaces."""

    paths: LabPaths
    binary: Path
    address: str
    ports: tuple[int, int, int]
    enter: tuple[str, ...] = ()

    @property
    def api_port(self) -> int:
        """Return the API server's port."""
        return self.ports[0]

    def cert(self, name: str) -> str:
        """Return the path of a file in the folder of certificates."""
        return str(self.paths.certs / name)

    def daemon(self, name: str) -> Daemon:
        """Return a daemon of this lab."""
        return Daemon(name, self.paths.run, self.paths.logs)


def _etcd(spec: ControlPlaneSpec) -> list[str]:
    client, peer = (f"http://127.0.0.1:{port}" for port in spec.ports[1:])
    return [
        f"--data-dir={spec.paths.data / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def _apiserver(spec: ControlPlaneSpec) -> list[str]:
    return [
        f"--etcd-servers=http://127.0.0.1:{spec.ports[1]}",
        f"--bind-address={spec.address}",
        f"--advertise-address={spec.address}",
        f"--secure-port={spec.api_port}",
        f"--tls-cert-file={spec.cert('kube-apiserver.crt')}",
        f"--tls-private-key-file={spec.cert('kube-apiserver.key')}",
        f"--client-ca-file={spec.cert('ca.crt')}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={spec.cert('service-accounts.key')}",
        f"--service-account-signing-key-file={spec.cert('service-accounts.key')}",
        f"--service-cluster-ip-range={SERVICES}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        "--profiling=false",
        *(_towards_kubelet(spec) if spec.enter else ["--endpoint-reconciler-type=none"]),
    ]


def _towards_kubelet(spec: ControlPlaneSpec) -> list[str]:
    return [
        "--kubelet-preferred-address-types=InternalIP",
        f"--kubelet-certificate-authority={spec.cert('ca.crt')}",
        f"--kubelet-client-certificate={spec.cert('kubelet-client.crt')}",
        f"--kubelet-client-key={spec.cert('kubelet-client.key')}",
    ]


def _controller_manager(spec: ControlPlaneSpec) -> list[str]:
    return [
        f"--kubeconfig={spec.cert('kube-controller-manager.kubeconfig')}",
        f"--service-account-private-key-file={spec.cert('service-accounts.key')}",
        f"--root-ca-file={spec.cert('ca.crt')}",
        "--use-service-account-credentials=true",
        "--leader-elect=false",
        "--secure-port=0",
    ]


def _scheduler(spec: ControlPlaneSpec) -> list[str]:
    return [
        f"--kubeconfig={spec.cert('kube-scheduler.kubeconfig')}",
        "--leader-elect=false",
        "--secure-port=0",
    ]


def define(spec: ControlPlaneSpec) -> None:
    """Write down how each part is started."""
    flags = (_etcd(spec), _apiserver(spec), _controller_manager(spec), _scheduler(spec))
    for name, given in zip(PARTS, flags, strict=True):
        spec.daemon(name).define([str(spec.binary), name, *given], enter=spec.enter)


def start(spec: ControlPlaneSpec) -> None:
    """Start all parts and wait until the API server answers."""
    for name in PARTS[:2]:
        spec.daemon(name).start()
    wait(spec, "/readyz", limit=60)
    for name in PARTS[2:]:
        spec.daemon(name).start()
    # The controller manager's first act that anybody sees; pods are refused before it.
    wait(spec, "/api/v1/namespaces/default/serviceaccounts/default", limit=60)


def wait(spec: ControlPlaneSpec, path: str, *, limit: float) -> None:
    """Wait until the API server answers 200 there; fail at once if a part has ended."""
    until = time.monotonic() + limit
    while ask(spec, path) != 200:
        for daemon in (spec.daemon(name) for name in PARTS):
            if daemon.log.exists() and daemon.process is None and daemon.last_log_lines():
                raise Failed(f"{daemon.name} has ended ({daemon.log}):\n{daemon.last_log_lines()}")
        if time.monotonic() > until:
            words = spec.daemon("kube-apiserver").last_log_lines()
            raise Failed(f"the API server does not answer {path} after {limit:g} s:\n{words}")
        time.sleep(0.1)


def ask(spec: ControlPlaneSpec, path: str) -> int:
    """Ask the API server as an administrator; return the status, 0 if it does not answer."""
    context = ssl.create_default_context(cafile=spec.cert("ca.crt"))
    context.load_cert_chain(spec.cert("kubelet-client.crt"), spec.cert("kubelet-client.key"))
    try:
        with tls.connected(context, (spec.address, spec.api_port), spec.address) as line:
            line.request("GET", path)
            return line.getresponse().status
    except OSError:
        return 0


def kubectl(spec: ControlPlaneSpec, *arguments: str, text: str = "") -> None:
    """Run kubectl as an administrator."""
    program = str(spec.binary.with_name("kubectl"))
    done = subprocess.run(
        [program, f"--kubeconfig={spec.paths.kubeconfig}", *arguments],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
