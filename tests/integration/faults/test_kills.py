"""Processes that are killed at random lose no change of state and double none.

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

from tests.integration.faults import house, lane
from tests.integration.faults.collector import Fate
from tests.integration.faults.house import House, Pace
from tests.integration.faults.lane import Lane, Turner, Verdict
from tests.integration.faults.nursery import Nursery
from tests.integration.faults.target import Target

pytestmark = pytest.mark.integration

SEED = int(os.environ.get("ALLSWELL_SEED", "20261123"))
LANES = 10
KILLS = 210
COLLECTORS = 5
DEATHS = 200


@contextmanager
def turning(lanes: Sequence[Lane], lot: random.Random) -> Iterator[None]:
    """Break and heal the target meanwhile."""
    turner = Turner(lanes, lot)
    thread = threading.Thread(target=turner.run)
    thread.start()
    try:
        yield
    finally:
        turner.is_over = True
        thread.join(10)


def judged(lanes: Sequence[Lane]) -> list[Verdict]:
    """The verdicts of all monitors."""
    return [lane.compare(one, monitor) for one in lanes for monitor in one.monitors]


def figures(kind: str, kills: int, verdicts: Sequence[Verdict]) -> str:
    """One line for whoever reads the test's output."""
    turns = sum(verdict.transitions for verdict in verdicts)
    lost = sum(verdict.lost for verdict in verdicts)
    doubled = sum(verdict.doubled for verdict in verdicts)
    return (
        f"seed {SEED}: {kills} kills of the {kind}, {turns} turns, {lost} lost, {doubled} doubled"
    )


def test_a_checker_killed_two_hundred_times_reports_every_change_once(
    nursery: Nursery, target: Target, tmp_path: Path
) -> None:
    lot = random.Random(SEED)
    with house.opened(tmp_path / "house", nursery) as found:
        names = [f"lane{number}" for number in range(LANES)]
        lanes = [Lane.make(found, target, name, random.Random(lot.random())) for name in names]
        central = found.start_collector()
        with turning(lanes, lot), ThreadPoolExecutor(LANES) as threads:
            list(threads.map(lambda one: one.kill_often(KILLS // LANES), lanes))
        with ThreadPoolExecutor(LANES) as threads:
            list(threads.map(Lane.end_well, lanes))
        assert central.stop() == 0, found.log()
        verdicts, kills = judged(lanes), sum(len(one.kills) for one in lanes)
        print(figures("checker", kills, verdicts))
        assert [wrong for verdict in verdicts for wrong in verdict.wrong] == []
        assert kills >= 200
        assert all(verdict.transitions for verdict in verdicts)
        assert sum(verdict.transitions for verdict in verdicts) >= 50
        lost = [away for one in lanes for it in one.monitors for away in one.lost_results(it)]
        print(f"{len(lost)} results lost, within {max(lost, default=None)} of a kill")
        assert all(away <= lane.A_CHECK for away in lost)


@dataclass(slots=True)
class Reborn:
    """A collector that is started again whenever it has killed itself, until it is over."""

    found: House
    lot: random.Random
    deaths: list[int] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Keep one running; the last one is ended by us."""
        while not self.over.is_set():
            process = self.found.start_collector(Fate(self.lot.randrange(2**32), 0.9))
            while (code := process.ended()) is None and not self.over.wait(0.05):
                pass
            if code is None:
                process.kill()
                return
            self.deaths.append(code)


def die_often(one: Lane, lot: random.Random) -> int:
    """Let a collector of its own take a lane's reports and die of them; how often it did."""
    reborn = Reborn(one.house, lot)
    thread = threading.Thread(target=reborn.run)
    thread.start()
    try:
        checker = one.house.start_checker(one.namespace)
        with turning([one], lot):
            often = house.within(100, lambda: len(reborn.deaths) >= DEATHS // COLLECTORS)
        assert often, one.house.log()
        assert house.within(20, lambda: all(one.is_known(monitor) for monitor in one.monitors))
    finally:
        reborn.over.set()
        thread.join(20)
    central = one.house.start_collector()
    assert house.within(20, one.is_told), one.house.log()
    assert checker.stop() == 0, one.house.log()
    assert central.stop() == 0, one.house.log()
    assert set(reborn.deaths) == {-signal.SIGKILL}
    return len(reborn.deaths)


def test_a_collector_killed_between_commit_and_answer_takes_every_change_once(
    nursery: Nursery, target: Target, tmp_path: Path
) -> None:
    lot = random.Random(SEED + 1)
    # The first beat that arrives again ends every backoff, so quick beats save time.
    pace = Pace(beat_every=house.SECOND)
    with ExitStack() as stack, ThreadPoolExecutor(COLLECTORS) as threads:
        lanes, lots = [], [random.Random(lot.random()) for _ in range(COLLECTORS)]
        for number, own in enumerate(lots):
            folder = tmp_path / f"house{number}"
            found = stack.enter_context(house.opened(folder, nursery, pace=pace))
            lanes.append(Lane.make(found, target, f"lane{number}", own))
        deaths = sum(threads.map(die_often, lanes, lots))
        verdicts = judged(lanes)
        print(figures("collector", deaths, verdicts))
        assert [wrong for verdict in verdicts for wrong in verdict.wrong] == []
        assert all(verdict.transitions for verdict in verdicts)
