"""What beats have said since the collector's start, kept in memory only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

from allswell.domain import latency
from allswell.domain.cover import Observation
from allswell.domain.latency import LatencyBucket
from allswell.domain.report import Heartbeat

MOST_BUCKETS = latency.KEPT // latency.WIDTH + 1


@dataclass(frozen=True, slots=True)
class MonitorHeartbeat:
    """One monitor as its checker's beats describe it.

    `seen` is the latest unbroken observation; `lapsed` where an earlier one ended that the overlays
    do not know of yet. `judged` is the observation that was last compared with the overlays.
    """

    seen: Observation | None = None
    lapsed: datetime | None = None
    judged: Observation | None = None
    buckets: Mapping[datetime, LatencyBucket] = field(default_factory=dict)


class Heartbeats:
    """Presence by monitor id; any thread may call."""

    def __init__(self) -> None:
        self._by_monitor: dict[int, MonitorHeartbeat] = {}
        self._one = Lock()

    def of(self, monitor: int) -> MonitorHeartbeat:
        """What is known of a monitor, nothing before its first beat."""
        return self._by_monitor.get(monitor, MonitorHeartbeat())

    def beat(self, monitor: int, beat: Heartbeat, cover: timedelta, received: datetime) -> None:
        """Take a beat in. What it claims of the future is cut at `received`."""
        last = min(beat.last, received)
        seen = Observation(min(beat.since, last), last, last + cover)
        with self._one:
            before = self.of(monitor)
            after = _prolonged(before, seen)
            if beat.buckets:
                kept = {at: b for at, b in before.buckets.items() if received - at < latency.KEPT}
                kept |= {b.start: b for b in beat.buckets if b.start <= received}
                # A sender may say anything, and this memory is everybody's.
                newest = sorted(kept)[-MOST_BUCKETS:]
                after = replace(after, buckets={at: kept[at] for at in newest})
            self._by_monitor[monitor] = after

    def judged(self, monitor: int, seen: Observation) -> None:
        """Note that the overlays of a monitor agree with what was seen."""
        with self._one:
            before = self.of(monitor)
            lapsed = None if before.seen == seen else before.lapsed
            self._by_monitor[monitor] = replace(before, judged=seen, lapsed=lapsed)

    def doubt(self) -> None:
        """The overlays are not those that were judged: judge everything anew."""
        with self._one:
            for monitor, before in self._by_monitor.items():
                self._by_monitor[monitor] = replace(before, judged=None)

    def forget(self) -> None:
        """Begin anew, as after a start; latencies stay."""
        with self._one:
            for monitor, before in self._by_monitor.items():
                self._by_monitor[monitor] = MonitorHeartbeat(buckets=before.buckets)

    def keep_only(self, monitors: Iterable[int]) -> None:
        """Forget monitors that are no longer there."""
        living = set(monitors)
        with self._one:
            for monitor in self._by_monitor.keys() - living:
                del self._by_monitor[monitor]

    def buckets(self, monitor: int, now: datetime) -> tuple[LatencyBucket, ...]:
        """The latency buckets of the last 24 hours, in order."""
        found = sorted(self.of(monitor).buckets.items())
        return tuple(bucket for at, bucket in found if now - at < latency.KEPT)

    def buckets_until(self, monitor: int, now: datetime) -> datetime:
        """From where latency buckets are missing."""
        oldest = latency.start_of(now - latency.KEPT)
        known = self.of(monitor).buckets
        return max(known) + latency.WIDTH if known else oldest


def _prolonged(before: MonitorHeartbeat, seen: Observation) -> MonitorHeartbeat:
    """Two stretches as one when they touch; else the one that reaches further."""
    old = before.seen
    if old is None:
        return replace(before, seen=seen)
    if seen.since <= old.until and old.since <= seen.until:
        since = min(old.since, seen.since)
        whole = Observation(since, max(old.last, seen.last), max(old.until, seen.until))
        return replace(before, seen=whole)
    if seen.until < old.until:
        return before
    return replace(before, seen=seen, lapsed=before.lapsed or old.until)
