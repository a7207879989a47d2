"""Test clocks that step, days that end, databases from a backup, reports that are never taken."""

import asyncio
import shutil
from pathlib import Path

import pytest

from allswell.checker.config import CheckerConfig
from allswell.domain import state
from allswell.domain.report import Transition
from allswell.domain.state import State
from tests import central_database
from tests.central_database import Central
from tests.simulation.target import Outage
from tests.simulation.world import DAY, HOUR, MINUTE, World

OUTAGE = Outage(90 * MINUTE, 110 * MINUTE)
UP_DOWN_UP = [State.UP, State.DOWN, State.UP]


def claimed_states(world: World) -> list[State]:
    """Return the states claimed, in order."""
    return [state for state, _ in world.states()]


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_a_checkers_clock_that_steps_by_an_hour_moves_no_outage(
    central: Central, tmp_path: Path, step: float
) -> None:
    world = World(central, tmp_path, OUTAGE, Outage(200 * MINUTE, 210 * MINUTE))

    async def story() -> None:
        world.collect()
        checker = await world.check()
        await world.until(60 * MINUTE)
        checker.wall.offset = step
        await world.until(150 * MINUTE)
        checker.wall.offset = 0
        await world.until(300 * MINUTE)
        assert world.present() is State.UP
        await checker.stop()

    world.run(story())
    assert claimed_states(world) == [*UP_DOWN_UP, State.DOWN, State.UP]
    for number, second in enumerate((90, 110, 200, 210), start=1):
        assert second * MINUTE <= world.states()[number][1] <= (second + 1) * MINUTE
    assert world.unseen() == []


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_a_collector_whose_clock_steps_by_an_hour_knows_the_present_again_in_two_minutes(
    central: Central, tmp_path: Path, step: float
) -> None:
    world = World(central, tmp_path, OUTAGE)

    async def story() -> None:
        world.collect()
        checker = await world.check()
        await world.until(60 * MINUTE)
        world.wall.offset = step
        await asyncio.sleep(2 * MINUTE)
        assert claimed_states(world) == [State.UP]
        assert [end for _, end in world.unseen() if end is None] == []
        await world.until(3 * HOUR)
        await checker.stop()

    world.run(story())
    assert claimed_states(world) == UP_DOWN_UP


def test_a_checker_that_dies_after_the_collectors_clock_was_set_back_is_noticed(
    central: Central, tmp_path: Path
) -> None:
    world = World(central, tmp_path)

    async def story() -> None:
        world.wall.offset = HOUR
        world.collect()
        checker = await world.check()
        await world.until(10 * MINUTE)
        world.wall.offset = 0
        await world.until(12 * MINUTE)
        await checker.kill()
        await world.until(20 * MINUTE)
        assert [end for _, end in world.unseen()][-1] is None

    world.run(story())


def test_an_outage_over_midnight_counts_on_both_days(both: Central, tmp_path: Path) -> None:
    midnight = 12 * HOUR
    world = World(both, tmp_path, Outage(midnight - 30 * MINUTE, midnight + 45 * MINUTE))

    async def story() -> None:
        world.collect(watch_every=60)
        checker = await world.check()
        await world.until(midnight + DAY + 30 * MINUTE)
        await checker.stop()

    world.run(story())
    first = world.uptime(midnight - DAY / 2, midnight).down / 1000
    second = world.uptime(midnight, midnight + DAY).down / 1000
    assert first == pytest.approx(30 * MINUTE, abs=MINUTE)
    assert second == pytest.approx(45 * MINUTE, abs=MINUTE)
    assert world.counts()["rollup"] == 2


def test_a_collector_restored_from_an_old_copy_is_sent_what_it_forgot(tmp_path: Path) -> None:
    central_database.migrated(f"sqlite:///{tmp_path / 'central.db'}")
    with central_database.opened(f"sqlite:///{tmp_path / 'central.db'}") as central:
        _restored(central, tmp_path)


def _restored(central: Central, folder: Path) -> None:
    midnight = 12 * HOUR
    world = World(central, folder, OUTAGE, Outage(14 * HOUR, 15 * HOUR))

    async def story() -> None:
        collector = world.collect(watch_every=60)
        checker = await world.check()
        await world.until(60 * MINUTE)
        collector.kill()
        central.engine.dispose()
        backup = Path(shutil.copy(folder / "central.db", folder / "backup"))
        world.collect(watch_every=60)
        await world.until(midnight + 10 * HOUR)
        assert world.collector is not None
        world.collector.kill()
        before = world.claims(), world.counts()
        central.engine.dispose()
        shutil.copy(backup, folder / "central.db")
        assert claimed_states(world) == [State.UP]
        world.collect(watch_every=60)
        await asyncio.sleep(30 * MINUTE)
        assert (world.claims(), world.counts()["rollup"]) == (before[0], before[1]["rollup"])
        assert world.unseen() == []
        await checker.stop()

    world.run(story())


def test_a_report_that_is_never_taken_dies_and_the_rest_goes_on(
    central: Central, tmp_path: Path
) -> None:
    """Test a report whose key the collector already has with another content."""
    world = World(central, tmp_path, OUTAGE, Outage(130 * MINUTE, 140 * MINUTE))

    async def story() -> None:
        world.collect()
        checker = await world.check()
        await world.until(60 * MINUTE)
        (subject,) = checker.running.registration.runtimes.values()
        claim = world.claims()[0]
        forged = Transition("api", subject.store, 2, claim)
        central.writer.accept_transition(world.row.id, forged, world.wall.now())
        await world.until(3 * HOUR)
        assert checker.store.counts().dead == 1
        assert checker.store.counts().undelivered == 0
        await checker.stop()

    world.run(story())
    assert world.counts()["transition"] == 5
    assert claimed_states(world)[-2:] == [State.DOWN, State.UP]


def test_a_target_that_flaps_is_down_and_flapping_until_it_is_calm(
    central: Central, tmp_path: Path
) -> None:
    blips = [Outage(HOUR + number * 30.0, HOUR + number * 30.0 + 12) for number in range(120)]
    world = World(central, tmp_path, *blips, interval=2.0)

    async def story() -> None:
        world.collect()
        checker = await world.check()
        await world.until(4 * HOUR)
        await checker.stop()

    world.run(story())
    assert len(claimed_states(world)) <= 64
    assert state.FLAPPING in [claim.reason for claim in world.claims()]
    assert claimed_states(world)[-1] is State.UP


def test_a_checker_without_a_network_says_unknown_and_not_down(
    central: Central, tmp_path: Path
) -> None:
    world = World(central, tmp_path, OUTAGE)
    world.target.address = "93.184.216.34"
    world.target.network_works = False

    async def story() -> None:
        world.collect()
        checker = await world.check(config=CheckerConfig((world.monitor,), (("1.1.1.1", 443),)))
        await world.until(3 * HOUR)
        await checker.stop()

    world.run(story())
    assert [claim.reason for claim in world.claims()] == ["", state.EGRESS_LOST, ""]
    assert world.uptime(0, 3 * HOUR).down == 0
