"""Test `allswell up` under kills and signals."""

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.cli import up as ups
from tests.integration.cli.up import Up
from tests.integration.faults import installation
from tests.integration.faults.target import Target

pytestmark = pytest.mark.integration

UP, DOWN = "operational", "major_outage"


@pytest.fixture(name="file")
def _file(tmp_path: Path, target: Target) -> Path:
    """Write one monitor on one page."""
    file = tmp_path / "acme.yaml"
    ups.write(file, ups.monitor("api", target.url("api")), ups.page("acme", "Acme", "api"))
    return file


def descendants(pid: int) -> set[int]:
    """Return all descendants of a process."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(words[1])
    descendants = {pid}
    while (
        more := {child for child, parent in parents.items() if parent in descendants} - descendants
    ):
        descendants |= more
    return descendants - {pid}


def child(running: Up, name: str) -> int:
    """Return the PID of a program that `up` itself has started."""
    for pid in descendants(running.process.pid):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if name.encode() in words:
            return pid
    raise LookupError(name)


def reported(data: Path) -> list[str]:
    """Return the states in the central database, in order."""
    with closing(sqlite3.connect(data / "central.sqlite")) as central:
        query = "SELECT state FROM transition ORDER BY store_number, sequence"
        return [state for (state,) in central.execute(query)]


def undelivered(data: Path) -> int:
    """Return how many reports are in the outbox."""
    with closing(sqlite3.connect(data / "checkers/default/checker.sqlite")) as store:
        (count,) = store.execute("SELECT count(*) FROM outgoing WHERE state = 0").fetchone()
        return int(count)


def test_a_killed_web_server_comes_back_with_the_history(
    tmp_path: Path, file: Path, target: Target
) -> None:
    data = tmp_path / "data"
    with ups.up(tmp_path, file, "--data", data) as running:
        running.until(lambda: running.states()["api"] == UP, "the first check")
        os.kill(child(running, "page"), signal.SIGKILL)
        running.says("page exited")
        target.change("api", good=False)
        running.until(lambda: running.states()["api"] == DOWN, "the page with the outage")
        assert running.stop() == 0
    assert reported(data) == ["up", "down"]


def test_after_a_kill_nobody_is_left_and_the_next_start_goes_on(
    tmp_path: Path, file: Path, target: Target
) -> None:
    data = tmp_path / "data"
    with ups.up(tmp_path, file, "--data", data) as running:
        running.until(lambda: running.states()["api"] == UP, "the first check")
        below = descendants(running.process.pid)
        assert len(below) >= 2
        assert running.stop(signal.SIGKILL) == -signal.SIGKILL
    assert installation.wait_until(10, lambda: all(ups.is_gone(str(pid)) for pid in below))
    target.change("api", good=False)
    with ups.up(tmp_path, file, "--data", data) as running:
        running.until(lambda: running.states()["api"] == DOWN, "the outage")
        assert running.stop() == 0
    assert reported(data) == ["up", "down"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_clean_and_leaves_no_report_behind(
    tmp_path: Path, file: Path, target: Target, number: signal.Signals
) -> None:
    """Send the signal right after the check that found the outage."""
    data = tmp_path / "data"
    with ups.up(tmp_path, file, "--data", data) as running:
        running.until(lambda: running.states()["api"] == UP, "the first check")
        below = descendants(running.process.pid)
        target.change("api", good=False)
        assert target.wait_for_requests("api", len(target.endpoint("api").requests), 10)
        assert installation.wait_until(5, lambda: known(data) == 2)
        assert running.stop(number) == 0
    assert all(ups.is_gone(str(pid)) for pid in below)
    assert reported(data) == ["up", "down"]
    assert undelivered(data) == 0


def known(data: Path) -> int:
    """Return how many changes the checker has kept, reported or not."""
    with closing(sqlite3.connect(data / "checkers/default/checker.sqlite")) as store:
        (count,) = store.execute("SELECT count(*) FROM outgoing").fetchone()
        return int(count)
