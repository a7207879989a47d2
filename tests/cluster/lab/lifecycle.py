"""Bring a lab up and down; each is one call that holds the lab's lock."""

import json
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests import artefacts, progress
from tests.cluster.lab import (
    assembly,
    build,
    cleanup,
    dns,
    images,
    machine,
    namespaces,
    processes,
)
from tests.cluster.lab.paths import LabPaths
from tests.cluster.lab.processes import Daemon, Failed


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab that is up.

    ``machine_address`` is where pods find what a test serves (a test that serves for them listens
    there); ``node_address`` is where a test finds node ports. Both are loopback without a node.
    """

    paths: LabPaths
    kind: str
    programs: Path
    machine_address: str
    node_address: str

    @property
    def has_node(self) -> bool:
        """Tell whether pods run."""
        return self.kind == machine.NODE

    @property
    def is_whole(self) -> bool:
        """Tell whether all of its programs run."""
        return all(daemon.process for daemon in self.daemons())

    def daemons(self) -> list[Daemon]:
        """Return all of its programs."""
        return processes.daemons(self.paths.run, self.paths.logs)

    def daemon(self, name: str) -> Daemon:
        """Return one of its programs, to be stopped and started again by a test."""
        return Daemon(name, self.paths.run, self.paths.logs)

    def mend(self) -> None:
        """Start again whatever a test has stopped."""
        for daemon in self.daemons():
            daemon.start()

    def name(self, address: str, *names: str) -> None:
        """Let pods resolve names to an address, within two seconds and until the lab's end."""
        with dns.hosts(self.paths.data).open("a", encoding="utf-8") as file:
            file.write(f"{address} {' '.join(names)}\n")

    def inside(self) -> tuple[str, ...]:
        """Return what to put before a command to run it among the node's daemons."""
        if (init_process := namespaces.inner(self.paths).process) is None:
            raise Failed("this lab has no node")
        return namespaces.enter(init_process.pid)

    def load(self, *archives: Path) -> None:
        """Give the node images, each a file as `docker save` writes it."""
        images.load(archives, self.inside())


def find(paths: LabPaths) -> Lab | None:
    """Return the lab if it is up."""
    if not paths.facts.exists():
        return None
    facts = json.loads(paths.facts.read_text(encoding="utf-8"))
    lab = Lab(paths, facts["kind"], Path(facts["programs"]), facts["machine"], facts["node"])
    return lab if lab.daemon("etcd").process else None


def up(paths: LabPaths, choice: machine.Choice) -> Lab:
    """Bring the lab up; one that is up already and whole is taken as it is."""
    programs = build.programs(paths.cache)
    with artefacts.alone(paths.lock):
        if (lab := find(paths)) is not None and lab.kind == choice.kind and lab.is_whole:
            return lab
        _say_removed(cleanup.clean(paths))
        with ExitStack() as undo:
            undo.callback(cleanup.clean, paths)
            lab = _make(paths, choice.kind, programs)
            undo.pop_all()
        return lab


def _say_removed(ended: Sequence[str]) -> None:
    if ended:
        progress.say(f"Removed the remains of an earlier lab: {', '.join(ended)}")


def _make(paths: LabPaths, kind: str, programs: Path) -> Lab:
    make = assembly.with_node if kind == machine.NODE else assembly.control_plane
    link = make(paths, programs)
    facts = {"kind": kind, "programs": str(programs), "machine": link.machine, "node": link.node}
    lab = Lab(paths, kind, programs, link.machine, link.node)
    for daemon in lab.daemons():
        if daemon.process is None:
            raise Failed(f"{daemon.name} has ended ({daemon.log}):\n{daemon.last_log_lines()}")
    paths.facts.write_text(json.dumps(facts), encoding="utf-8")
    return lab


def keep_logs(paths: LabPaths, target: Path) -> None:
    """Copy the daemons' logs to where the lab's end does not reach."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(paths.logs, target)


def down(paths: LabPaths) -> list[str]:
    """Take the lab down; return the names of what was running."""
    with artefacts.alone(paths.lock):
        return cleanup.clean(paths)


def describe(lab: Lab) -> str:
    """Say how to use it from a shell."""
    return f"export KUBECONFIG={lab.paths.kubeconfig} PATH={lab.programs}:$PATH"
