"""Signs of life: one small request now and then for all monitors of the process."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from allswell.checker.archive_uploader import ArchiveUploader
from allswell.checker.batch_writer import BatchWriter
from allswell.checker.clock import Clock
from allswell.checker.collector_client import CollectorClient, CollectorUnreachable
from allswell.checker.monitor_runtime import MonitorRuntime
from allswell.checker.registration import Registration
from allswell.domain import instant, latency, report
from allswell.domain.latency import LatencyBucket
from allswell.domain.message import MalformedMessage
from allswell.domain.report import Heartbeat, HeartbeatReply
from allswell.store import StoreError

log = logging.getLogger(__name__)
MOST_BUCKETS = 5_000
# How many beats pass until a monitor that was gone is asked for again.
GONE_FOR = 10
# Who is looked at anew waits for others of whom the same is true, and for no more.
SOON = 1.0
OK = 200
GONE = 410


@dataclass(slots=True)
class HeartbeatSender:
    """The loop that sends beats."""

    keeper: BatchWriter
    line: CollectorClient
    clock: Clock
    greeter: Registration
    nudge: Callable[[], None]
    every: float = 30.0
    archivist: ArchiveUploader | None = None
    away: bool = False
    count: int = 0
    _anew: asyncio.Event = field(default_factory=asyncio.Event)

    def anew(self) -> None:
        """After a gap somebody is looked at again: until a beat says so, nobody knows."""
        self._anew.set()

    async def run(self) -> None:
        """Send a beat every so often, and one more soon after a gap, for ever."""
        due = self.clock.monotonic()
        while True:
            await self.beat()
            due = max(due + self.every, self.clock.monotonic())
            while await self._is_anew(due):
                await self.beat()

    async def _is_anew(self, due: float) -> bool:
        """Wait until `due`; True, and sooner, when somebody is looked at anew before."""
        try:
            async with asyncio.timeout_at(due):
                await self._anew.wait()
                await self.clock.sleep_until(self.clock.monotonic() + SOON)
        except TimeoutError:
            return False
        finally:
            self._anew.clear()
        return True

    async def beat(self) -> bool:
        """Send one beat; True when it arrived."""
        self._ask_for_the_gone()
        subjects = [subject for subject in self.greeter.subjects.values() if not subject.gone]
        beats = await self._beats(subjects)
        message = {**report.heartbeats_json(beats), "sent_at": instant.text(self.clock.now())}
        try:
            reply = await self.line.post("/v1/beat", message)
            if reply.status == GONE:
                self._answered(
                    HeartbeatReply(gone=tuple(beat.monitor for beat in beats)), is_back=False
                )
                return False
            if reply.status != OK:
                log.debug("the collector does not take beats: %s %s", reply.status, reply.body)
                self.away = True
                return False
            pulse = report.read_heartbeat_reply(reply.body)
        except (CollectorUnreachable, MalformedMessage) as error:
            log.debug("no beat could be sent: %s", error)
            self.away = True
            return False
        self._sent(beats)
        self._answered(pulse, is_back=len(beats) < len(subjects))
        return True

    def _ask_for_the_gone(self) -> None:
        """Who is gone may come back: its manifest, or the centre from a backup."""
        self.count += 1
        gone = [entry.name for entry in self.greeter.subjects.values() if entry.gone]
        if gone and self.count % GONE_FOR == 0:
            self.greeter.again(gone)
            self.nudge()

    async def _beats(self, subjects: list[MonitorRuntime]) -> list[Heartbeat]:
        until = latency.start_of(self.clock.now())
        room, beats = MOST_BUCKETS, []
        for subject in subjects:
            seen = subject.observation
            if seen is None or not subject.greeted:
                continue
            buckets = await self._buckets(subject, until) if room > 0 else ()
            room -= len(buckets)
            waiting = self.archivist.waiting(subject) if self.archivist else ()
            beats.append(
                Heartbeat(
                    monitor=subject.name,
                    store=subject.store,
                    since=seen.since,
                    last=seen.last,
                    buckets=buckets,
                    unarchived=len(waiting),
                    oldest=min(waiting, default=None),
                    losing=self.keeper.losing,
                )
            )
        return beats

    async def _buckets(self, subject: MonitorRuntime, until: datetime) -> tuple[LatencyBucket, ...]:
        if subject.buckets_since is None or subject.buckets_since >= until:
            return ()
        since, number = max(subject.buckets_since, until - latency.KEPT), subject.number
        try:
            return await self.keeper.call(
                lambda store: latency.buckets(store.samples(number, since, until))
            )
        except StoreError as error:
            log.error("latencies cannot be read: %s", error)
            return ()

    def _sent(self, beats: list[Heartbeat]) -> None:
        for beat in beats:
            subject = self.greeter.subjects.get(beat.monitor)
            if subject is not None and beat.buckets:
                subject.buckets_since = beat.buckets[-1].start + latency.WIDTH

    def _answered(self, pulse: HeartbeatReply, *, is_back: bool) -> None:
        if pulse.greet:
            self.greeter.again()
        self.greeter.again(pulse.gone)
        if self.archivist is not None:
            self.archivist.told(wanted=pulse.archive, damaged=pulse.damaged)
        if pulse.greet or pulse.gone or is_back or self.away:
            self.nudge()
        self.away = False
