"""Two labs that start at once on a machine without any cache make what they need between them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cluster.cluster_access import Cluster
from tests.cluster.conftest import absent
from tests.cluster.lab import build, lifecycle, machine
from tests.cluster.lab.paths import LabPaths, cache

ROOT = Path(__file__).parents[2]
NAMES = ("first", "second")


@pytest.fixture
def environ(cluster: Cluster, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Yield an environment with an empty cache, but for what Go's compiler keeps of its own."""
    if cluster.lab is None:
        pytest.skip("The cluster is not ours, so there may be no Go.")
    if lacks := machine.inspect(cluster.lab.paths.cache).lacks_for_node:
        absent("; ".join(lacks))
    go = build.go()
    assert go is not None
    asked = subprocess.run([go, "env", "GOCACHE"], capture_output=True, text=True, check=True)
    made = {
        **os.environ,
        "XDG_CACHE_HOME": str(tmp_path),
        "GOCACHE": asked.stdout.strip(),
        "CLUSTER": machine.NODE,
    }
    yield made
    for name in NAMES:
        lifecycle.down(LabPaths(name, cache(made)))
    shutil.rmtree(cache(made))


def started(environ: dict[str, str], name: str, log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.cluster.lab", "up"]
    with log.open("wb") as out:
        named = {**environ, "ALLSWELL_LAB": name}
        return subprocess.Popen(command, cwd=ROOT, env=named, stdout=out, stderr=out)


@pytest.mark.timeout(2400)
def test_two_labs_come_up_at_once_on_an_empty_cache(
    environ: dict[str, str], tmp_path: Path
) -> None:
    logs = [tmp_path / f"{name}.log" for name in NAMES]
    with ExitStack() as ends:
        labs = [
            ends.enter_context(started(environ, name, log))
            for name, log in zip(NAMES, logs, strict=True)
        ]
        ended = [lab.wait() for lab in labs]
    words = "".join(log.read_text() for log in logs)
    assert ended == [0, 0], words
    assert all(lifecycle.find(LabPaths(name, cache(environ))) for name in NAMES)
    made = [line for line in words.splitlines() if line.startswith(("Building", "Making"))]
    assert len(made) == len(set(made)), words
