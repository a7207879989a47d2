"""Test what becomes of a change of state when the checker dies, or its file is lost or old."""

import asyncio
from pathlib import Path

import pytest

from allswell.domain.state import State
from allswell.domain.uptime import Uptime
from tests.central_database import Central
from tests.simulation.target import Outage
from tests.simulation.world import HOUR, MINUTE, CheckerProcess, World

OUTAGE = Outage(20 * MINUTE, 50 * MINUTE)
SECOND = Outage(80 * MINUTE, 90 * MINUTE)
UP_DOWN_UP = [State.UP, State.DOWN, State.UP]


def claimed_states(world: World) -> list[State]:
    """Return the states claimed, in order."""
    return [state for state, _ in world.states()]


def is_dated(world: World, number: int, near: float, within: float = MINUTE) -> bool:
    """Tell whether a claim is dated at, or shortly after, a second."""
    return near <= world.states()[number][1] <= near + within


async def restart_after_death(checker: CheckerProcess, after: float = 20.0) -> None:
    """Wait until it is killed; start it again a little later."""
    await asyncio.wait_for(checker.died.wait(), 2 * HOUR)
    await checker.kill()
    await asyncio.sleep(after)
    await checker.start()


@pytest.mark.parametrize("dies_at", ["before the commit", "after the commit", "before it forgets"])
def test_a_checker_that_dies_over_a_change_loses_and_doubles_nothing(
    both: Central, tmp_path: Path, dies_at: str
) -> None:
    world = World(both, tmp_path, OUTAGE)

    async def story() -> None:
        world.collect()
        checker = await world.check()
        await world.until(10 * MINUTE)
        checker.store.dies_at = dies_at
        await restart_after_death(checker)
        await world.until(70 * MINUTE)
        assert checker.store.counts().undelivered == 0
        await checker.stop()

    world.run(story())
    assert claimed_states(world) == UP_DOWN_UP
    assert is_dated(world, 1, OUTAGE.start)
    assert world.counts()["transition"] == 3
    assert world.unseen() == []


def test_a_lost_volume_continues_the_state_and_counts_later_outages(
    both: Central, tmp_path: Path
) -> None:
    world = World(both, tmp_path, OUTAGE, SECOND)

    async def story() -> None:
        world.collect()
        checker = await world.check()
        await world.until(30 * MINUTE)
        await checker.kill()
        checker.restore(None)
        await checker.start()
        await world.until(100 * MINUTE)
        await checker.stop()

    world.run(story())
    assert claimed_states(world) == [*UP_DOWN_UP, State.DOWN, State.UP]
    assert world.counts()["transition"] == 5
    assert world.counts()["store"] == 2
    assert world.unseen() == []


def test_a_store_that_replaced_a_lost_one_is_not_renewed_by_each_hello(
    central: Central, tmp_path: Path
) -> None:
    world = World(central, tmp_path, SECOND)

    async def story() -> None:
        world.collect()
        checker = await world.check()
        await world.until(10 * MINUTE)
        await checker.kill()
        checker.restore(None)
        await checker.start()
        for minute in (20, 30, 40):
            await world.until(minute * MINUTE)
            assert world.collector is not None
            world.collector.kill()
            world.collect()
        await world.until(2 * HOUR)
        await checker.stop()

    world.run(story())
    assert world.counts()["store"] == 2
    assert claimed_states(world) == UP_DOWN_UP


def test_what_a_replaced_store_claimed_while_cut_off_is_not_forgotten(
    central: Central, tmp_path: Path
) -> None:
    world = World(central, tmp_path, OUTAGE)

    async def story() -> None:
        collector = world.collect()
        checker = await world.check()
        await world.until(5 * MINUTE)
        await checker.kill()
        checker.restore(None)
        await checker.start()
        await world.until(15 * MINUTE)
        collector.kill()
        # The outage begins while nobody listens, and ends right after the collector is back.
        await world.until(OUTAGE.end - 1)
        world.collect()
        await world.until(2 * HOUR)
        await checker.stop()

    world.run(story())
    assert claimed_states(world) == UP_DOWN_UP
    assert world.counts()["store"] == 2


