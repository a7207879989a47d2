"""Assemble a lab in order: namespaces, network, keys, control plane, node."""

import socket
from contextlib import ExitStack
from pathlib import Path

from tests import artefacts, progress
from tests.cluster.lab import (
    certs,
    cgroups,
    controlplane,
    dns,
    images,
    namespaces,
    network,
    node,
    volumes,
)
from tests.cluster.lab.paths import LabPaths

LOOPBACK = network.VethPair("lo", "127.0.0.1", "127.0.0.1")


def control_plane(paths: LabPaths, programs: Path) -> network.VethPair:
    """Start a control plane on loopback."""
    paths.make()
    plan = controlplane.ControlPlaneSpec(paths, programs / "kubernetes", LOOPBACK.node, _ports())
    _issue(plan)
    controlplane.define(plan)
    with progress.step("Starting the control plane"):
        controlplane.start(plan)
    return LOOPBACK


def with_node(paths: LabPaths, programs: Path) -> network.VethPair:
    """Start a control plane and a node; return the link between the machine and the node."""
    archives = [images.pause(programs, paths.cache), images.base(paths.cache)]
    paths.make()
    with progress.step("Starting the control plane"):
        lab_node = _isolated(paths, programs)
        controlplane.start(lab_node.plan)
    with progress.step("Starting the node"):
        node.start_containerd(lab_node, archives)
        node.start(lab_node)
        dns.start(lab_node)
        volumes.start(lab_node)
    return lab_node.link


def _isolated(paths: LabPaths, programs: Path) -> node.Node:
    pid = namespaces.start(paths)
    enter = namespaces.enter(pid)
    with artefacts.alone(paths.cache / "labs" / "wires.lock"):
        link = network.free(network.known())
        network.connect(link, pid, enter, paths.link)
    cgroups.make(paths)
    plan = controlplane.ControlPlaneSpec(paths, programs / "kubernetes", link.node, _ports(), enter)
    lab_node = node.Node(plan, link, cgroups.name(paths))
    controlplane.define(plan)
    node.define(lab_node, _issue(plan))
    dns.define(lab_node)
    volumes.define(lab_node)
    return lab_node


def _issue(plan: controlplane.ControlPlaneSpec) -> certs.KeyIssuer:
    paths = plan.paths
    return certs.issue(paths.certs, address=plan.address, port=plan.api_port, context=paths.context)


def _ports() -> tuple[int, int, int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(3)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        first, second, third = (int(each.getsockname()[1]) for each in sockets)
    return first, second, third
