"""Brings a lab up and down; each is one call that holds the lab's lock."""

import json
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.lab import (
    build,
    certs,
    cgroups,
    cleanup,
    controlplane,
    images,
    machine,
    namespaces,
    network,
    node,
    processes,
    progress,
    volumes,
)
from tests.cluster.lab.places import Places
from tests.cluster.lab.processes import Daemon


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab that is up."""

    places: Places
    kind: str
    programs: Path

    @property
    def has_node(self) -> bool:
        """Whether pods run."""
        return self.kind == machine.NODE

    def daemons(self) -> list[Daemon]:
        """All of its programs."""
        return processes.daemons(self.places.run, self.places.logs)

    def daemon(self, name: str) -> Daemon:
        """One of its programs, to be stopped and started again by a test."""
        return Daemon(name, self.places.run, self.places.logs)


def find(places: Places) -> Lab | None:
    """Return the lab if it is up and whole."""
    if not places.facts.exists():
        return None
    facts = json.loads(places.facts.read_text(encoding="utf-8"))
    lab = Lab(places, facts["kind"], Path(facts["programs"]))
    return lab if lab.daemon("kube-apiserver").process else None


def up(places: Places, choice: machine.Choice) -> Lab:
    """Bring the lab up; one that is up already is taken as it is."""
    programs = build.programs(places.cache)
    with build.alone(places.lock):
        if (lab := find(places)) is not None and lab.kind == choice.kind:
            return lab
        if ended := cleanup.clean(places):
            progress.say(f"Removed the remains of an earlier lab: {', '.join(ended)}")
        with ExitStack() as undo:
            undo.callback(cleanup.clean, places)
            lab = _make(Lab(places, choice.kind, programs))
            undo.pop_all()
        return lab


def _make(lab: Lab) -> Lab:
    lab.places.make()
    if lab.has_node:
        _make_node(lab)
    else:
        plan = controlplane.Plan(lab.places, lab.programs / "kubernetes", "127.0.0.1", _ports())
        _issue(plan)
        controlplane.define(plan)
        with progress.step("Starting the control plane"):
            controlplane.start(plan)
    facts = {"kind": lab.kind, "programs": str(lab.programs)}
    lab.places.facts.write_text(json.dumps(facts), encoding="utf-8")
    return lab


def _make_node(lab: Lab) -> None:
    pause = images.pause(lab.programs, lab.places.cache)
    base = images.base(lab.places.cache)
    with progress.step("Starting the control plane"):
        made = _walled(lab)
        controlplane.start(made.plan)
    with progress.step("Starting the node"):
        node.start_containerd(made, [pause, base])
        node.start(made)
        volumes.start(made)


def _walled(lab: Lab) -> node.Node:
    places = lab.places
    wire = network.free(network.known())
    pid = namespaces.start(places)
    enter = namespaces.enter(pid)
    network.connect(wire, pid, enter, places.wire)
    cgroups.make(places.name)
    binary = lab.programs / "kubernetes"
    plan = controlplane.Plan(places, binary, wire.node, _ports(), enter)
    made = node.Node(plan, wire, cgroups.name(places.name))
    controlplane.define(plan)
    node.define(made, _issue(plan))
    volumes.define(made)
    return made


def _issue(plan: controlplane.Plan) -> certs.Desk:
    places = plan.places
    return certs.issue(
        places.certs, address=plan.address, port=plan.api_port, context=places.context
    )


def down(places: Places) -> list[str]:
    """Take the lab down; return the names of what was running."""
    with build.alone(places.lock):
        return cleanup.clean(places)


def _ports() -> tuple[int, int, int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(3)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        first, second, third = (int(each.getsockname()[1]) for each in sockets)
    return first, second, third


def describe(lab: Lab) -> str:
    """Say how to use it from a shell."""
    return f"export KUBECONFIG={lab.places.kubeconfig} PATH={lab.programs}:$PATH"
