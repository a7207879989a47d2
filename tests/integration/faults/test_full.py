"""Test a full volume of the checker: a small file system of its own, filled by a file.

Where none can be mounted, `tests/unit/store/test_pressure.py` still fills the file to its limit.
"""

import os
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from allswell.domain.state import State
from tests.integration.faults import installation
from tests.integration.faults.fork_server import ForkServer
from tests.integration.faults.installation import SECOND, Installation
from tests.integration.faults.target import Target

pytestmark = pytest.mark.integration

SIZE = 8 * 2**20
CHANGES = 8


@pytest.fixture(name="volume")
def _volume(tmp_path: Path) -> Iterator[Path]:
    """Yield a file system of 8 MiB."""
    folder = tmp_path / "volume"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "allswell-test", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a small file system can be mounted only by root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(file: Path) -> None:
    """Write until nothing more fits."""
    with file.open("wb", buffering=0) as out, suppress(OSError):
        while out.write(b"x" * 4096):
            pass


def free(volume: Path) -> int:
    """Return the bytes that are left."""
    running = os.statvfs(volume)
    return running.f_bavail * running.f_frsize


def metric(port: int, name: str) -> float:
    """Return a metric of the checker."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    match = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
    assert match is not None, text
    return float(match[1])


def change(running: Installation, target: Target, times: int) -> bool:
    """Break and repair so many times, each as soon as the last is known; False when one is not."""
    return all(change_once(running, target) for _ in range(times))


def change_once(running: Installation, target: Target) -> bool:
    """Break or repair, and wait until the collector knows it."""
    known = len(running.states("default", "api"))
    target.change("api", good=not target.endpoint("api").good)
    return installation.wait_until(10, lambda: len(running.states("default", "api")) == known + 1)


def test_with_a_full_volume_checks_go_on_and_changes_are_reported(
    fork_server: ForkServer, target: Target, tmp_path: Path, volume: Path
) -> None:
    with installation.opened(tmp_path / "installation", fork_server) as running:
        running.register("default", [installation.monitor("api", target.url("api"))])
        central, port = running.start_collector(), installation.free_port()
        checker = running.start_checker("default", volume, port)
        assert installation.wait_until(
            15, lambda: running.states("default", "api") == [State.UP]
        ), running.log()
        full = target.change("api", good=True)
        fill(volume / "filler")
        assert free(volume) == 0
        assert change(running, target, CHANGES), running.log()
        assert installation.wait_until(15, lambda: metric(port, "allswell_checker_pressed") == 1)
        assert "store: almost full" in running.log()
        (volume / "filler").unlink()
        healed = target.change("api", good=target.endpoint("api").good)
        assert target.endpoint("api").longest_gap(full, healed) <= 2 * SECOND
        assert installation.wait_until(15, lambda: metric(port, "allswell_checker_pressed") == 0), (
            running.log()
        )
        assert metric(port, "allswell_checker_trouble") == 0
        assert "store: there is room again" in running.log()
        assert change(running, target, 2), running.log()
        states = running.states("default", "api")
        assert states == [State.UP, State.DOWN] * (len(states) // 2) + [State.UP]
        assert len(states) == 1 + CHANGES + 2
        assert checker.stop() == 0, running.log()
        assert central.stop() == 0, running.log()
