"""Test what becomes of a change of state when the collector or its database is away or old."""

import asyncio
from pathlib import Path

import pytest

from allswell.domain.state import State
from tests.central_database import Central
from tests.simulation.target import Outage
from tests.simulation.world import DAY, HOUR, MINUTE, CheckerProcess, World

OUTAGE = Outage(20 * MINUTE, 50 * MINUTE)
UP_DOWN_UP = [State.UP, State.DOWN, State.UP]


def claimed_states(world: World) -> list[State]:
    """Return the states claimed, in order."""
    return [state for state, _ in world.states()]


def is_on_schedule(checker: CheckerProcess) -> bool:
    """Tell whether every check began when it was due."""
    tally = checker.running.monitor_tasks.runner.counters
    return tally.late_sum < 0.001 and tally.skipped == 0


def test_a_collector_that_dies_between_commit_and_answer_doubles_nothing(
    both: Central, tmp_path: Path
) -> None:
    world = World(both, tmp_path, OUTAGE)

    async def story() -> None:
        checker = await world.check()
        collector = world.collect()
        await world.until(10 * MINUTE)
        for _ in range(2):
            collector.dies_before_answering = "/v1/report"
            await collector.ended.wait()
            await asyncio.sleep(20)
            collector = world.collect()
        await world.until(70 * MINUTE)
        assert checker.store.counts().undelivered == 0
        await checker.stop()

    world.run(story())
    assert claimed_states(world) == UP_DOWN_UP
    assert world.counts()["transition"] == 3
    assert world.unseen() == []


@pytest.mark.parametrize("away", ["collector", "database"])
def test_an_hour_without_a_collector_delays_no_check_and_loses_nothing(
    both: Central, tmp_path: Path, away: str
) -> None:
    blips = [Outage(minute * MINUTE, (minute + 4) * MINUTE) for minute in (25, 35, 45, 55)]
    world = World(both, tmp_path, *blips)

    async def story() -> None:
        collector = world.collect()
        checker = await world.check()
        await world.until(15 * MINUTE)
        if away == "collector":
            collector.kill()
        world.database_is_away = away == "database"
        await world.until(75 * MINUTE)
        assert checker.store.counts().undelivered == 8
        world.database_is_away = False
        assert world.observed_through() <= 15 * MINUTE
        assert {each.state for each in world.shown(16 * MINUTE)} == {State.UNKNOWN}
        if away == "collector":
            world.collect()
        await world.until(77 * MINUTE)
        assert checker.store.counts().undelivered == 0
        assert is_on_schedule(checker)
        await checker.stop()

    world.run(story())
    assert claimed_states(world) == [State.UP, *[State.DOWN, State.UP] * 4]
    sinces = [claim.since for claim in world.claims()]
    assert sinces == sorted(sinces)
    assert world.unseen() == []
    for number, blip in enumerate(blips):
        assert blip.start <= world.states()[2 * number + 1][1] <= blip.start + MINUTE


def test_late_evidence_corrects_the_page(both: Central, tmp_path: Path) -> None:
    """Test a cut network: the collector goes on and says unknown, until the checker can report."""
    world = World(both, tmp_path, OUTAGE)

    async def story() -> None:
        world.collect()
        checker = await world.check()
        await world.until(10 * MINUTE)
        checker.network.is_cut = True
        await world.until(60 * MINUTE)
        assert world.present() is State.UNKNOWN
        checker.network.is_cut = False
        await world.until(65 * MINUTE)
        assert world.unseen() == []
        await checker.stop()

    world.run(story())
    assert claimed_states(world) == UP_DOWN_UP
    down = world.uptime(0, 64 * MINUTE).down
    assert down == pytest.approx((OUTAGE.end - OUTAGE.start) * 1000, abs=MINUTE * 1000)


def test_a_frozen_collector_states_nothing_later_than_its_last_look(
    central: Central, tmp_path: Path
) -> None:
    world = World(central, tmp_path)

    async def story() -> None:
        collector = world.collect()
        checker = await world.check()
        await world.until(10 * MINUTE)
        collector.freeze()
        await world.until(20 * MINUTE)
        assert 9 * MINUTE < world.observed_through() <= 10 * MINUTE
        assert world.present() is State.UNKNOWN
        collector.thaw()
        await asyncio.sleep(20)
        assert world.unseen() == []
        await world.until(25 * MINUTE)
        assert world.observed_through() > 24 * MINUTE
        assert world.present() is State.UP
        assert world.unseen() == []
        await checker.stop()

    world.run(story())


def test_a_gap_that_ends_while_the_database_is_away_is_noted(
    central: Central, tmp_path: Path
) -> None:
    world = World(central, tmp_path)

    async def story() -> None:
        world.collect()
        checker = await world.check()
        await world.until(10 * MINUTE)
        world.database_is_away = True
        await world.until(20 * MINUTE)
        await checker.kill()
        last = checker.probe.checks[-1]
        await world.until(40 * MINUTE)
        await checker.start()
        await world.until(50 * MINUTE)
        world.database_is_away = False
        await world.until(55 * MINUTE)
        assert world.unseen() == [
            (pytest.approx(last + 3 * MINUTE, abs=0.1), pytest.approx(40 * MINUTE, abs=MINUTE))
        ]
        await checker.stop()

    world.run(story())


def test_all_of_one_machine_off_is_a_gap_from_the_last_look_to_the_first_check(
    central: Central, tmp_path: Path
) -> None:
    world = World(central, tmp_path)

    async def story() -> None:
        collector = world.collect()
        checker = await world.check()
        await world.until(10 * MINUTE)
        collector.kill()
        await checker.kill()
        through = world.observed_through()
        await world.until(40 * MINUTE)
        world.collect()
        await checker.start()
        await world.until(50 * MINUTE)
        first = min(at for at in checker.probe.checks if at > 40 * MINUTE)
        assert world.unseen() == [(pytest.approx(through, abs=0.1), pytest.approx(first, abs=0.1))]
        await checker.stop()

    world.run(story())


def test_a_collector_that_restarts_alone_leaves_no_gap(central: Central, tmp_path: Path) -> None:
    world = World(central, tmp_path)

    async def story() -> None:
        collector = world.collect()
        checker = await world.check()
        for minute in (10, 20, 30):
            await world.until(minute * MINUTE)
            collector.kill()
            await asyncio.sleep(minute * 6)
            collector = world.collect()
        await world.until(HOUR)
        assert world.unseen() == []
        assert world.present() is State.UP
        await checker.stop()

    world.run(story())


def test_one_dead_checker_keeps_the_page_from_having_a_present_for_90_seconds_only(
    central: Central, tmp_path: Path
) -> None:
    world = World(central, tmp_path, interval=DAY)

    async def story() -> None:
        collector = world.collect()
        checker = await world.check()
        await world.until(10 * MINUTE)
        await checker.kill()
        collector.kill()
        await world.until(20 * MINUTE)
        world.collect()
        await asyncio.sleep(80)
        assert world.observed_through() <= 10 * MINUTE
        await asyncio.sleep(30)
        assert world.observed_through() > 21 * MINUTE
        assert world.present() is State.UNKNOWN

    world.run(story())


def test_a_monitor_whose_checker_never_spoke_holds_nobody_up(
    central: Central, tmp_path: Path
) -> None:
    world = World(central, tmp_path)

    async def story() -> None:
        world.collect()
        await world.until(5 * MINUTE)
        assert world.observed_through() > 4 * MINUTE
        assert world.unseen() == []
        assert [each.state for each in world.shown()] == [State.UNKNOWN]

    world.run(story())
