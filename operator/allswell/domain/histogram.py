"""Count latencies in a small histogram that can be merged, so that many days have a percentile.

Log-linear buckets: each power of two of microseconds is cut into 16, so a bucket is at most 1/16 of
its value wide and a quantile read from it at most 1/32 off. Adding counts bucket by bucket merges
two histograms, in any order.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from math import ceil

_CUTS = 16
_EXACT = 2 * _CUTS
_FORM = re.compile(r"(?:(?:0|[1-9][0-9]{0,3}):[1-9][0-9]{0,15}(?:\s+|$))*", re.ASCII)
# No check takes 2^48 microseconds (nine years); a bucket far beyond would be a number without end.
_MOST = 16 * 45


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of latencies by bucket number; absent buckets are empty."""

    counts: Mapping[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Return the number of latencies that were counted."""
        return sum(self.counts.values())


def bucket(latency_us: int) -> int:
    """Return the number of the bucket that a latency (microseconds, not negative) falls into."""
    if latency_us < _EXACT:
        return latency_us
    shift = latency_us.bit_length() - _EXACT.bit_length() + 1
    return (shift * _CUTS) + (latency_us >> shift)


def middle_us(number: int) -> int:
    """Return the middle of a bucket, in microseconds."""
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
    """Merge histograms: add their counts bucket by bucket."""
    every = [histogram.counts for histogram in histograms]
    # A list indexed by bucket merges the nine thousand histograms of a page faster than a dict.
    totals = [0] * (1 + max(map(max, filter(None, every)), default=0))
    for counts in every:
        for number, count in counts.items():
            totals[number] += count
    return Histogram({number: count for number, count in enumerate(totals) if count})


def rank(count: int, quantile: float) -> int:
    """Return the nearest rank, from 1, of a quantile (0 < quantile <= 1) among so many values."""
    # Rounded first: in binary 0.55 x 100 is a little more than 55.
    return max(1, ceil(round(quantile * count, 6)))


def quantile_us(histogram: Histogram, quantile: float) -> int | None:
    """Return the nearest-rank quantile (0 < quantile <= 1) in microseconds; None without counts."""
    if not histogram.counts:
        return None
    position = rank(histogram.total, quantile)
    numbers = sorted(histogram.counts)
    reached = list(accumulate(histogram.counts[number] for number in numbers))
    return middle_us(numbers[bisect_left(reached, position)])


def text(histogram: Histogram) -> str:
    """Return a compact text: `number:count` with numbers as steps from the one before."""
    parts, last = [], 0
    for number, count in sorted(histogram.counts.items()):
        parts.append(f"{number - last}:{count}")
        last = number
    return " ".join(parts)


def parse(value: str) -> Histogram:
    """Read what `text` wrote. Raises ValueError for anything else.

    A page of a hundred components reads nine thousand of them, so that nothing here goes part by
    part which the interpreter can do at once; JSON is the fastest reader of numbers that it has.
    """
    if _FORM.fullmatch(value) is None:
        raise ValueError(f"{value[:40]!r} is not a histogram")
    written = json.loads(f"[{','.join(value.replace(':', ',').split())}]")
    numbers, amounts = list(accumulate(written[::2])), written[1::2]
    counts = dict(zip(numbers, amounts, strict=True))
    # A first bucket may have the number 0; every later one has a higher number than that before.
    if len(counts) < len(numbers) or numbers[-1:] > [_MOST]:
        raise ValueError(f"{value[:40]!r} is not a histogram")
    return Histogram(counts)
