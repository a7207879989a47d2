"""Collect latency in five-minute buckets of successful checks, as the collector keeps for 24 h."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from allswell.domain import instant, rollup
from allswell.domain.sample import Sample

WIDTH = timedelta(minutes=5)
KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class LatencyBucket:
    """Successful checks that began in [start, start + 5 min): count, average and p95 latency."""

    start: datetime
    count: int
    average_us: int
    p95_us: int


def start_of(moment: datetime) -> datetime:
    """Return the start of the bucket that a moment belongs to."""
    width = WIDTH // instant.MILLISECOND
    return instant.from_ms(instant.to_ms(moment) // width * width)


def buckets(samples: Iterable[Sample]) -> tuple[LatencyBucket, ...]:
    """Return the buckets of samples, in order; a bucket without a successful check is left out."""
    by_start: dict[datetime, list[int]] = {}
    for sample in samples:
        if sample.state in rollup.GOOD:
            by_start.setdefault(start_of(sample.started), []).append(sample.latency_us)
    return tuple(_bucket(start, sorted(values)) for start, values in sorted(by_start.items()))


def _bucket(start: datetime, ordered: list[int]) -> LatencyBucket:
    p95 = rollup.percentile(ordered, rollup.P95)
    return LatencyBucket(start, len(ordered), sum(ordered) // len(ordered), p95 or 0)
