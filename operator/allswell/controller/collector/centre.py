"""The centre's bookkeeping: greets checkers, accepts envelopes, watches for silence.

Synchronous: the HTTP side and the clock call it from one writing thread, except `beat` and
`latencies`, which touch memory only and may be called from anywhere at any time, so that beats are
taken even while the database hangs.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from allswell.central.writer import MonitorRow, Writer
from allswell.controller.collector.identity import Identity, Refused
from allswell.controller.collector.presence import Presence, Presences
from allswell.domain import report, watch
from allswell.domain.health import Claim
from allswell.domain.latency import Bucket
from allswell.domain.report import Beat, DayReport, Envelope, Greeting, Pulse, Standing, Transition
from allswell.domain.timeline import Overlay
from allswell.domain.watch import Watched

log = logging.getLogger(__name__)
TOLERATED_SKEW = timedelta(seconds=2)


class UnknownMonitor(Refused):
    """The sender speaks of a monitor that is not (or no longer) there."""

    status = 410


@dataclass(frozen=True, slots=True)
class News:
    """A change of state that was just written, for whoever shows it on a terminal."""

    namespace: str
    monitor: str
    claim: Claim


class Centre:
    """The centre's state in memory beside the writer of the database."""

    def __init__(self, writer: Writer, *, on_news: Callable[[News], None] = lambda _: None) -> None:
        self._writer = writer
        self._on_news = on_news
        self._presences = Presences()
        self._living: Mapping[tuple[str, str], MonitorRow] = {}
        self._unseen: dict[int, tuple[Overlay, ...]] = {}
        self._greeted: set[tuple[int, str]] = set()
        self._spoken: dict[int, bool] = {}
        self.started: datetime | None = None
        self.observed_through: datetime | None = None

    def start(self, now: datetime) -> None:
        """Read where the centre had come to. Raises what the writer raises."""
        self.observed_through = self._writer.start(now)
        self.reload()
        self.started = now

    def reload(self) -> None:
        """Read again which monitors live, and what of them is noted as unseen."""
        rows = self._writer.living()
        self._unseen = dict(self._writer.unseen([row.id for row in rows]))
        self._living = {(row.namespace, row.name): row for row in rows}
        self._presences.keep_only(row.id for row in rows)
        # Whoever never spoke has no silence to judge: its life begins unknown.
        new = {row.id for row in rows if not row.spoken} - self._spoken.keys()
        self._spoken = {row.id: self._spoken.get(row.id, row.id not in new) for row in rows}

    def hello(
        self, sender: Identity, greetings: Sequence[Greeting], now: datetime
    ) -> tuple[Standing, ...]:
        """Where each monitor stands; one that is not there is `gone`."""
        return tuple(self._greet(sender, greeting, now) for greeting in greetings)

    def _greet(self, sender: Identity, greeting: Greeting, now: datetime) -> Standing:
        row = self._row(sender, greeting.monitor)
        if row is None:
            return Standing(greeting.monitor, gone=True)
        found = self._writer.hello(row.id, greeting.store, now)
        self._greeted.add((row.id, greeting.store))
        return replace(found, buckets_since=self._presences.buckets_until(row.id, now))

    def beat(
        self, sender: Identity, beats: Sequence[Beat], sent: datetime, received: datetime
    ) -> Pulse:
        """Keep beats in memory. Asks for a hello when a store has not been greeted."""
        skew = skew_of(sent, received)
        greet, gone = False, []
        for beat in beats:
            row = self._row(sender, beat.monitor)
            if row is None:
                gone.append(beat.monitor)
                continue
            greet |= (row.id, beat.store) not in self._greeted
            self._presences.beat(row.id, report.beat_shifted(beat, skew), row.cover, received)
        return Pulse(greet, tuple(gone))

    def accept(
        self, sender: Identity, envelope: Envelope, sent: datetime, received: datetime
    ) -> bool:
        """Write an envelope; False when it was there already.

        Raises `UnknownMonitor`, and what the writer raises.
        """
        row = self._row(sender, envelope.monitor)
        if row is None:
            raise UnknownMonitor(f"there is no monitor {envelope.monitor!r} here")
        if isinstance(envelope, DayReport):
            return self._writer.accept_rollup(row.id, envelope, received)
        return self._accept_transition(row, envelope, sent, received)

    def _accept_transition(
        self, row: MonitorRow, transition: Transition, sent: datetime, received: datetime
    ) -> bool:
        shifted = report.shifted(transition, skew_of(sent, received), received)
        new = self._writer.accept_transition(
            row.id, shifted, received, claimed=transition.claim.since
        )
        if new:
            self._on_news(News(row.namespace, row.name, shifted.claim))
        return new

    def watch(self, now: datetime) -> None:
        """Judge every monitor's cover and move `observed_through`.

        Raises what the writer raises; then nothing has moved, and the next call does it.
        """
        self.settle(now)
        if self.started is None or self.observed_through is None:
            return
        watched = [
            self._watched(row)
            for row in self._living.values()
            if self._spoken.get(row.id) or self._presences.of(row.id).seen is not None
        ]
        found = watch.judge(watched, self.observed_through, self.started, now)
        if found.opened:
            self._writer.open_unseen(found.opened, now)
            self._reload_unseen(list(found.opened))
        self._writer.observe(found.observed_through)
        self.observed_through = found.observed_through

    def settle(self, now: datetime) -> None:
        """Take back what was noted as unseen where beats have proved otherwise."""
        if self.observed_through is None:
            return
        for row in self._living.values():
            presence = self._presences.of(row.id)
            if presence.seen is not None:
                self._correct(row.id, presence, self.observed_through, now)

    def _correct(self, monitor: int, presence: Presence, through: datetime, now: datetime) -> None:
        first = not presence.judged and self._spoken.get(monitor, False)
        noted = self._unseen.get(monitor, ())
        seen = presence.seen
        if seen is not None and watch.corrected(noted, seen, through, first=first) != noted:
            self._writer.correct_unseen(monitor, seen, through, first=first, now=now)
            self._reload_unseen([monitor])
        self._presences.judged(monitor)

    def _watched(self, row: MonitorRow) -> Watched:
        is_open = any(overlay.end is None for overlay in self._unseen.get(row.id, ()))
        return Watched(row.id, row.cover, self._presences.of(row.id).seen, is_open)

    def _reload_unseen(self, monitors: Sequence[int]) -> None:
        found = self._writer.unseen(monitors)
        for monitor in monitors:
            self._unseen[monitor] = found.get(monitor, ())

    def latencies(self, public_ids: Sequence[str]) -> Mapping[str, tuple[Bucket, ...]]:
        """Today's latency of the monitors asked for, by public id."""
        by_public = {row.public_id: row.id for row in self._living.values()}
        known = (public for public in public_ids if public in by_public)
        return {public: self._presences.buckets(by_public[public]) for public in known}

    def _row(self, sender: Identity, monitor: str) -> MonitorRow | None:
        if sender.monitor and sender.monitor != monitor:
            return None
        return self._living.get((sender.namespace, monitor))


def skew_of(sent: datetime, received: datetime) -> timedelta:
    """How far a sender's clock is behind ours; nothing when it is within tolerance."""
    skew = received - sent
    return skew if abs(skew) > TOLERATED_SKEW else timedelta()
