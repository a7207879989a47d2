"""Simulate a month of a 1-minute monitor with three outages, or a week with two."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from tests.central_database import Central
from tests.simulation.target import Outage
from tests.simulation.world import DAY, HOUR, MINUTE, World

# The monitor is registered a moment after midnight, when its first check is due.
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """So many days, and what the target does in them."""

    days: int
    outages: tuple[Outage, ...]


FIRST = Outage(3 * DAY + 2 * HOUR + 10, 3 * DAY + 2 * HOUR + 25 * MINUTE)
WEEK = Span(7, (FIRST, Outage(6 * DAY - 40 * MINUTE, 6 * DAY + 50 * MINUTE)))
MONTH = Span(
    31,
    (
        FIRST,
        Outage(12 * DAY - 40 * MINUTE, 12 * DAY + 50 * MINUTE),
        Outage(27 * DAY + 5 * HOUR, 27 * DAY + 5 * HOUR + 7 * MINUTE),
    ),
)


@dataclass(frozen=True, slots=True)
class Costs:
    """What is left of it: rows that each central table has grown by, and the checker's part.

    `checks` are the seconds at which checks began, `sample_bytes` what one takes on disk.
    """

    first_claims: int
    grown: Mapping[str, int]
    checks: Sequence[float]
    sample_bytes: float


def world(central: Central, folder: Path, span: Span = MONTH) -> World:
    """Return a world at the beginning of the month."""
    made = World(central, folder, *span.outages, begin=BEGIN)
    made.monitor = replace(made.monitor, retention_days=span.days + 1)
    return made


async def run(world: World, span: Span = MONTH) -> Costs:
    """Run these days with the real checker, store, collector and database."""
    world.collect(watch_every=300.0)
    checker = await world.check(latency=0.0)
    # Half as many heartbeats as usual, to be done sooner.
    checker.running.heartbeat.interval = checker.running.day_rollup.interval = 60.0
    # The first claim is how the target was found; the figures are of a month after it.
    await world.until(3 * MINUTE)
    before = world.counts()
    await world.until(span.days * DAY + 20 * MINUTE)
    after = world.counts()
    checks = checker.probe.checks
    await checker.stop()
    grown = {name: after[name] - before[name] for name in after}
    return Costs(before["transition"], grown, checks, _bytes_of_a_sample(checker.path))


def _bytes_of_a_sample(path: Path) -> float:
    with closing(sqlite3.connect(path)) as file:
        (count,) = file.execute("SELECT count(*) FROM sample").fetchone()
        (size,) = file.execute("SELECT sum(pgsize) FROM dbstat WHERE name = 'sample'").fetchone()
    return float(size / count)