def test_a_file_restored_from_an_old_copy_gets_a_new_id_and_goes_on(
    both: Central, tmp_path: Path
) -> None:
    world = World(both, tmp_path, OUTAGE, SECOND)

    async def story() -> None:
        world.collect()
        checker = await world.check()
        await world.until(10 * MINUTE)
        await checker.kill()
        copy = checker.copy("old")
        await checker.start()
        await world.until(60 * MINUTE)
        await checker.kill()
        checker.restore(copy)
        await checker.start()
        await world.until(100 * MINUTE)
        await checker.stop()

    world.run(story())
    assert claimed_states(world) == [*UP_DOWN_UP, State.DOWN, State.UP]
    assert world.counts()["store"] == 2
    assert world.counts()["transition"] == 5


def test_two_checkers_of_one_monitor_tell_one_story(central: Central, tmp_path: Path) -> None:
    world = World(central, tmp_path, OUTAGE, SECOND)

    async def story() -> None:
        world.collect()
        first = await world.check("one")
        await world.until(5.5 * MINUTE)
        second = await world.check("two")
        await world.until(2 * HOUR)
        await first.stop()
        await second.stop()

    world.run(story())
    assert claimed_states(world) == [*UP_DOWN_UP, State.DOWN, State.UP]
    assert is_dated(world, 1, OUTAGE.start)
    assert is_dated(world, 4, SECOND.end)
    assert world.unseen() == []


def test_an_old_checker_that_comes_back_does_not_speak_before_its_follower(
    central: Central, tmp_path: Path
) -> None:
    world = World(central, tmp_path, OUTAGE, SECOND)

    async def story() -> None:
        world.collect()
        first = await world.check("one")
        await world.until(10 * MINUTE)
        await first.kill()
        second = await world.check("two")
        await world.until(70 * MINUTE)
        await second.kill()
        await first.start()
        await world.until(2 * HOUR)
        await first.stop()

    world.run(story())
    assert claimed_states(world) == [*UP_DOWN_UP, State.DOWN, State.UP]
    assert world.counts()["store"] == 3


def test_a_pod_that_rolls_in_twenty_seconds_leaves_no_gap(central: Central, tmp_path: Path) -> None:
    world = World(central, tmp_path)

    async def story() -> None:
        world.collect()
        checker = await world.check()
        for minute in (10, 20, 30):
            await world.until(minute * MINUTE)
            await checker.stop()
            await asyncio.sleep(20)
            await checker.start()
        await world.until(HOUR)
        await checker.stop()

    world.run(story())
    assert world.unseen() == []
    first = world.states()[0][1]
    assert world.uptime(first, 50 * MINUTE) == Uptime(up=round((50 * MINUTE - first) * 1000))


def test_a_frozen_checker_is_unknown_and_never_green(both: Central, tmp_path: Path) -> None:
    world = World(both, tmp_path)

    async def story() -> None:
        world.collect()
        checker = await world.check()
        await world.until(10 * MINUTE)
        checker.freeze()
        last = checker.probe.checks[-1]
        await world.until(20 * MINUTE)
        assert world.unseen() == [(pytest.approx(last + 3 * MINUTE, abs=0.01), None)]
        assert world.present() is State.UNKNOWN
        checker.thaw()
        await world.until(25 * MINUTE)
        (start, end), *more = world.unseen()
        assert more == []
        assert start == pytest.approx(last + 3 * MINUTE, abs=0.01)
        assert end == pytest.approx(20 * MINUTE, abs=MINUTE)
        assert world.present() is State.UP
        await checker.stop()

    world.run(story())


def test_a_monitor_is_green_again_within_seconds_of_its_first_check_after_a_gap(
    central: Central, tmp_path: Path
) -> None:
    world = World(central, tmp_path)

    async def story() -> None:
        world.collect()
        checker = await world.check()
        await world.until(10 * MINUTE)
        await checker.stop()
        await world.until(20 * MINUTE)
        assert world.present() is State.UNKNOWN
        await checker.start()
        # The first beat comes before the first check, within 10 seconds; the next comes after 30.
        await world.until(20 * MINUTE + 16)
        assert world.present() is State.UP
        await checker.stop()

    world.run(story())


def test_a_checker_that_dies_before_its_first_beat_is_not_green_for_ever(
    central: Central, tmp_path: Path
) -> None:
    world = World(central, tmp_path)

    async def story() -> None:
        world.collect()
        checker = await world.check()
        # Beats go out at 0 s, before there is anything to tell, and at 30 s.
        await world.until(29.5)
        assert claimed_states(world) == [State.UP]
        await checker.kill()
        await world.until(15 * MINUTE)
        assert world.present() is State.UNKNOWN

    world.run(story())
