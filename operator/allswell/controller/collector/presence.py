"""What beats have said since the collector's start, kept in memory only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from allswell.domain import latency
from allswell.domain.cover import Observation
from allswell.domain.latency import Bucket
from allswell.domain.report import Beat


@dataclass(frozen=True, slots=True)
class Presence:
    """One monitor as its checker's beats describe it.

    `judged` is false until the first observation has been compared with the overlays.
    """

    seen: Observation | None = None
    judged: bool = False
    buckets: Mapping[datetime, Bucket] = field(default_factory=dict)


class Presences:
    """Presence by monitor id. Values are replaced whole, so any thread may read."""

    def __init__(self) -> None:
        self._by_monitor: dict[int, Presence] = {}

    def of(self, monitor: int) -> Presence:
        """What is known of a monitor, nothing before its first beat."""
        return self._by_monitor.get(monitor, Presence())

    def beat(self, monitor: int, beat: Beat, cover: timedelta, received: datetime) -> None:
        """Take a beat in. What it claims of the future is cut at `received`."""
        last = min(beat.last, received)
        seen = Observation(min(beat.since, last), last, last + cover)
        before = self.of(monitor)
        kept = {at: b for at, b in before.buckets.items() if received - at < latency.KEPT}
        kept |= {b.start: b for b in beat.buckets if b.start <= received}
        merged = joined(before.seen, seen)
        self._by_monitor[monitor] = Presence(merged, before.judged, kept)

    def judged(self, monitor: int) -> None:
        """Note that the overlays of a monitor agree with its presence."""
        self._by_monitor[monitor] = replace(self.of(monitor), judged=True)

    def keep_only(self, monitors: Iterable[int]) -> None:
        """Forget monitors that are no longer there."""
        living = set(monitors)
        for monitor in self._by_monitor.keys() - living:
            del self._by_monitor[monitor]

    def buckets(self, monitor: int) -> tuple[Bucket, ...]:
        """The latency buckets of the last 24 hours, in order."""
        return tuple(bucket for _, bucket in sorted(self.of(monitor).buckets.items()))

    def buckets_until(self, monitor: int, now: datetime) -> datetime:
        """From where latency buckets are missing."""
        oldest = latency.start_of(now - latency.KEPT)
        known = self.of(monitor).buckets
        return max(known) + latency.WIDTH if known else oldest


def joined(before: Observation | None, seen: Observation) -> Observation:
    """Two stretches as one when they touch; else the one that reaches further."""
    if before is None:
        return seen
    if seen.since <= before.until and before.since <= seen.until:
        since = min(before.since, seen.since)
        return Observation(since, max(before.last, seen.last), max(before.until, seen.until))
    return seen if seen.until > before.until else before
