"""Carries envelopes to the collector, in order, until each is delivered or dead."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto

from allswell.checker.batch_writer import BatchWriter
from allswell.checker.clock import Clock
from allswell.checker.collector_client import CollectorClient, CollectorUnreachable
from allswell.domain import instant, report
from allswell.store import OutboxEnvelope, StoreError

log = logging.getLogger(__name__)
FIRST_WAIT = 1.0
LONGEST_WAIT = 300.0
AT_ONCE = 100
GONE = 410
# These concern one monitor, or one report; every other answer that may pass concerns all alike.
ONE = frozenset({403, 404, 500})
UNREACHED = frozenset({401, 408, 429})


class Delivery(Enum):
    """What an answer means for an envelope."""

    DELIVERED = auto()
    RETRY = auto()
    UNREACHED = auto()
    GONE = auto()
    DEAD = auto()


def delivery_of(status: int) -> Delivery:
    """2xx delivered; 410 the monitor is gone; what may pass is tried again; other 4xx are dead."""
    if 200 <= status < 300:  # noqa: PLR2004 - the 2xx class
        return Delivery.DELIVERED
    if status == GONE:
        return Delivery.GONE
    if status in ONE:
        return Delivery.RETRY
    if status in UNREACHED or not 400 <= status < 500:  # noqa: PLR2004 - the 4xx class
        return Delivery.UNREACHED
    return Delivery.DEAD


def wait_after(failures: int, chance: float) -> float:
    """Seconds until the next try: exponential with full jitter, `chance` in [0, 1)."""
    return float(chance * min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(failures, 16)))


async def _until(event: asyncio.Event, due: float | None) -> None:
    """Wait for an event, until the loop's clock shows `due`."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(due):
            await event.wait()


@dataclass(slots=True)
class OutboxSender:
    """The loop that empties the outbox."""

    keeper: BatchWriter
    line: CollectorClient
    clock: Clock
    greeted: Callable[[], Awaitable[bool]]
    gone: Callable[[str], None]
    failures: int = 0
    nudged: asyncio.Event = field(default_factory=asyncio.Event)
    _deferred: dict[str, float] = field(default_factory=dict)

    def nudge(self) -> None:
        """The collector answers again, or somebody must be greeted: do not wait any longer."""
        self.nudged.set()
        self.keeper.reported.set()

    async def run(self) -> None:
        """Deliver for ever."""
        while True:
            self.keeper.reported.clear()
            self.nudged.clear()
            if await self.round():
                self.failures = 0
                await _until(self.keeper.reported, min(self._deferred.values(), default=None))
            else:
                self.failures += 1
                wait = wait_after(self.failures, random.random())  # noqa: S311 - jitter
                await _until(self.nudged, self.clock.monotonic() + wait)

    async def round(self) -> bool:
        """Try everything in the outbox once; False when the collector could not take it.

        What is deferred, with its monitor, does not count.
        """
        try:
            return await self.greeted() and await self._empty()
        except StoreError as error:
            log.error("the outbox cannot be read or written: %s", error)
            return False

    async def _empty(self) -> bool:
        """Send what waits, in order; what must wait holds back only its own monitor."""
        now = self.clock.monotonic()
        self._deferred = {name: at for name, at in self._deferred.items() if at > now}
        held_back: set[str] = set()
        while waiting := await self._waiting():
            for outgoing in waiting:
                if outgoing.envelope.monitor in held_back:
                    continue
                answer = await self._send(outgoing)
                if answer is Delivery.UNREACHED:
                    return False
                if answer in (Delivery.RETRY, Delivery.GONE):
                    held_back.add(outgoing.envelope.monitor)
                    await self._defer(outgoing)
        return True

    async def _waiting(self) -> tuple[OutboxEnvelope, ...]:
        now = self.clock.now()
        return await self.keeper.call(lambda store: store.outbox(AT_ONCE, now))

    async def _defer(self, outgoing: OutboxEnvelope) -> None:
        seconds = 1 + wait_after(outgoing.attempts + 2, random.random())  # noqa: S311 - jitter
        until = self.clock.now() + timedelta(seconds=seconds)
        self._deferred[outgoing.envelope.monitor] = self.clock.monotonic() + seconds + 0.1
        await self.keeper.call(lambda store: store.deferred([outgoing.id], until))

    async def _send(self, outgoing: OutboxEnvelope) -> Delivery:
        now = self.clock.now()
        message = {**report.envelope_json(outgoing.envelope), "sent_at": instant.text(now)}
        try:
            reply = await self.line.post("/v1/report", message)
        except CollectorUnreachable as error:
            log.debug("the collector cannot be reached: %s", error)
            return Delivery.UNREACHED
        found = delivery_of(reply.status)
        if found is Delivery.DELIVERED:
            await self.keeper.call(lambda store: store.delivered([outgoing.id], now))
        elif found is Delivery.DEAD:
            log.error("the collector refuses a report for good: %s %s", reply.status, reply.body)
            await self.keeper.call(lambda store: store.dead(outgoing.id, str(reply.status), now))
        elif found is Delivery.GONE:
            self.gone(outgoing.envelope.monitor)
        return found
