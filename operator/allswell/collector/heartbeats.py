"""Keep what heartbeats have reported since the collector's start, in memory only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

from allswell.domain import latency
from allswell.domain.cover import Observation
from allswell.domain.latency import LatencyBucket
from allswell.domain.report import Heartbeat

MAX_BUCKETS = latency.KEPT // latency.WIDTH + 1


@dataclass(frozen=True, slots=True)
class MonitorHeartbeat:
    """One monitor as its checker's heartbeats describe it.

    `seen` is the latest unbroken observation; `lapsed` where an earlier one ended of which the
    `unseen` overlays do not know yet. `judged` is the observation that was last compared with the
    overlays.
    """

    seen: Observation | None = None
    lapsed: datetime | None = None
    judged: Observation | None = None
    buckets: Mapping[datetime, LatencyBucket] = field(default_factory=dict)


class Heartbeats:
    """The heartbeats by monitor id; any thread may call."""

    def __init__(self) -> None:
        self._by_monitor: dict[int, MonitorHeartbeat] = {}
        self._lock = Lock()

    def get(self, monitor: int) -> MonitorHeartbeat:
        """Return what is known of a monitor; empty before its first heartbeat."""
        return self._by_monitor.get(monitor, MonitorHeartbeat())

    def record(
        self, monitor: int, heartbeat: Heartbeat, cover: timedelta, received: datetime
    ) -> None:
        """Record a heartbeat. What it claims of the future is cut at `received`."""
        last = min(heartbeat.last, received)
        seen = Observation(min(heartbeat.since, last), last, last + cover)
        with self._lock:
            before = self.get(monitor)
            after = _extend(before, seen)
            if heartbeat.buckets:
                buckets = _merge_buckets(before.buckets, heartbeat.buckets, received)
                after = replace(after, buckets=buckets)
            self._by_monitor[monitor] = after

    def mark_judged(self, monitor: int, seen: Observation) -> None:
        """Note that the overlays of a monitor agree with what was seen."""
        with self._lock:
            before = self.get(monitor)
            lapsed = None if before.seen == seen else before.lapsed
            self._by_monitor[monitor] = replace(before, judged=seen, lapsed=lapsed)

    def unmark_all(self) -> None:
        """Have everything judged anew: the overlays are not those that were compared."""
        with self._lock:
            for monitor, before in self._by_monitor.items():
                self._by_monitor[monitor] = replace(before, judged=None)

    def reset(self) -> None:
        """Forget every observation, as at a start; latencies stay."""
        with self._lock:
            for monitor, before in self._by_monitor.items():
                self._by_monitor[monitor] = MonitorHeartbeat(buckets=before.buckets)

    def keep_only(self, monitors: Iterable[int]) -> None:
        """Forget all other monitors."""
        living = set(monitors)
        with self._lock:
            for monitor in self._by_monitor.keys() - living:
                del self._by_monitor[monitor]

    def buckets(self, monitor: int, now: datetime) -> tuple[LatencyBucket, ...]:
        """Return the latency buckets of the last 24 hours, in order."""
        by_start = sorted(self.get(monitor).buckets.items())
        return tuple(bucket for start, bucket in by_start if now - start < latency.KEPT)

    def buckets_until(self, monitor: int, now: datetime) -> datetime:
        """Return from where on latency buckets are missing."""
        oldest = latency.start_of(now - latency.KEPT)
        known = self.get(monitor).buckets
        return max(known) + latency.WIDTH if known else oldest


def _merge_buckets(
    known: Mapping[datetime, LatencyBucket], new: Iterable[LatencyBucket], received: datetime
) -> Mapping[datetime, LatencyBucket]:
    buckets = {start: b for start, b in known.items() if received - start < latency.KEPT}
    buckets |= {b.start: b for b in new if b.start <= received}
    # A sender may say anything, and this memory is everybody's.
    newest = sorted(buckets)[-MAX_BUCKETS:]
    return {start: buckets[start] for start in newest}


def _extend(before: MonitorHeartbeat, seen: Observation) -> MonitorHeartbeat:
    """Join two observations where they touch; else keep the one that reaches further."""
    old = before.seen
    if old is None:
        return replace(before, seen=seen)
    if seen.since <= old.until and old.since <= seen.until:
        since = min(old.since, seen.since)
        joined = Observation(since, max(old.last, seen.last), max(old.until, seen.until))
        return replace(before, seen=joined)
    if seen.until < old.until:
        return before
    return replace(before, seen=seen, lapsed=before.lapsed or old.until)
