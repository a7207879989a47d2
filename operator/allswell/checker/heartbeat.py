"""Send heartbeats: one small request now and then for all monitors of the process."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from allswell.checker.archive_uploader import ArchiveUploader
from allswell.checker.batch_writer import BatchWriter
from allswell.checker.clock import Clock
from allswell.checker.collector_client import CollectorClient
from allswell.checker.errors import CollectorUnreachable
from allswell.checker.monitor_runtime import MonitorRuntime
from allswell.checker.registration import Registration
from allswell.domain import instant, latency, report
from allswell.domain.latency import LatencyBucket
from allswell.domain.message import MalformedMessage
from allswell.domain.report import Heartbeat, HeartbeatReply
from allswell.store import StoreError

log = logging.getLogger(__name__)
MAX_BUCKETS = 5_000
# How many heartbeats pass until a monitor that was gone is registered again.
RETRY_GONE_AFTER = 10
# A heartbeat that is asked for waits this long, so that it serves other monitors as well.
GROUP_DELAY = 1.0
OK = 200
GONE = 410


@dataclass(slots=True)
class HeartbeatSender:
    """The loop that sends heartbeats; `interval` in seconds, `wake_sender` wakes the outbox."""

    writer: BatchWriter
    collector: CollectorClient
    clock: Clock
    registration: Registration
    wake_sender: Callable[[], None]
    interval: float = 30.0
    archive_uploader: ArchiveUploader | None = None
    unreachable: bool = False
    count: int = 0
    _soon: asyncio.Event = field(default_factory=asyncio.Event)

    def send_soon(self) -> None:
        """Send a heartbeat soon: a monitor is observed again, and only a heartbeat says so."""
        self._soon.set()

    async def run(self) -> None:
        """Send a heartbeat every interval, and one more soon after a gap, for ever."""
        due = self.clock.monotonic()
        while True:
            await self.send()
            due = max(due + self.interval, self.clock.monotonic())
            while await self._is_asked_before(due):
                await self.send()

    async def _is_asked_before(self, due: float) -> bool:
        """Wait until `due`; True, and sooner, when a heartbeat is asked for before."""
        try:
            async with asyncio.timeout_at(due):
                await self._soon.wait()
                await self.clock.sleep_until(self.clock.monotonic() + GROUP_DELAY)
        except TimeoutError:
            return False
        finally:
            self._soon.clear()
        return True

    async def send(self) -> bool:
        """Send one heartbeat; True when it arrived.

        1. Every so often, register monitors again that were gone.
        2. Gather a heartbeat for each monitor that is registered and has been checked.
        3. Post them, and act on the reply.
        """
        self._retry_gone()
        runtimes = [entry for entry in self.registration.runtimes.values() if not entry.gone]
        heartbeats = await self._heartbeats(runtimes)
        message = {**report.heartbeats_json(heartbeats), "sent_at": instant.text(self.clock.now())}
        try:
            reply = await self.collector.post("/v1/beat", message)
            if reply.status == GONE:
                self._handle(
                    HeartbeatReply(gone=tuple(heartbeat.monitor for heartbeat in heartbeats)),
                    is_partial=False,
                )
                return False
            if reply.status != OK:
                log.debug("heartbeat: refused status=%s body=%s", reply.status, reply.body)
                self.unreachable = True
                return False
            heartbeat_reply = report.read_heartbeat_reply(reply.body)
        except (CollectorUnreachable, MalformedMessage) as error:
            log.debug("heartbeat: not sent: %s", error)
            self.unreachable = True
            return False
        self._advance_buckets(heartbeats)
        self._handle(heartbeat_reply, is_partial=len(heartbeats) < len(runtimes))
        return True

    def _retry_gone(self) -> None:
        """Register again what was gone: its manifest may be back, or the database restored."""
        self.count += 1
        gone = [runtime.name for runtime in self.registration.runtimes.values() if runtime.gone]
        if gone and self.count % RETRY_GONE_AFTER == 0:
            self.registration.require(gone)
            self.wake_sender()

    async def _heartbeats(self, runtimes: list[MonitorRuntime]) -> list[Heartbeat]:
        until = latency.start_of(self.clock.now())
        room, heartbeats = MAX_BUCKETS, []
        for runtime in runtimes:
            observation = runtime.observation
            if observation is None or not runtime.registered:
                continue
            buckets = await self._buckets(runtime, until) if room > 0 else ()
            room -= len(buckets)
            uploader = self.archive_uploader
            unarchived = uploader.unarchived_days(runtime) if uploader else ()
            heartbeats.append(
                Heartbeat(
                    monitor=runtime.name,
                    store=runtime.store,
                    since=observation.since,
                    last=observation.last,
                    buckets=buckets,
                    unarchived=len(unarchived),
                    oldest=min(unarchived, default=None),
                    losing=self.writer.losing,
                )
            )
        return heartbeats

    async def _buckets(self, runtime: MonitorRuntime, until: datetime) -> tuple[LatencyBucket, ...]:
        if runtime.buckets_since is None or runtime.buckets_since >= until:
            return ()
        since, number = max(runtime.buckets_since, until - latency.KEPT), runtime.number
        try:
            return await self.writer.call(
                lambda store: latency.buckets(store.samples(number, since, until))
            )
        except StoreError as error:
            log.error("heartbeat: latencies cannot be read: %s monitor=%s", error, runtime.name)
            return ()

    def _advance_buckets(self, heartbeats: list[Heartbeat]) -> None:
        """Note which latency buckets have been delivered."""
        for heartbeat in heartbeats:
            runtime = self.registration.runtimes.get(heartbeat.monitor)
            if runtime is not None and heartbeat.buckets:
                runtime.buckets_since = heartbeat.buckets[-1].start + latency.WIDTH

    def _handle(self, reply: HeartbeatReply, *, is_partial: bool) -> None:
        """Act on the collector's reply; `is_partial` when not every monitor was in the heartbeat.

        1. Require the registrations that it asks for.
        2. Pass on what it says of the archive.
        3. Wake the outbox where there is something to register or the collector was away.
        """
        if reply.greet:
            self.registration.require()
        self.registration.require(reply.gone)
        if self.archive_uploader is not None:
            self.archive_uploader.update(configured=reply.archive, damaged=reply.damaged)
        if reply.greet or reply.gone or is_partial or self.unreachable:
            self.wake_sender()
        self.unreachable = False
