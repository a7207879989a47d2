"""Roll up one UTC day of one monitor from its samples.

The collector adds the durations (`uptime.measure` over the same day): the checker knows its
samples, only the collector knows when nobody was observing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from allswell.domain import histogram
from allswell.domain.histogram import Histogram
from allswell.domain.sample import Sample
from allswell.domain.state import State

P95 = 0.95
GOOD = (State.UP, State.DEGRADED)


@dataclass(frozen=True, slots=True)
class RollUp:
    """Counts and latency of one UTC day. Latencies are of successful checks, in microseconds."""

    day: date
    checks: int
    successful: int
    average_us: int | None
    p95_us: int | None
    latencies: Histogram = field(default_factory=Histogram)


def of_day(day: date, samples: Iterable[Sample]) -> RollUp:
    """Roll up the samples of one day; exact average (rounded down) and nearest-rank p95."""
    checks, good = 0, []
    for sample in samples:
        checks += 1
        if sample.state in GOOD:
            good.append(sample.latency_us)
    good.sort()
    average = sum(good) // len(good) if good else None
    return RollUp(day, checks, len(good), average, percentile(good, P95), histogram.of(good))


def percentile(ordered: list[int], quantile: float) -> int | None:
    """Return the nearest-rank percentile of values in ascending order; None without values."""
    return ordered[histogram.rank(len(ordered), quantile) - 1] if ordered else None
