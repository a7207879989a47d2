"""Test what a month of one monitor writes, where, and how much."""

from pathlib import Path

import pytest

from tests.central_database import Central
from tests.simulation import month
from tests.simulation.month import DAYS, OUTAGES
from tests.simulation.world import DAY, MINUTE, World


@pytest.mark.timeout(900)
def test_a_month_costs_the_collector_31_rollups_and_two_transitions_an_outage(
    both: Central, tmp_path: Path
) -> None:
    world = month.world(both, tmp_path)
    world.run(_check_month(world))


async def _check_month(world: World) -> None:
    result = await month.run_month(world)
    print(
        f"{len(result.checks)} samples of {result.sample_bytes:.1f} bytes on disk;"
        f" rows at the collector: {result.grown}"
    )
    assert result.first_claims == 1
    assert result.grown["rollup"] == DAYS
    assert result.grown["transition"] == 2 * len(OUTAGES)
    assert sum(result.grown.values()) <= 37
    assert result.sample_bytes <= 28
    assert world.unseen() == []
    _check_uptime(world, list(result.checks))


def _check_uptime(world: World, checks: list[float]) -> None:
    """Check that uptime is down from the first failing check to the first good one."""
    first = min(checks)
    down = 0.0
    for outage in OUTAGES:
        failed = min(at for at in checks if at >= outage.start)
        healed = min(at for at in checks if at >= outage.end)
        down += healed - failed
        assert failed - outage.start <= MINUTE
        assert healed - outage.end <= MINUTE
    measured = world.uptime(0.0, DAYS * DAY)
    assert measured.down == pytest.approx(down * 1000, abs=6)
    assert measured.unknown == pytest.approx(first * 1000, abs=1)
    assert measured.paused == measured.maintenance == measured.degraded == 0
    assert measured.up + measured.down + measured.unknown == DAYS * DAY * 1000
