"""The centre's bookkeeping: greets checkers, accepts envelopes, watches for silence.

Synchronous: the HTTP side and the clock call it from one writing thread, except `beat` and
`latencies`, which touch memory only and may be called from anywhere at any time, so that beats are
taken even while the database hangs.
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
from allswell.domain import instant, report, watch
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
    Transition,
)
from allswell.domain.timeline import Overlay
from allswell.domain.watch import WatchedMonitor

log = logging.getLogger(__name__)
TOLERATED_SKEW = timedelta(seconds=2)
# Longer than any wait for the database: then it was us who did not run.
ASLEEP = timedelta(seconds=90)
MOST_DAMAGED = 100


class UnknownMonitor(RequestRefused):
    """The sender speaks of a monitor that is not (or no longer) there."""

    status = 410


@dataclass(frozen=True, slots=True)
class StateChange:
    """A change of state that was just written, for whoever shows it on a terminal."""

    namespace: str
    monitor: str
    claim: HealthClaim


class CollectorState:
    """The centre's state in memory beside the writer of the database."""

    def __init__(
        self,
        writer: CentralWriter,
        *,
        on_news: Callable[[StateChange], None] = lambda _: None,
        archive: ArchiveBacklog | None = None,
    ) -> None:
        self._writer = writer
        self.archive = archive or ArchiveBacklog()
        self._on_news = on_news
        self._presences = Heartbeats()
        self._living: Mapping[tuple[str, str], MonitorRow] = {}
        self._unseen: dict[int, tuple[Overlay, ...]] = {}
        # The store of which each monitor last said hello, by the monitor's id.
        self._greeted: dict[int, str] = {}
        self._spoken: dict[int, bool] = {}
        self._hellos: dict[int, datetime] = {}
        self._watched_at: datetime | None = None
        self._is_in_doubt = False
        self._has_news = False
        self.started: datetime | None = None
        self.observed_through: datetime | None = None

    def start(self, now: datetime) -> None:
        """Read where the centre had come to. Raises what the writer raises."""
        self.observed_through = self._writer.start(now)
        self.reload()
        self.started = instant.floor(now)

    def reload(self) -> None:
        """Read again which monitors live, and what of them is noted as unseen.

        Somebody has changed that (a pause begins or ends, for one), and pages are to show it soon.
        """
        rows = self._writer.living()
        self._has_news = True
        self._unseen = dict(self._writer.unseen([row.id for row in rows]))
        self._living = {(row.namespace, row.name): row for row in rows}
        self._presences.keep_only(row.id for row in rows)
        self.archive.keep_only(row.id for row in rows)
        # Whoever had not spoken when we first knew of it has no silence before its first beat.
        self._spoken = {row.id: self._spoken.get(row.id, row.spoken) for row in rows}

    def hello(
        self, sender: Sender, greetings: Sequence[Hello], now: datetime
    ) -> tuple[StoreStanding, ...]:
        """Where each monitor stands; one that is not there is `gone`."""
        return tuple(self._greet(sender, greeting, now) for greeting in greetings)

    def _greet(self, sender: Sender, greeting: Hello, now: datetime) -> StoreStanding:
        row = self._row(sender, greeting.monitor)
        if row is None:
            return StoreStanding(greeting.monitor, gone=True)
        found = self._writer.hello(row.id, greeting.store, now)
        self._greeted[row.id] = greeting.store
        self._hellos.setdefault(row.id, instant.floor(now))
        return replace(found, buckets_since=self._presences.buckets_until(row.id, now))

    def beat(
        self, sender: Sender, beats: Sequence[Heartbeat], sent: datetime, received: datetime
    ) -> HeartbeatReply:
        """Keep beats in memory. Asks for a hello when a store has not been greeted."""
        received = instant.floor(received)
        skew = skew_of(sent, received)
        greet, gone = False, []
        damaged: list[tuple[str, date]] = []
        for beat in beats:
            row = self._row(sender, beat.monitor)
            if row is None:
                gone.append(beat.monitor)
                continue
            greet |= self._greeted.get(row.id) != beat.store
            self._presences.beat(row.id, report.shift_heartbeat(beat, skew), row.cover, received)
            self.archive.beat(row.id, beat.unarchived, beat.oldest, losing=beat.losing)
            damaged += [(beat.monitor, day) for day in self.archive.damaged.get(row.id, ())]
        lost = tuple(damaged[:MOST_DAMAGED])
        return HeartbeatReply(greet, tuple(gone), self.archive.configured, lost)

    def accept(
        self, sender: Sender, envelope: Envelope, sent: datetime, received: datetime
    ) -> bool:
        """Write an envelope; False when it was there already.

        Raises `UnknownMonitor`, and what the writer raises.
        """
        received = instant.floor(received)
        row = self.row(sender, envelope.monitor)
        if isinstance(envelope, DayReport):
            return self._writer.accept_rollup(row.id, envelope, received)
        return self._accept_transition(row, envelope, sent, received)

    def _accept_transition(
        self, row: MonitorRow, transition: Transition, sent: datetime, received: datetime
    ) -> bool:
        shifted = report.shift_transition(transition, skew_of(sent, received), received)
        self._see_as_far_as(shifted.claim.since, received)
        new = self._writer.accept_transition(
            row.id, shifted, received, claimed=transition.claim.since
        )
        if new:
            self._on_news(StateChange(row.namespace, row.name, shifted.claim))
        return new

    def _see_as_far_as(self, since: datetime, now: datetime) -> None:
        """Move `observed_through` past a change that is about to be written.

        A page is read anew when the change is there, and states nothing of what was not observed.
        """
        if self.observed_through is not None and self.observed_through <= since:
            self.watch(now)

    def watch(self, now: datetime) -> None:
        """Judge every monitor's cover and move `observed_through`.

        Raises what the writer raises; then nothing has moved, and the next call does it.
        """
        now = instant.floor(now)
        self._look_at_the_clock(now)
        try:
            self._watch(now)
        except CentralError:
            self._is_in_doubt = True
            raise

    def _watch(self, now: datetime) -> None:
        if self._is_in_doubt:
            self._take_up(now)
        self.settle(now)
        if self.started is None or self.observed_through is None:
            return
        watched = [each for row in self._living.values() if (each := self._watched(row))]
        found = watch.judge(watched, self.observed_through, self.started, now)
        if found.opened:
            self._writer.open_unseen(found.opened, now)
            self._reload_unseen(list(found.opened))
        self._writer.observe(found.observed_through)
        self.observed_through = found.observed_through

    def _take_up(self, now: datetime) -> None:
        """Go on with a database that was away: it may be an older copy of itself.

        Everybody is asked to say hello, and so to send at once what it lacks.
        """
        through = self._writer.start(now)
        if self.observed_through is not None and through < self.observed_through:
            self._presences.doubt()
            self.observed_through = through
        self.reload()
        self._greeted.clear()
        self._is_in_doubt = False

    def _look_at_the_clock(self, now: datetime) -> None:
        """Begin anew when the clock was set back, or when we have been asleep ourselves."""
        before, self._watched_at = self._watched_at, now
        if before is not None and not -TOLERATED_SKEW <= now - before <= ASLEEP:
            log.warning("the clock has moved by %s: silence is judged anew", now - before)
            self._presences.forget()
            self._hellos.clear()
            self.started = now

    def settle(self, now: datetime) -> bool:
        """Take back what was noted as unseen where beats have proved otherwise.

        Whether something of the ledgers has changed, by this or by others. Pages are read anew
        then: watch at once, so that they show more than the time before.
        """
        now = instant.floor(now)
        self._look_at_the_clock(now)
        if self.observed_through is None:
            return False
        changed, self._has_news = self._has_news, False
        for row in self._living.values():
            presence = self._presences.of(row.id)
            if presence.seen is not None and presence.seen != presence.judged:
                through = self.observed_through
                changed |= self._correct(row.id, presence.seen, presence, through, now)
        return changed

    def _correct(
        self,
        monitor: int,
        seen: Observation,
        presence: MonitorHeartbeat,
        through: datetime,
        now: datetime,
    ) -> bool:
        first = presence.judged is None and self._spoken.get(monitor, False)
        if presence.lapsed is not None:
            self._writer.open_unseen({monitor: presence.lapsed}, now)
            self._reload_unseen([monitor])
        noted = self._unseen.get(monitor, ())
        is_wrong = watch.correct(noted, seen, through, first=first) != noted
        if is_wrong:
            self._writer.correct_unseen(monitor, seen, through, first=first, now=now)
            self._reload_unseen([monitor])
        self._presences.judged(monitor, seen)
        return is_wrong

    def _watched(self, row: MonitorRow) -> WatchedMonitor | None:
        """What is to be judged of a monitor; None for one that has never spoken."""
        seen = self._presences.of(row.id).seen
        if seen is None and not self._spoken.get(row.id):
            hello = self._hellos.get(row.id)
            if hello is None:
                return None
            # A hello promises a beat: if none comes, the silence is as long as after a check.
            seen = Observation(hello, hello, hello + row.cover)
        is_open = any(overlay.end is None for overlay in self._unseen.get(row.id, ()))
        return WatchedMonitor(row.id, row.cover, seen, is_open)

    def _reload_unseen(self, monitors: Sequence[int]) -> None:
        found = self._writer.unseen(monitors)
        for monitor in monitors:
            self._unseen[monitor] = found.get(monitor, ())

    def latencies(
        self, public_ids: Sequence[str], now: datetime
    ) -> Mapping[str, tuple[LatencyBucket, ...]]:
        """Today's latency of the monitors asked for, by public id."""
        by_public = {row.public_id: row.id for row in self._living.values()}
        known = (public for public in public_ids if public in by_public)
        return {public: self._presences.buckets(by_public[public], now) for public in known}

    def known(self, place: tuple[str, str]) -> int | None:
        """The id of a living monitor by namespace and name; any thread may ask."""
        row = self._living.get(place)
        return None if row is None else row.id

    def row(self, sender: Sender, monitor: str) -> MonitorRow:
        """A monitor of the sender's; any thread may ask. Raises `UnknownMonitor`."""
        row = self._row(sender, monitor)
        if row is None:
            raise UnknownMonitor(f"there is no monitor {monitor!r} here")
        return row

    def _row(self, sender: Sender, monitor: str) -> MonitorRow | None:
        if sender.monitor and sender.monitor != monitor:
            return None
        return self._living.get((sender.namespace, monitor))


def skew_of(sent: datetime, received: datetime) -> timedelta:
    """How far a sender's clock is behind ours; nothing when it is within tolerance."""
    skew = received - sent
    return skew if abs(skew) > TOLERATED_SKEW else timedelta()
