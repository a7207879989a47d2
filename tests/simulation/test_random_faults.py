"""Lose, repeat and kill: after a quiet time the collector knows what the target did."""

import asyncio
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from allswell.domain.state import State
from tests import central_database, thoroughness
from tests.simulation.conftest import do_not_sync
from tests.simulation.target import Outage
from tests.simulation.world import MINUTE, CheckerProcess, World

INTERVAL = 30.0
END = 90 * MINUTE
FAULTS = ("kill checker", "stop checker", "kill collector", "cut network", "database away")

durations = st.tuples(st.integers(4, 12), st.integers(4, 8))
faults = st.lists(st.tuples(st.floats(60, END - 600), st.sampled_from(FAULTS)), max_size=8)


def outages(lengths: list[tuple[int, int]]) -> list[Outage]:
    """Build outages from good and bad times in minutes, long enough that no restart hides one."""
    at, built = 0.0, []
    for good, bad in lengths:
        start = at + good * MINUTE
        at = start + bad * MINUTE
        built.append(Outage(start, at))
    return [each for each in built if each.end < END - 10 * MINUTE]


@pytest.mark.timeout(600)
@settings(
    max_examples=thoroughness.of(25), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(durations, min_size=1, max_size=5).map(outages), faults, st.integers(0, 2**32))
def test_no_change_is_lost_and_none_doubled_whatever_fails(
    template: Path,
    history: list[Outage],
    planned: list[tuple[float, str]],
    seed: int,
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with central_database.opened(central_database.copied(template, folder)) as central:
            event.listen(central.engine, "connect", do_not_sync)
            world = World(central, folder, *history, interval=INTERVAL)
            world.run(_story(world, sorted(planned), random.Random(seed)))
            _check_transitions(world, history)


async def _story(world: World, planned: list[tuple[float, str]], chance: random.Random) -> None:
    world.collect()
    checker = await world.check()
    checker.network.loses_request = lambda: chance.random() < 0.2
    checker.network.loses_answer = lambda: chance.random() < 0.2
    for second, fault in planned:
        await world.until(second)
        await _inject(world, checker, fault)
    checker.network.loses_request = checker.network.loses_answer = lambda: False
    await world.until(END + 10 * MINUTE)
    assert checker.store.counts().undelivered == 0
    assert checker.store.counts().dead == 0
    assert world.present() is State.UP
    await checker.stop()


async def _inject(world: World, checker: CheckerProcess, fault: str) -> None:
    if fault == "kill checker":
        await checker.kill()
        await asyncio.sleep(15)
        await checker.start()
    elif fault == "stop checker":
        await checker.stop()
        await checker.start()
    elif fault == "kill collector" and world.collector is not None:
        world.collector.kill()
        await asyncio.sleep(40)
        world.collect()
    else:
        checker.network.is_cut = fault == "cut network"
        world.database_is_away = fault == "database away"
        await asyncio.sleep(120)
        checker.network.is_cut = world.database_is_away = False


def _check_transitions(world: World, history: list[Outage]) -> None:
    known = world.states()
    expected = [State.UP, *[State.DOWN, State.UP] * len(history)]
    assert [each for each, _ in known] == expected
    assert world.counts()["transition"] == len(expected)
    for number, outage in enumerate(history):
        down, up = known[2 * number + 1][1], known[2 * number + 2][1]
        # Within one interval, and one more for the restart that may have been then.
        assert outage.start <= down <= outage.start + 2 * INTERVAL + 15
        assert outage.end <= up <= outage.end + 2 * INTERVAL + 15
