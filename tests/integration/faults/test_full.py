"""The checker's volume is full: a small file system of its own, filled by a file.

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
from tests.integration.faults import house
from tests.integration.faults.house import SECOND, House
from tests.integration.faults.nursery import Nursery
from tests.integration.faults.target import Target

pytestmark = pytest.mark.integration

SIZE = 8 * 2**20
CHANGES = 8


@pytest.fixture(name="volume")
def _volume(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB."""
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
    """The bytes that are left."""
    found = os.statvfs(volume)
    return found.f_bavail * found.f_frsize


def metric(port: int, name: str) -> float:
    """A figure of the checker."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    match = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
    assert match is not None, text
    return float(match[1])


def change(found: House, target: Target, times: int) -> bool:
    """Break and heal so many times, each as soon as the last is known; False when one is not."""
    return all(turned(found, target) for _ in range(times))


def turned(found: House, target: Target) -> bool:
    """Break or heal, and wait until the collector knows it."""
    known = len(found.states("default", "api"))
    target.turn("api", good=not target.part("api").good)
    return house.within(10, lambda: len(found.states("default", "api")) == known + 1)


def test_with_a_full_volume_checks_go_on_and_changes_are_reported(
    nursery: Nursery, target: Target, tmp_path: Path, volume: Path
) -> None:
    with house.opened(tmp_path / "house", nursery) as found:
        found.register("default", [house.monitor("api", target.url("api"))])
        central, port = found.start_collector(), house.free_port()
        checker = found.start_checker("default", volume, port)
        assert house.within(15, lambda: found.states("default", "api") == [State.UP]), found.log()
        full = target.turn("api", good=True)
        fill(volume / "filler")
        assert free(volume) == 0
        assert change(found, target, CHANGES), found.log()
        assert house.within(15, lambda: metric(port, "allswell_checker_pressed") == 1)
        assert "store: almost full" in found.log()
        (volume / "filler").unlink()
        healed = target.turn("api", good=target.part("api").good)
        assert target.part("api").longest_gap(full, healed) <= 2 * SECOND
        assert house.within(15, lambda: metric(port, "allswell_checker_pressed") == 0), found.log()
        assert metric(port, "allswell_checker_trouble") == 0
        assert "store: there is room again" in found.log()
        assert change(found, target, 2), found.log()
        states = found.states("default", "api")
        assert states == [State.UP, State.DOWN] * (len(states) // 2) + [State.UP]
        assert len(states) == 1 + CHANGES + 2
        assert checker.stop() == 0, found.log()
        assert central.stop() == 0, found.log()
