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
    world.run(_checked(world))


async def _checked(world: World) -> None:
    found = await month.run_month(world)
    print(
        f"{len(found.checks)} samples of {found.sample_bytes:.1f} bytes on disk;"
        f" rows at the collector: {found.grown}"
    )
    assert found.first_claims == 1
    assert found.grown["rollup"] == DAYS
    assert found.grown["transition"] == 2 * len(OUTAGES)
    assert sum(found.grown.values()) <= 37
    assert found.sample_bytes <= 28
    assert world.unseen() == []
    _same_uptime(world, list(found.checks))


def _same_uptime(world: World, checks: list[float]) -> None:
    """Check that uptime is down from the first failing check to the first good one."""
    first = min(checks)
    down = 0.0
    for outage in OUTAGES:
        failed = min(at for at in checks if at >= outage.start)
        healed = min(at for at in checks if at >= outage.end)
        down += healed - failed
        assert failed - outage.start <= MINUTE
        assert healed - outage.end <= MINUTE
    found = world.uptime(0.0, DAYS * DAY)
    assert found.down == pytest.approx(down * 1000, abs=6)
    assert found.unknown == pytest.approx(first * 1000, abs=1)
    assert found.paused == found.maintenance == found.degraded == 0
    assert found.up + found.down + found.unknown == DAYS * DAY * 1000
