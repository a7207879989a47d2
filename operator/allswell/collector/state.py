"""Hold the collector's state: greet checkers, accept envelopes, judge silence.

Synchronous: the HTTP API and the ticker call it from one writing thread, except `heartbeat`,
`latencies`, `monitor_id` and `monitor_row`, which touch memory only and may be called from anywhere
at any time, so that heartbeats are accepted even while the database hangs.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from allswell.central.errors import CentralError
from allswell.central.writer import CentralWriter, MonitorRow
from allswell.collector.archive.backlog import ArchiveBacklog
from allswell.collector.authentication import RequestRefused, Sender
from allswell.collector.heartbeats import Heartbeats, MonitorHeartbeat
from allswell.domain import instant, report, silence
from allswell.domain.cover import Observation
from allswell.domain.health import HealthClaim
from allswell.domain.latency import LatencyBucket
from allswell.domain.report import (
    DayReport,
    Envelope,
    Heartbeat,
    HeartbeatReply,
    Hello,
    StoreStanding,
)
from allswell.domain.silence import WatchedMonitor
from allswell.domain.timeline import Overlay

log = logging.getLogger(__name__)
TOLERATED_SKEW = timedelta(seconds=2)
# Longer than any wait for the database: then it was this process that did not run.
MAX_PAUSE = timedelta(seconds=90)
MAX_DAMAGED = 100


class UnknownMonitor(RequestRefused):
    """The sender names a monitor that is not (or no longer) there."""

    status = 410


@dataclass(frozen=True, slots=True)
class StateChange:
    """A change of state that was just written, for whoever shows it on a terminal."""

    namespace: str
    monitor: str
    claim: HealthClaim


class CollectorState:
    """The collector's state in memory, beside the writer of the central database.

    `started` is None until `start` has succeeded. Nothing may be stated of any time after
    `observed_through`.
    """

    def __init__(
        self,
        writer: CentralWriter,
        *,
        on_change: Callable[[StateChange], None] = lambda _: None,
        archive_backlog: ArchiveBacklog | None = None,
    ) -> None:
        self._writer = writer
        self.archive_backlog = archive_backlog or ArchiveBacklog()
        self._on_change = on_change
        self._heartbeats = Heartbeats()
        self._monitors: Mapping[tuple[str, str], MonitorRow] = {}
        self._unseen: dict[int, tuple[Overlay, ...]] = {}
        # By the monitor's id: the store of its last hello, whether it has ever reported, and when
        # it first said hello since the start.
        self._store_of: dict[int, str] = {}
        self._has_reported: dict[int, bool] = {}
        self._hello_at: dict[int, datetime] = {}
        self._checked_clock_at: datetime | None = None
        self._database_was_away = False
        self._ledgers_changed = False
        self.started: datetime | None = None
        self.observed_through: datetime | None = None

    def start(self, now: datetime) -> None:
        """Read where the collector left off. Raises `CentralError`."""
        self.observed_through = self._writer.start(now)
        self.reload()
        self.started = instant.floor(now)

    def reload(self) -> None:
        """Read again which monitors live, and what of them is recorded as unseen.

        Somebody has changed that (a pause begins or ends, for one), and pages are to show it soon.
        Raises `CentralError`.
        """
        rows = self._writer.living()
        self._ledgers_changed = True
        self._unseen = dict(self._writer.unseen([row.id for row in rows]))
        self._monitors = {(row.namespace, row.name): row for row in rows}
        self._heartbeats.keep_only(row.id for row in rows)
        self.archive_backlog.keep_only(row.id for row in rows)
        # What had not reported when it was first read has no silence before its first heartbeat.
        known = self._has_reported
        self._has_reported = {row.id: known.get(row.id, row.has_reported) for row in rows}

    def hello(
        self, sender: Sender, hellos: Sequence[Hello], now: datetime
    ) -> tuple[StoreStanding, ...]:
        """Say where each monitor stands; one that is not there is `gone`. Raises `CentralError`."""
        return tuple(self._hello(sender, hello, now) for hello in hellos)

    def _hello(self, sender: Sender, hello: Hello, now: datetime) -> StoreStanding:
        row = self._find(sender, hello.monitor)
        if row is None:
            return StoreStanding(hello.monitor, gone=True)
        standing = self._writer.hello(row.id, hello.store, now)
        self._store_of[row.id] = hello.store
        self._hello_at.setdefault(row.id, instant.floor(now))
        return replace(standing, buckets_since=self._heartbeats.buckets_until(row.id, now))

    def heartbeat(
        self, sender: Sender, heartbeats: Sequence[Heartbeat], sent: datetime, received: datetime
    ) -> HeartbeatReply:
        """Record heartbeats in memory. Asks for a hello where a store has not said one."""
        received = instant.floor(received)
        skew = skew_of(sent, received)
        greet, gone = False, []
        damaged: list[tuple[str, date]] = []
        backlog = self.archive_backlog
        for heartbeat in heartbeats:
            row = self._find(sender, heartbeat.monitor)
            if row is None:
                gone.append(heartbeat.monitor)
                continue
            greet |= self._store_of.get(row.id) != heartbeat.store
            shifted = report.shift_heartbeat(heartbeat, skew)
            self._heartbeats.record(row.id, shifted, row.cover, received)
            backlog.record(row.id, heartbeat.unarchived, heartbeat.oldest, losing=heartbeat.losing)
            damaged += [(heartbeat.monitor, day) for day in backlog.damaged.get(row.id, ())]
        lost = tuple(damaged[:MAX_DAMAGED])
        return HeartbeatReply(greet, tuple(gone), backlog.configured, lost)

    def accept(
        self, sender: Sender, envelope: Envelope, sent: datetime, received: datetime
    ) -> bool:
        """Write an envelope; False when it was there already.

        1. Find the monitor that it is about: one of the sender's.
        2. A day's roll-up is written as it is.
        3. A transition's time is corrected by the error of the sender's clock.
        4. `observed_through` advances past it first: a page is read anew when the transition is
           there, and states nothing of what was not observed.
        5. It is written, and `on_change` is called if it is new.

        Raises `UnknownMonitor` and `CentralError`.
        """
        received = instant.floor(received)
        row = self.monitor_row(sender, envelope.monitor)
        if isinstance(envelope, DayReport):
            return self._writer.accept_rollup(row.id, envelope, received)
        shifted = report.shift_transition(envelope, skew_of(sent, received), received)
        if self.observed_through is not None and self.observed_through <= shifted.claim.since:
            self.judge_silence(received)
        new = self._writer.accept_transition(
            row.id, shifted, received, claimed=envelope.claim.since
        )
        if new:
            self._on_change(StateChange(row.namespace, row.name, shifted.claim))
        return new

    def judge_silence(self, now: datetime) -> None:
        """Judge every monitor's cover, and advance `observed_through`.

        1. Where the clock has jumped, forget what was seen by the old one.
        2. Where the database was away, read again where it stands: it may be an older copy.
        3. Correct `unseen` where heartbeats have disproved it.
        4. Open `unseen` for every monitor whose cover has ended.
        5. Write how far has now been observed.

        Raises `CentralError`; then nothing has moved, and the next call does it.
        """
        now = instant.floor(now)
        self._check_clock(now)
        try:
            self._judge_silence(now)
        except CentralError:
            self._database_was_away = True
            raise

    def _judge_silence(self, now: datetime) -> None:
        if self._database_was_away:
            self._resume(now)
        self.correct_unseen(now)
        if self.started is None or self.observed_through is None:
            return
        watched = [w for row in self._monitors.values() if (w := self._watched(row))]
        judgement = silence.judge(watched, self.observed_through, self.started, now)
        if judgement.opened:
            self._writer.open_unseen(judgement.opened, now)
            self._reload_unseen(list(judgement.opened))
        self._writer.observe(judgement.observed_through)
        self.observed_through = judgement.observed_through

    def _resume(self, now: datetime) -> None:
        """Go on with a database that was away: it may be an older copy of itself.

        Every checker is asked to say hello, and so to send at once what the database lacks.
        """
        through = self._writer.start(now)
        if self.observed_through is not None and through < self.observed_through:
            self._heartbeats.unmark_all()
            self.observed_through = through
        self.reload()
        self._store_of.clear()
        self._database_was_away = False

    def _check_clock(self, now: datetime) -> None:
        """Start anew when the clock was set back, or when this process did not run."""
        before, self._checked_clock_at = self._checked_clock_at, now
        if before is not None and not -TOLERATED_SKEW <= now - before <= MAX_PAUSE:
            log.warning("collector: the clock jumped by %s; silence is judged anew", now - before)
            self._heartbeats.reset()
            self._hello_at.clear()
            self.started = now

    def correct_unseen(self, now: datetime) -> bool:
        """Take `unseen` back where heartbeats have disproved it. Raises `CentralError`.

        Returns whether something of the ledgers has changed, by this or by others. Pages are read
        anew then: judge silence at once, so that they show more than the time before.
        """
        now = instant.floor(now)
        self._check_clock(now)
        if self.observed_through is None:
            return False
        changed, self._ledgers_changed = self._ledgers_changed, False
        for row in self._monitors.values():
            heartbeat = self._heartbeats.get(row.id)
            if heartbeat.seen is not None and heartbeat.seen != heartbeat.judged:
                through = self.observed_through
                changed |= self._correct(row.id, heartbeat.seen, heartbeat, through, now)
        return changed

    def _correct(
        self,
        monitor: int,
        seen: Observation,
        heartbeat: MonitorHeartbeat,
        through: datetime,
        now: datetime,
    ) -> bool:
        first = heartbeat.judged is None and self._has_reported.get(monitor, False)
        if heartbeat.lapsed is not None:
            self._writer.open_unseen({monitor: heartbeat.lapsed}, now)
            self._reload_unseen([monitor])
        recorded = self._unseen.get(monitor, ())
        is_wrong = silence.correct(recorded, seen, through, first=first) != recorded
        if is_wrong:
            self._writer.correct_unseen(monitor, seen, through, first=first, now=now)
            self._reload_unseen([monitor])
        self._heartbeats.mark_judged(monitor, seen)
        return is_wrong

    def _watched(self, row: MonitorRow) -> WatchedMonitor | None:
        """Return what is to be judged of a monitor; None for one that has never reported."""
        seen = self._heartbeats.get(row.id).seen
        if seen is None and not self._has_reported.get(row.id):
            hello_at = self._hello_at.get(row.id)
            if hello_at is None:
                return None
            # A hello promises a heartbeat: without one, silence is as long as after a check.
            seen = Observation(hello_at, hello_at, hello_at + row.cover)
        is_open = any(overlay.end is None for overlay in self._unseen.get(row.id, ()))
        return WatchedMonitor(row.id, row.cover, seen, is_open)

    def _reload_unseen(self, monitors: Sequence[int]) -> None:
        unseen = self._writer.unseen(monitors)
        for monitor in monitors:
            self._unseen[monitor] = unseen.get(monitor, ())

    def latencies(
        self, public_ids: Sequence[str], now: datetime
    ) -> Mapping[str, tuple[LatencyBucket, ...]]:
        """Return today's latency of the living ones among these monitors, by public id."""
        by_public_id = {row.public_id: row.id for row in self._monitors.values()}
        known = (public_id for public_id in public_ids if public_id in by_public_id)
        return {it: self._heartbeats.buckets(by_public_id[it], now) for it in known}

    def monitor_id(self, place: tuple[str, str]) -> int | None:
        """Return the id of a living monitor by namespace and name; any thread may ask."""
        row = self._monitors.get(place)
        return None if row is None else row.id

    def monitor_row(self, sender: Sender, monitor: str) -> MonitorRow:
        """Return a monitor of the sender's; any thread may ask. Raises `UnknownMonitor`."""
        row = self._find(sender, monitor)
        if row is None:
            raise UnknownMonitor(f"there is no monitor {monitor!r} here")
        return row

    def _find(self, sender: Sender, monitor: str) -> MonitorRow | None:
        if sender.monitor and sender.monitor != monitor:
            return None
        return self._monitors.get((sender.namespace, monitor))


def skew_of(sent: datetime, received: datetime) -> timedelta:
    """Return how far a sender's clock is behind; zero when that is within tolerance."""
    skew = received - sent
    return skew if abs(skew) > TOLERATED_SKEW else timedelta()
