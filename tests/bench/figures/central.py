"""Measure what a month of one monitor costs the central database."""

import tempfile
from pathlib import Path

from tests import central_database
from tests.bench.figure import figure
from tests.simulation import month


@figure(name="central_rows_per_month", unit="rows", limit=37)
def rows() -> float:
    """Count the rows of 31 days and three outages in virtual time, all tables together."""
    with tempfile.TemporaryDirectory() as name:
        address = f"sqlite:///{name}/central.db"
        central_database.migrated(address)
        with central_database.opened(address) as opened:
            world = month.world(opened, Path(name))
            months: list[month.Costs] = []

            async def live() -> None:
                months.append(await month.run(world))

            world.run(live())
    return float(sum(months[0].grown.values()))
