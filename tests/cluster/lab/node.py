"""Run the node: containerd, kubelet and kube-proxy, the pods' network, a provisioner of volumes.

It runs inside the namespaces of `namespaces.py`, so the daemons keep their customary places.
"""

import json
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.lab import images, network
from tests.cluster.lab.certs import KeyIssuer
from tests.cluster.lab.controlplane import ControlPlaneSpec, kubectl, wait
from tests.cluster.lab.processes import Failed

NAME = "allswell-node"
PARTS = ("containerd", "kubelet", "kube-proxy")
_PLUGINS = "/usr/lib/cni"
_SOCKET = "/run/containerd/containerd.sock"


@dataclass(frozen=True, slots=True)
class Node:
    """The one node of a lab: its control plane, its link, its name among the cgroups."""

    plan: ControlPlaneSpec
    link: network.VethPair
    cgroup: str

    @property
    def folder(self) -> Path:
        """Return the configuration of the daemons."""
        return self.plan.paths.data / "node"

    def write(self, name: str, content: object) -> Path:
        """Write a file of configuration; JSON is YAML too."""
        path = self.folder / name
        text = content if isinstance(content, str) else json.dumps(content, indent=1)
        path.write_text(text, encoding="utf-8")
        return path


def _containerd(node: Node) -> list[str]:
    network_folder = node.folder / "cni"
    network_folder.mkdir(exist_ok=True)
    (network_folder / "10-lab.conflist").write_text(json.dumps(_pod_network()), encoding="utf-8")
    text = f"""
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{images.PAUSE}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{_PLUGINS}"
    conf_dir = "{network_folder}"
"""
    return ["containerd", f"--config={node.write('containerd.toml', text)}"]


def _pod_network() -> dict[str, Any]:
    # As kind does: each pod on a wire of its own, so that all traffic passes the node's own rules;
    # across a bridge that would need a kernel module which not every machine has.
    addresses = {"type": "host-local", "ranges": [[{"subnet": network.PODS}]]}
    route = [{"dst": "0.0.0.0/0"}]
    link = {"type": "ptp", "ipMasq": True, "ipam": {**addresses, "routes": route}}
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "0.4.0", "name": "lab", "plugins": [link, ports]}


def _kubelet(node: Node) -> list[str]:
    settings = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": node.link.node,
        "tlsCertFile": node.plan.cert("kubelet.crt"),
        "tlsPrivateKeyFile": node.plan.cert("kubelet.key"),
        "authentication": {
            "anonymous": {"enabled": False},
            "x509": {"clientCAFile": node.plan.cert("ca.crt")},
        },
        "containerRuntimeEndpoint": f"unix://{_SOCKET}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{node.cgroup}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "oomScoreAdj": 0,
        # How soon a changed Secret is in the pods that mount it; a minute unless said.
        "syncFrequency": "10s",
        "clusterDomain": "cluster.local",
        "clusterDNS": [node.link.node],
        "resolvConf": str(node.write("resolv.conf", f"nameserver {node.link.node}\n")),
        # A full disk of the machine is not this node's pressure.
        "evictionHard": {"nodefs.available": "0%", "imagefs.available": "0%"},
        "imageGCHighThresholdPercent": 100,
    }
    return [
        str(node.plan.binary),
        "kubelet",
        f"--config={node.write('kubelet.json', settings)}",
        f"--kubeconfig={node.plan.cert('kubelet.kubeconfig')}",
        f"--hostname-override={NAME}",
        f"--node-ip={node.link.node}",
    ]


def _proxy(node: Node) -> list[str]:
    settings = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clientConnection": {"kubeconfig": node.plan.cert("kube-proxy.kubeconfig")},
        "clusterCIDR": network.PODS,
        "hostnameOverride": NAME,
        "oomScoreAdj": 0,
        "healthzBindAddress": f"{node.link.node}:10256",
        "metricsBindAddress": f"{node.link.node}:10249",
        # These limits belong to the whole machine.
        "conntrack": {"maxPerCore": 0, "min": 0},
    }
    return [
        str(node.plan.binary),
        "kube-proxy",
        f"--config={node.write('kube-proxy.json', settings)}",
    ]


def define(node: Node, desk: KeyIssuer) -> None:
    """Write down the keys of the node's daemons and how each is started."""
    node.folder.mkdir(exist_ok=True)
    desk.certificate("kubelet", NAME, node.link.node, who=f"system:node:{NAME}")
    desk.kubeconfig("kubelet", f"system:node:{NAME}", "system:nodes")
    desk.kubeconfig("kube-proxy", "system:kube-proxy")
    commands = (_containerd(node), _kubelet(node), _proxy(node))
    for name, command in zip(PARTS, commands, strict=True):
        node.plan.daemon(name).define(command, enter=node.plan.enter)


def start_containerd(node: Node, archives: Sequence[Path]) -> None:
    """Start containerd and give it its images."""
    daemon = node.plan.daemon("containerd")
    daemon.start()
    until = time.monotonic() + 20
    while subprocess.run(
        [*node.plan.enter, "ctr", "version"], check=False, capture_output=True
    ).returncode:
        if time.monotonic() > until:
            raise Failed(f"containerd does not start ({daemon.log}):\n{daemon.last_log_lines()}")
        time.sleep(0.05)
    images.load(archives, node.plan.enter)


def start(node: Node) -> None:
    """Start the kubelet and the proxy, once the API server answers."""
    for name in PARTS[1:]:
        node.plan.daemon(name).start()
    wait(node.plan, f"/api/v1/nodes/{NAME}", limit=30)
    try:
        kubectl(node.plan, "wait", "--for=condition=Ready", f"node/{NAME}", "--timeout=30s")
    except Failed as problem:
        raise Failed(f"{problem}\n{node.plan.daemon('kubelet').last_log_lines()}") from problem
