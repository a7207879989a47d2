"""A small latency histogram that can be merged, so that many days have a true percentile.

Log-linear buckets: each power of two of microseconds is cut into 16, so a bucket is at most 1/16 of
its value wide and a quantile read from it at most 1/32 off. Adding counts bucket by bucket merges
two histograms, in any order.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from math import ceil

_CUTS = 16
_EXACT = 2 * _CUTS
_PART = re.compile(r"([0-9]{1,4}):([0-9]{1,16})", re.ASCII)
# No check takes 2^48 microseconds (nine years); a bucket far beyond would be a number without end.
_MOST = 16 * 45


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of latencies by bucket number; absent buckets are empty."""

    counts: Mapping[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many latencies were counted."""
        return sum(self.counts.values())


def bucket(latency_us: int) -> int:
    """The number of the bucket that a latency (microseconds, not negative) falls into."""
    if latency_us < _EXACT:
        return latency_us
    shift = latency_us.bit_length() - _EXACT.bit_length() + 1
    return (shift * _CUTS) + (latency_us >> shift)


def middle_us(number: int) -> int:
    """The middle of a bucket, in microseconds."""
    if number < _EXACT:
        return number
    shift = number // _CUTS - 1
    low = (number - shift * _CUTS) << shift
    return low + (1 << shift) // 2


def of(latencies_us: Iterable[int]) -> Histogram:
    """Count latencies."""
    counts: dict[int, int] = {}
    for latency in latencies_us:
        number = bucket(latency)
        counts[number] = counts.get(number, 0) + 1
    return Histogram(dict(sorted(counts.items())))


def merge(histograms: Iterable[Histogram]) -> Histogram:
    """All counts together."""
    counts: dict[int, int] = {}
    for histogram in histograms:
        for number, count in histogram.counts.items():
            counts[number] = counts.get(number, 0) + count
    return Histogram(dict(sorted(counts.items())))


def rank(count: int, quantile: float) -> int:
    """The nearest rank, from 1, of a quantile (0 < quantile <= 1) among so many values."""
    # Rounded first: in binary 0.55 x 100 is a little more than 55.
    return max(1, ceil(round(quantile * count, 6)))


def quantile_us(histogram: Histogram, quantile: float) -> int | None:
    """The nearest-rank quantile (0 < quantile <= 1) in microseconds; None without counts."""
    if not histogram.counts:
        return None
    wanted = rank(histogram.total, quantile)
    numbers = sorted(histogram.counts)
    reached = list(accumulate(histogram.counts[number] for number in numbers))
    return middle_us(numbers[bisect_left(reached, wanted)])


def text(histogram: Histogram) -> str:
    """A compact text: `number:count` with numbers as steps from the one before."""
    parts, last = [], 0
    for number, count in sorted(histogram.counts.items()):
        parts.append(f"{number - last}:{count}")
        last = number
    return " ".join(parts)


def parse(value: str) -> Histogram:
    """Read what `text` wrote. Raises ValueError for anything else."""
    counts: dict[int, int] = {}
    number = 0
    for part in value.split():
        found = _PART.fullmatch(part)
        step, count = (int(found[1]), int(found[2])) if found else (0, 0)
        number += step
        if count == 0 or number in counts or number > _MOST:
            raise ValueError(f"{value[:40]!r} is not a histogram")
        counts[number] = count
    return Histogram(counts)
