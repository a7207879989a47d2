"""Test that processes killed at random lose no change of state and double none.

The target knows what it did. It keeps a state until that must be known whatever was killed: until
as many results as it takes were answered long enough before the next kill.
"""

import os
import random
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests import thoroughness
from tests.integration.faults import installation, killed_checker
from tests.integration.faults.collector_process import CrashPlan
from tests.integration.faults.fork_server import ForkServer
from tests.integration.faults.installation import Installation, Pace
from tests.integration.faults.killed_checker import Comparison, KilledChecker, TargetFlipper
from tests.integration.faults.target import Target

pytestmark = pytest.mark.integration

SEED = int(os.environ.get("ALLSWELL_SEED", "20261123"))
CHECKERS = 10
KILLS = thoroughness.of(210)
COLLECTORS = 5
DEATHS = thoroughness.of(200)


@contextmanager
def flipping(checkers: Sequence[KilledChecker], chance: random.Random) -> Iterator[None]:
    """Break and repair the target meanwhile."""
    flipper = TargetFlipper(checkers, chance)
    thread = threading.Thread(target=flipper.run)
    thread.start()
    try:
        yield
    finally:
        flipper.is_over = True
        thread.join(10)


def compare_all(checkers: Sequence[KilledChecker]) -> list[Comparison]:
    """Return the comparisons of all monitors."""
    return [
        killed_checker.compare(checker, monitor)
        for checker in checkers
        for monitor in checker.monitors
    ]


def summary(kind: str, kills: int, comparisons: Sequence[Comparison]) -> str:
    """Return one line for whoever reads the test's output."""
    changes = sum(comparison.transitions for comparison in comparisons)
    lost = sum(comparison.lost for comparison in comparisons)
    doubled = sum(comparison.doubled for comparison in comparisons)
    counts = f"{changes} changes, {lost} lost, {doubled} doubled"
    return f"seed {SEED}: {kills} kills of the {kind}, {counts}"


def test_a_checker_killed_again_and_again_reports_every_change_once(
    fork_server: ForkServer, target: Target, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    with installation.opened(tmp_path / "installation", fork_server) as running:
        names = [f"checker{number}" for number in range(CHECKERS)]
        checkers = [
            KilledChecker.make(running, target, name, random.Random(chance.random()))
            for name in names
        ]
        collector = running.start_collector()
        with flipping(checkers, chance), ThreadPoolExecutor(CHECKERS) as threads:
            list(threads.map(lambda checker: checker.kill_often(KILLS // CHECKERS), checkers))
        with ThreadPoolExecutor(CHECKERS) as threads:
            list(threads.map(KilledChecker.stop_cleanly, checkers))
        assert collector.stop() == 0, running.log()
        comparisons, kills = compare_all(checkers), sum(len(checker.kills) for checker in checkers)
        print(summary("checker", kills, comparisons))
        assert [wrong for comparison in comparisons for wrong in comparison.wrong] == []
        assert kills >= thoroughness.of(200)
        assert all(comparison.transitions for comparison in comparisons)
        assert sum(comparison.transitions for comparison in comparisons) >= thoroughness.of(50)
        lost = [
            away
            for checker in checkers
            for it in checker.monitors
            for away in checker.lost_results(it)
        ]
        print(f"{len(lost)} results lost, within {max(lost, default=None)} of a kill")
        assert all(away <= killed_checker.A_CHECK for away in lost)


@dataclass(slots=True)
class RestartedCollector:
    """A collector that is started again whenever it has killed itself, until it is over."""

    running: Installation
    chance: random.Random
    deaths: list[int] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Keep one running; the last one is ended by us."""
        while not self.over.is_set():
            process = self.running.start_collector(CrashPlan(self.chance.randrange(2**32), 0.9))
            while (code := process.ended()) is None and not self.over.wait(0.05):
                pass
            if code is None:
                process.kill()
                return
            self.deaths.append(code)


def kill_often(checker: KilledChecker, chance: random.Random) -> int:
    """Let a collector take a checker's reports and crash on them; return how often it did."""
    restarted = RestartedCollector(checker.installation, chance)
    thread = threading.Thread(target=restarted.run)
    thread.start()
    try:
        process = checker.installation.start_checker(checker.namespace)
        with flipping([checker], chance):
            often = installation.wait_until(
                100, lambda: len(restarted.deaths) >= DEATHS // COLLECTORS
            )
        assert often, checker.installation.log()
        assert installation.wait_until(
            20, lambda: all(checker.is_known(monitor) for monitor in checker.monitors)
        )
    finally:
        restarted.over.set()
        thread.join(20)
    collector = checker.installation.start_collector()
    assert installation.wait_until(20, checker.is_reported), checker.installation.log()
    assert process.stop() == 0, checker.installation.log()
    assert collector.stop() == 0, checker.installation.log()
    assert set(restarted.deaths) == {-signal.SIGKILL}
    return len(restarted.deaths)


def test_a_collector_killed_between_commit_and_answer_takes_every_change_once(
    fork_server: ForkServer, target: Target, tmp_path: Path
) -> None:
    chance = random.Random(SEED + 1)
    # The first beat that arrives again ends every backoff, so quick beats save time.
    pace = Pace(beat_every=installation.SECOND)
    with ExitStack() as stack, ThreadPoolExecutor(COLLECTORS) as threads:
        checkers, chances = [], [random.Random(chance.random()) for _ in range(COLLECTORS)]
        for number, own in enumerate(chances):
            folder = tmp_path / f"installation{number}"
            running = stack.enter_context(installation.opened(folder, fork_server, pace=pace))
            checkers.append(KilledChecker.make(running, target, f"checker{number}", own))
        deaths = sum(threads.map(kill_often, checkers, chances))
        comparisons = compare_all(checkers)
        print(summary("collector", deaths, comparisons))
        assert [wrong for comparison in comparisons for wrong in comparison.wrong] == []
        assert all(comparison.transitions for comparison in comparisons)
