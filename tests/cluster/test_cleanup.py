"""A lab leaves nothing behind, however it ends. These tests bring up labs of their own."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.conftest import absent
from tests.cluster.lab import cgroups, lifecycle, machine, namespaces, processes
from tests.cluster.lab.places import Places, cache

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=[machine.CONTROL_PLANE, machine.NODE])
def kind(request: pytest.FixtureRequest, cluster: Cluster) -> str:
    if cluster.lab is None:
        pytest.skip("The cluster is not ours, so there may be no Go.")
    kind: str = request.param
    lacks = machine.look(cluster.lab.places.cache).lacks_for_node
    if kind == machine.NODE and lacks:
        absent("; ".join(lacks))
    return kind


@pytest.fixture
def places(kind: str) -> Iterator[Places]:
    places = Places(f"cleanup-{kind}-{os.getpid()}", cache(os.environ))
    yield places
    lifecycle.down(places)
    for left in places.home.parent.glob(f"{places.name}.*"):
        left.unlink()


def command(places: Places, kind: str, *action: str) -> tuple[list[str], dict[str, str]]:
    environ = {**os.environ, "ALLSWELL_LAB": places.name, "CLUSTER": kind}
    return [sys.executable, "-m", "tests.cluster.lab", *action], environ


@contextlib.contextmanager
def running(places: Places, kind: str, *action: str) -> Iterator[subprocess.Popen[bytes]]:
    words, environ = command(places, kind, *action)
    with subprocess.Popen(words, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL) as run:
        try:
            yield run
        finally:
            run.kill()


def finished(places: Places, kind: str, *action: str) -> int:
    words, environ = command(places, kind, *action)
    done = subprocess.run(words, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, check=False)
    return done.returncode


def inside(places: Places) -> set[processes.Process]:
    """All processes that name the lab's folder, or live in its namespace of processes."""
    holder = namespaces.inner(places).process
    wall = Path(f"/proc/{holder.pid}/ns/pid").readlink() if holder else None
    pids = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    found = {processes.find(pid) for pid in pids if belongs(pid, str(places.home), wall)}
    return {process for process in found if process}


def belongs(pid: int, home: str, wall: Path | None) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        return home in command or Path(f"/proc/{pid}/ns/pid").readlink() == wall
    except OSError:
        return False


def remains(places: Places, before: set[processes.Process], interface: str) -> list[str]:
    """Name whatever is left of a lab."""
    alive = [f"process {p.pid}" for p in before | inside(places) if processes.is_alive(p)]
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    mounted = [line for line in mounts if str(places.home) in line]
    wires = [interface] if interface and Path("/sys/class/net", interface).exists() else []
    folders = [str(places.home)] if places.home.exists() else []
    return [*alive, *mounted, *wires, *map(str, cgroups.branches(places)), *folders]


def interface(places: Places) -> str:
    return places.wire.read_text(encoding="utf-8") if places.wire.exists() else ""


def begun(places: Places) -> bool:
    return (places.run / "kube-apiserver.stat").exists()


def test_what_a_killed_run_has_left_is_removed_by_the_next(places: Places, kind: str) -> None:
    with running(places, kind, "up"):
        wait_until(lambda: begun(places), what="the API server was started", limit=60)
    left, wire = inside(places), interface(places)
    assert len(left) >= 2
    assert finished(places, kind, "up") == 0
    assert [p for p in left if processes.is_alive(p)] == []
    left, wire = inside(places), interface(places)
    assert finished(places, kind, "down") == 0
    assert remains(places, left, wire) == []


def test_an_interrupted_run_undoes_what_it_has_begun(places: Places, kind: str) -> None:
    with running(places, kind, "up") as run:
        wait_until(lambda: begun(places), what="the API server was started", limit=60)
        left, wire = inside(places), interface(places)
        run.send_signal(signal.SIGTERM)
        assert run.wait() == 130
    assert remains(places, left, wire) == []


@pytest.mark.parametrize("kind", [machine.CONTROL_PLANE], indirect=True)
def test_the_lab_of_a_killed_test_run_does_not_stay_for_good(places: Places, kind: str) -> None:
    with running(places, kind, "test", "tests/cluster/test_lab.py"):
        wait_until(places.facts.exists, what="the lab is up", limit=60)
    left = inside(places)
    assert finished(places, kind, "test", "tests/cluster/test_lab.py", "-k", "version") == 0
    assert remains(places, left, "") == []


@pytest.mark.parametrize("kind", [machine.CONTROL_PLANE], indirect=True)
def test_a_lab_that_has_lost_a_part_is_made_anew(places: Places, kind: str) -> None:
    assert finished(places, kind, "up") == 0
    made = lifecycle.find(places)
    assert made is not None
    made.daemon("kube-scheduler").stop()
    left = inside(places)
    assert finished(places, kind, "up") == 0
    assert [p for p in left if processes.is_alive(p)] == []
