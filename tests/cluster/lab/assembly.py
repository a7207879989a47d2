"""Puts the parts of a lab together, in order: walls, wire, keys, control plane, node."""

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
from tests.cluster.lab.places import Places

LOOPBACK = network.Wire("lo", "127.0.0.1", "127.0.0.1")


def control_plane(places: Places, programs: Path) -> network.Wire:
    """Start a control plane on loopback."""
    places.make()
    plan = controlplane.Plan(places, programs / "kubernetes", LOOPBACK.node, _ports())
    _issue(plan)
    controlplane.define(plan)
    with progress.step("Starting the control plane"):
        controlplane.start(plan)
    return LOOPBACK


def with_node(places: Places, programs: Path) -> network.Wire:
    """Start a control plane and a node; return the wire between the machine and the node."""
    archives = [images.pause(programs, places.cache), images.base(places.cache)]
    places.make()
    with progress.step("Starting the control plane"):
        made = _walled(places, programs)
        controlplane.start(made.plan)
    with progress.step("Starting the node"):
        node.start_containerd(made, archives)
        node.start(made)
        dns.start(made)
        volumes.start(made)
    return made.wire


def _walled(places: Places, programs: Path) -> node.Node:
    pid = namespaces.start(places)
    enter = namespaces.enter(pid)
    with artefacts.alone(places.cache / "labs" / "wires.lock"):
        wire = network.free(network.known())
        network.connect(wire, pid, enter, places.wire)
    cgroups.make(places)
    plan = controlplane.Plan(places, programs / "kubernetes", wire.node, _ports(), enter)
    made = node.Node(plan, wire, cgroups.name(places))
    controlplane.define(plan)
    node.define(made, _issue(plan))
    dns.define(made)
    volumes.define(made)
    return made


def _issue(plan: controlplane.Plan) -> certs.Desk:
    places = plan.places
    return certs.issue(
        places.certs, address=plan.address, port=plan.api_port, context=places.context
    )


def _ports() -> tuple[int, int, int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(3)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        first, second, third = (int(each.getsockname()[1]) for each in sockets)
    return first, second, third
