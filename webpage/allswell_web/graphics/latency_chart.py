"""Draw the last 24 hours of latency as one small SVG path, and calculate their p95.

Five-minute buckets are joined to half hours: precise enough to see, at a tenth of the bytes.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, pairwise

from allswell.domain import histogram, rollup
from allswell.domain.latency import LatencyBucket

SLOTS = 48
SPAN = timedelta(hours=24)
WIDTH = SPAN / SLOTS
STEP = 5
HEIGHT = 24
MIN_CHECKS = 20


@dataclass(frozen=True, slots=True)
class Chart:
    """`data` is a path in a box of 240 x 24; the latencies are in microseconds."""

    data: str
    average_us: int
    highest_us: int


def draw(buckets: Sequence[LatencyBucket], until: datetime) -> Chart | None:
    """Draw the chart of the 24 hours that end at `until`; None without a bucket in them."""
    recent = within(buckets, until)
    if not recent:
        return None
    sums = _sums(recent, until)
    slots = [spent // count if count else None for count, spent in sums]
    highest = max(value for value in slots if value is not None)
    average = sum(spent for _, spent in sums) // sum(count for count, _ in sums)
    return Chart(_path(slots, highest), average, highest)


def within(buckets: Sequence[LatencyBucket], until: datetime) -> list[LatencyBucket]:
    """Return the buckets, in order, of the 24 hours up to `until` that hold a check."""
    first = bisect_left(buckets, until - SPAN, key=start)
    last = bisect_left(buckets, until, key=start)
    return [bucket for bucket in buckets[first:last] if bucket.count > 0]


def start(bucket: LatencyBucket) -> datetime:
    """Return when a bucket begins, which is the order of buckets."""
    return bucket.start


def p95(buckets: Sequence[LatencyBucket]) -> int | None:
    """Return the nearest-rank p95 over all checks; None for fewer than 20 of them.

    The result is determined by the slowest twentieth of each bucket.
    """
    total = sum(bucket.count for bucket in buckets)
    if total < MIN_CHECKS:
        return None
    latencies = sorted(spread(buckets))
    reached = list(accumulate(count for _, count in latencies))
    return latencies[bisect_left(reached, histogram.rank(total, rollup.P95))][0]


def spread(buckets: Sequence[LatencyBucket]) -> list[tuple[int, int]]:
    """Return buckets as latencies with their counts.

    Only count, average and p95 are known of each: its slowest twentieth (rounded up) counts as its
    p95 and the rest as its average.
    """
    slow = [(it.p95_us, -(it.count // -20)) for it in buckets]
    return slow + [(it.average_us, it.count + it.count // -20) for it in buckets]


def _sums(buckets: Sequence[LatencyBucket], until: datetime) -> list[tuple[int, int]]:
    """Return for each slot its number of checks and their total latency in microseconds."""
    starts = [bucket.start for bucket in buckets]
    edges = [bisect_left(starts, until - WIDTH * back) for back in range(SLOTS, -1, -1)]
    parts = [buckets[begin:end] for begin, end in pairwise(edges)]
    return [
        (sum([it.count for it in part]), sum([it.count * it.average_us for it in part]))
        for part in parts
    ]


def _path(slots: Sequence[int | None], highest: int) -> str:
    """Write relative steps from point to point; a slot without data breaks the line."""
    parts: list[str] = []
    last, flat = None, 0
    for index, value in enumerate(slots):
        y = None if value is None else _height(value, highest)
        if y == last:
            flat += 0 if y is None else STEP
            continue
        if flat:
            parts.append(f"h{flat}")
        flat = 0
        if y is not None and last is None:
            # An isolated slot is drawn as a short dash.
            parts.append(f"M{index * STEP} {y}h1m-1 0")
        elif y is not None and last is not None:
            parts.append(f"l{STEP} {y - last}".replace(" -", "-"))
        last = y
    return "".join([*parts, f"h{flat}"] if flat else parts)


def _height(value: int, highest: int) -> int:
    return HEIGHT - 1 - round((HEIGHT - 2) * value / max(highest, 1))
