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
from tests.cluster.lab.paths import LabPaths, cache

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=[machine.CONTROL_PLANE, machine.NODE])
def kind(request: pytest.FixtureRequest, cluster: Cluster) -> str:
    if cluster.lab is None:
        pytest.skip("The cluster is not ours, so there may be no Go.")
    kind: str = request.param
    lacks = machine.inspect(cluster.lab.paths.cache).lacks_for_node
    if kind == machine.NODE and lacks:
        absent("; ".join(lacks))
    return kind


@pytest.fixture
def paths(kind: str) -> Iterator[LabPaths]:
    paths = LabPaths(f"cleanup-{kind}-{os.getpid()}", cache(os.environ))
    yield paths
    lifecycle.down(paths)
    for left in paths.home.parent.glob(f"{paths.name}.*"):
        left.unlink()


def command(paths: LabPaths, kind: str, *action: str) -> tuple[list[str], dict[str, str]]:
    environ = {**os.environ, "ALLSWELL_LAB": paths.name, "CLUSTER": kind}
    return [sys.executable, "-m", "tests.cluster.lab", *action], environ


@contextlib.contextmanager
def running(paths: LabPaths, kind: str, *action: str) -> Iterator[subprocess.Popen[bytes]]:
    words, environ = command(paths, kind, *action)
    with subprocess.Popen(words, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL) as run:
        try:
            yield run
        finally:
            run.kill()


def finished(paths: LabPaths, kind: str, *action: str) -> int:
    words, environ = command(paths, kind, *action)
    done = subprocess.run(words, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, check=False)
    return done.returncode


def inside(paths: LabPaths) -> set[processes.Process]:
    """Return all processes that name the lab's folder, or live in its namespace of processes."""
    init_process = namespaces.inner(paths).process
    namespace = Path(f"/proc/{init_process.pid}/ns/pid").readlink() if init_process else None
    pids = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    found = {processes.find(pid) for pid in pids if belongs(pid, str(paths.home), namespace)}
    return {process for process in found if process}


def belongs(pid: int, home: str, namespace: Path | None) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        return home in command or Path(f"/proc/{pid}/ns/pid").readlink() == namespace
    except OSError:
        return False


def remains(paths: LabPaths, before: set[processes.Process], interface: str) -> list[str]:
    """Name whatever is left of a lab."""
    alive = [f"process {p.pid}" for p in before | inside(paths) if processes.is_alive(p)]
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    mounted = [line for line in mounts if str(paths.home) in line]
    wires = [interface] if interface and Path("/sys/class/net", interface).exists() else []
    folders = [str(paths.home)] if paths.home.exists() else []
    return [*alive, *mounted, *wires, *map(str, cgroups.branches(paths)), *folders]


def interface(paths: LabPaths) -> str:
    return paths.link.read_text(encoding="utf-8") if paths.link.exists() else ""


def begun(paths: LabPaths) -> bool:
    return (paths.run / "kube-apiserver.stat").exists()


def test_what_a_killed_run_has_left_is_removed_by_the_next(paths: LabPaths, kind: str) -> None:
    with running(paths, kind, "up"):
        wait_until(lambda: begun(paths), what="the API server was started", limit=60)
    left, link = inside(paths), interface(paths)
    assert len(left) >= 2
    assert finished(paths, kind, "up") == 0
    assert [p for p in left if processes.is_alive(p)] == []
    left, link = inside(paths), interface(paths)
    assert finished(paths, kind, "down") == 0
    assert remains(paths, left, link) == []


def test_an_interrupted_run_undoes_what_it_has_begun(paths: LabPaths, kind: str) -> None:
    with running(paths, kind, "up") as run:
        wait_until(lambda: begun(paths), what="the API server was started", limit=60)
        left, link = inside(paths), interface(paths)
        run.send_signal(signal.SIGTERM)
        assert run.wait() == 130
    assert remains(paths, left, link) == []


@pytest.mark.parametrize("kind", [machine.CONTROL_PLANE], indirect=True)
def test_the_lab_of_a_killed_test_run_does_not_stay_for_good(paths: LabPaths, kind: str) -> None:
    with running(paths, kind, "test", "tests/cluster/test_lab.py"):
        wait_until(paths.facts.exists, what="the lab is up", limit=60)
    left = inside(paths)
    assert finished(paths, kind, "test", "tests/cluster/test_lab.py", "-k", "version") == 0
    assert remains(paths, left, "") == []


@pytest.mark.parametrize("kind", [machine.CONTROL_PLANE], indirect=True)
def test_a_lab_that_has_lost_a_part_is_made_anew(paths: LabPaths, kind: str) -> None:
    assert finished(paths, kind, "up") == 0
    made = lifecycle.find(paths)
    assert made is not None
    made.daemon("kube-scheduler").stop()
    left = inside(paths)
    assert finished(paths, kind, "up") == 0
    assert [p for p in left if processes.is_alive(p)] == []
