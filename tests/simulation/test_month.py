"""A month of one monitor, as the whole design is meant: what is written, where, and how much."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.centre import Centre
from tests.simulation.target import Outage
from tests.simulation.world import DAY, HOUR, MINUTE, World

# 31 days; the monitor is registered a moment after midnight, when its first check is due.
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 31
OUTAGES = (
    Outage(3 * DAY + 2 * HOUR + 10, 3 * DAY + 2 * HOUR + 25 * MINUTE),
    Outage(12 * DAY - 40 * MINUTE, 12 * DAY + 50 * MINUTE),
    Outage(27 * DAY + 5 * HOUR, 27 * DAY + 5 * HOUR + 7 * MINUTE),
)


@pytest.mark.timeout(180)
def test_a_month_costs_the_centre_31_rollups_and_two_transitions_an_outage(
    both: Centre, tmp_path: Path
) -> None:
    world = World(both, tmp_path, *OUTAGES, begin=BEGIN)
    world.monitor = replace(world.monitor, retention_days=32)
    world.run(_month(world))


async def _month(world: World) -> None:
    world.collect(watch_every=300.0)
    checker = await world.check(latency=0.0)
    # Half as many beats as usual, to be done sooner.
    checker.service.pulser.every = checker.service.sealer.every = 60.0
    # The first claim is how the target was found; the figures are of a month after it.
    await world.until(3 * MINUTE)
    before = world.counts()
    assert before["transition"] == 1
    await world.until(DAYS * DAY + 20 * MINUTE)
    after = world.counts()
    assert after["rollup"] == DAYS
    assert after["transition"] - before["transition"] == 2 * len(OUTAGES)
    grown = {name: after[name] - before[name] for name in after}
    kept = len(checker.probe.checks)
    await checker.stop()
    size = _bytes_of_a_sample(checker.path)
    print(f"{kept} samples of {size:.1f} bytes on disk; rows at the centre: {grown}")
    assert size <= 28
    assert sum(grown.values()) <= 37
    assert world.unseen() == []
    _same_uptime(world, checker.probe.checks)


def _same_uptime(world: World, checks: list[float]) -> None:
    """What the target knows, seen through checks: down from the first failing to the first good."""
    first = min(checks)
    down = 0.0
    for outage in OUTAGES:
        failed = min(at for at in checks if at >= outage.start)
        healed = min(at for at in checks if at >= outage.end)
        down += healed - failed
        assert failed - outage.start <= MINUTE
        assert healed - outage.end <= 5.0
    found = world.uptime(0.0, DAYS * DAY)
    assert found.down == pytest.approx(down * 1000, abs=6)
    assert found.unknown == pytest.approx(first * 1000, abs=1)
    assert found.paused == found.maintenance == found.degraded == 0
    assert found.up + found.down + found.unknown == DAYS * DAY * 1000


def _bytes_of_a_sample(path: Path) -> float:
    with closing(sqlite3.connect(path)) as file:
        (count,) = file.execute("SELECT count(*) FROM sample").fetchone()
        (size,) = file.execute("SELECT sum(pgsize) FROM dbstat WHERE name = 'sample'").fetchone()
    return float(size / count)
