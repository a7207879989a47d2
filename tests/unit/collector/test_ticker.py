import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import event

from allswell.central.errors import DatabaseUnavailable
from allswell.collector.state import CollectorState
from allswell.collector.ticker import Ticker
from tests import central_database
from tests.central_database import NOON, Central
from tests.simulation.virtual_time import VirtualTimeLoop

T = TypeVar("T")


async def inline(act: Callable[[], T]) -> T:
    return act()


def ticker_of(central: Central) -> Ticker:
    """Return a collector's clock at noon."""
    loop = asyncio.get_running_loop()
    state = CollectorState(central.writer)
    return Ticker(
        central.writer, state, lambda: NOON + timedelta(seconds=loop.time()), write=inline
    )


def seconds(central: Central) -> float:
    """Return how far the collector has seen."""
    through = central.reader.observed_through()
    assert through is not None
    return (through - NOON).total_seconds()


def has_started(ticker: Ticker) -> bool:
    return ticker.state.started is not None


def test_the_collector_says_every_fifteen_seconds_how_far_it_has_seen(
    central: Central,
) -> None:
    async def story() -> None:
        task = asyncio.create_task(ticker_of(central).run())
        for at in (20, 50, 200):
            await asyncio.sleep(at)
            now = asyncio.get_running_loop().time()
            assert now - 18 < seconds(central) <= now
        task.cancel()

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(story())


def test_a_pause_is_seen_soon_so_that_pages_show_it(
    central: Central,
) -> None:
    async def story() -> None:
        ticker = ticker_of(central)
        task = asyncio.create_task(ticker.run())
        await asyncio.sleep(21)
        assert seconds(central) < 20
        central.writer.register(
            replace(central_database.monitor("api"), paused=True),
            namespace_uid="ns",
            now=NOON + timedelta(seconds=21),
        )
        ticker.state.reload()
        await asyncio.sleep(2.5)
        assert seconds(central) > 21
        task.cancel()

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(story())


def test_a_database_that_is_away_is_tried_until_it_is_back(
    central: Central,
) -> None:
    is_away = [True]

    def begin(_: object) -> None:
        if is_away:
            raise DatabaseUnavailable("away")

    async def story() -> None:
        event.listen(central.engine, "begin", begin, insert=True)
        ticker = ticker_of(central)
        task = asyncio.create_task(ticker.run())
        await asyncio.sleep(100)
        assert not has_started(ticker)
        is_away.clear()
        await asyncio.sleep(5)
        assert has_started(ticker)
        is_away.append(True)
        await asyncio.sleep(1000)
        is_away.clear()
        await asyncio.sleep(5)
        assert asyncio.get_running_loop().time() - seconds(central) < 5
        task.cancel()

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(story())


def test_a_fault_of_ours_does_not_stop_the_clock(central: Central) -> None:
    faults = [1, 1, 1]

    def begin(_: object) -> None:
        if faults:
            faults.pop()
            raise RuntimeError("a fault of ours")

    async def story() -> None:
        event.listen(central.engine, "begin", begin, insert=True)
        task = asyncio.create_task(ticker_of(central).run())
        await asyncio.sleep(60)
        assert seconds(central) > 40
        task.cancel()

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(story())
