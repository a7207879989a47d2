"""Test what a month of one monitor writes, where, and how much; a week unless all is tried."""

from pathlib import Path

import pytest

from tests import thoroughness
from tests.central_database import Central
from tests.simulation import month
from tests.simulation.month import MONTH, WEEK
from tests.simulation.world import DAY, MINUTE, World

SPAN = MONTH if thoroughness.THOROUGH else WEEK


@pytest.mark.timeout(900)
def test_a_month_costs_a_rollup_a_day_and_two_transitions_an_outage(
    both: Central, tmp_path: Path
) -> None:
    world = month.world(both, tmp_path, SPAN)
    world.run(_check_month(world))


async def _check_month(world: World) -> None:
    result = await month.run(world, SPAN)
    print(
        f"{len(result.checks)} samples of {result.sample_bytes:.1f} bytes on disk;"
        f" rows at the collector: {result.grown}"
    )
    assert result.first_claims == 1
    assert result.grown["rollup"] == SPAN.days
    assert result.grown["transition"] == 2 * len(SPAN.outages)
    assert sum(result.grown.values()) <= SPAN.days + 2 * len(SPAN.outages)
    assert result.sample_bytes <= 28
    assert world.unseen() == []
    _check_uptime(world, list(result.checks))


def _check_uptime(world: World, checks: list[float]) -> None:
    """Check that uptime is down from the first failing check to the first good one."""
    first = min(checks)
    down = 0.0
    for outage in SPAN.outages:
        failed = min(at for at in checks if at >= outage.start)
        healed = min(at for at in checks if at >= outage.end)
        down += healed - failed
        assert failed - outage.start <= MINUTE
        assert healed - outage.end <= MINUTE
    measured = world.uptime(0.0, SPAN.days * DAY)
    assert measured.down == pytest.approx(down * 1000, abs=6)
    assert measured.unknown == pytest.approx(first * 1000, abs=1)
    assert measured.paused == measured.maintenance == measured.degraded == 0
    assert measured.up + measured.down + measured.unknown == SPAN.days * DAY * 1000
