"""The control plane: etcd, API server, controller manager and scheduler, as plain processes.

Nothing here needs root. Data is thrown away with the lab, so nothing waits for the disk.
"""

import ssl
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests import tls
from tests.cluster.lab.places import Places
from tests.cluster.lab.processes import Daemon, Failed

SERVICES = "10.96.0.0/16"
PARTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a control plane listens, what it runs, and what leads into a node's namespaces."""

    places: Places
    binary: Path
    address: str
    ports: tuple[int, int, int]
    enter: tuple[str, ...] = ()

    @property
    def api_port(self) -> int:
        """The API server's port."""
        return self.ports[0]

    def cert(self, name: str) -> str:
        """The path of a file in the folder of certificates."""
        return str(self.places.certs / name)

    def daemon(self, name: str) -> Daemon:
        """A daemon of this lab."""
        return Daemon(name, self.places.run, self.places.logs)


def _etcd(plan: Plan) -> list[str]:
    client, peer = (f"http://127.0.0.1:{port}" for port in plan.ports[1:])
    return [
        f"--data-dir={plan.places.data / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def _apiserver(plan: Plan) -> list[str]:
    return [
        f"--etcd-servers=http://127.0.0.1:{plan.ports[1]}",
        f"--bind-address={plan.address}",
        f"--advertise-address={plan.address}",
        f"--secure-port={plan.api_port}",
        f"--tls-cert-file={plan.cert('kube-apiserver.crt')}",
        f"--tls-private-key-file={plan.cert('kube-apiserver.key')}",
        f"--client-ca-file={plan.cert('ca.crt')}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={plan.cert('service-accounts.key')}",
        f"--service-account-signing-key-file={plan.cert('service-accounts.key')}",
        f"--service-cluster-ip-range={SERVICES}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        "--profiling=false",
        *(_towards_kubelet(plan) if plan.enter else ["--endpoint-reconciler-type=none"]),
    ]


def _towards_kubelet(plan: Plan) -> list[str]:
    return [
        "--kubelet-preferred-address-types=InternalIP",
        f"--kubelet-certificate-authority={plan.cert('ca.crt')}",
        f"--kubelet-client-certificate={plan.cert('kubelet-client.crt')}",
        f"--kubelet-client-key={plan.cert('kubelet-client.key')}",
    ]


def _controller_manager(plan: Plan) -> list[str]:
    return [
        f"--kubeconfig={plan.cert('kube-controller-manager.kubeconfig')}",
        f"--service-account-private-key-file={plan.cert('service-accounts.key')}",
        f"--root-ca-file={plan.cert('ca.crt')}",
        "--use-service-account-credentials=true",
        "--leader-elect=false",
        "--secure-port=0",
    ]


def _scheduler(plan: Plan) -> list[str]:
    return [
        f"--kubeconfig={plan.cert('kube-scheduler.kubeconfig')}",
        "--leader-elect=false",
        "--secure-port=0",
    ]


def define(plan: Plan) -> None:
    """Write down how each part is started."""
    flags = (_etcd(plan), _apiserver(plan), _controller_manager(plan), _scheduler(plan))
    for name, given in zip(PARTS, flags, strict=True):
        plan.daemon(name).define([str(plan.binary), name, *given], enter=plan.enter)


def start(plan: Plan) -> None:
    """Start all parts and wait until the API server answers."""
    for name in PARTS[:2]:
        plan.daemon(name).start()
    wait(plan, "/readyz", limit=60)
    for name in PARTS[2:]:
        plan.daemon(name).start()
    # The controller manager's first act that anybody sees; pods are refused before it.
    wait(plan, "/api/v1/namespaces/default/serviceaccounts/default", limit=60)


def wait(plan: Plan, path: str, *, limit: float) -> None:
    """Wait until the API server answers 200 there; fail at once if a part has ended."""
    until = time.monotonic() + limit
    while ask(plan, path) != 200:
        for daemon in (plan.daemon(name) for name in PARTS):
            if daemon.log.exists() and daemon.process is None and daemon.last_words():
                raise Failed(f"{daemon.name} has ended ({daemon.log}):\n{daemon.last_words()}")
        if time.monotonic() > until:
            words = plan.daemon("kube-apiserver").last_words()
            raise Failed(f"the API server does not answer {path} after {limit:g} s:\n{words}")
        time.sleep(0.1)


def ask(plan: Plan, path: str) -> int:
    """Ask the API server as an administrator; return the status, 0 if it does not answer."""
    context = ssl.create_default_context(cafile=plan.cert("ca.crt"))
    context.load_cert_chain(plan.cert("kubelet-client.crt"), plan.cert("kubelet-client.key"))
    try:
        with tls.connected(context, (plan.address, plan.api_port), plan.address) as line:
            line.request("GET", path)
            return line.getresponse().status
    except OSError:
        return 0


def kubectl(plan: Plan, *arguments: str, text: str = "") -> None:
    """Run kubectl as an administrator."""
    program = str(plan.binary.with_name("kubectl"))
    done = subprocess.run(
        [program, f"--kubeconfig={plan.places.kubeconfig}", *arguments],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
