"""Send the outbox's envelopes to the collector, in order, until each is delivered or dead."""

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
from allswell.checker.collector_client import CollectorClient
from allswell.checker.errors import CollectorUnreachable
from allswell.domain import instant, report
from allswell.store import OutboxEnvelope, StoreError

log = logging.getLogger(__name__)
FIRST_WAIT = 1.0
LONGEST_WAIT = 300.0
BATCH_SIZE = 100
GONE = 410
# These concern one monitor, or one report; every other transient status concerns all alike.
ONE_MONITOR = frozenset({403, 404, 500})
UNREACHED = frozenset({401, 408, 429})


class Delivery(Enum):
    """What a reply's status means for an envelope."""

    DELIVERED = auto()
    RETRY = auto()
    UNREACHED = auto()
    GONE = auto()
    DEAD = auto()


def delivery_of(status: int) -> Delivery:
    """Classify a status: 2xx delivered, 410 gone, transient ones retried, other 4xx dead."""
    if 200 <= status < 300:  # noqa: PLR2004 - the 2xx class
        return Delivery.DELIVERED
    if status == GONE:
        return Delivery.GONE
    if status in ONE_MONITOR:
        return Delivery.RETRY
    if status in UNREACHED or not 400 <= status < 500:  # noqa: PLR2004 - the 4xx class
        return Delivery.UNREACHED
    return Delivery.DEAD


def backoff(failures: int, chance: float) -> float:
    """Return the seconds until the next try: exponential with full jitter, `chance` in [0, 1)."""
    return float(chance * min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(failures, 16)))


async def _wait(event: asyncio.Event, deadline: float | None) -> None:
    """Wait for an event, until the loop's clock shows `deadline`."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(deadline):
            await event.wait()


@dataclass(slots=True)
class OutboxSender:
    """The loop that empties the outbox.

    `register` registers what needs it and returns whether all is registered; `on_gone` gets the
    name of a monitor that the collector says is gone.
    """

    writer: BatchWriter
    collector: CollectorClient
    clock: Clock
    register: Callable[[], Awaitable[bool]]
    on_gone: Callable[[str], None]
    failures: int = 0
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _deferred: dict[str, float] = field(default_factory=dict)

    def wake(self) -> None:
        """Wake the loop: the collector answers again, or a monitor must be registered."""
        self._woken.set()
        self.writer.reports_pending.set()

    async def run(self) -> None:
        """Deliver for ever."""
        while True:
            self.writer.reports_pending.clear()
            self._woken.clear()
            if await self.send_all():
                self.failures = 0
                await _wait(self.writer.reports_pending, min(self._deferred.values(), default=None))
            else:
                self.failures += 1
                seconds = backoff(self.failures, random.random())  # noqa: S311 - jitter
                await _wait(self._woken, self.clock.monotonic() + seconds)

    async def send_all(self) -> bool:
        """Try everything in the outbox once; False when the collector could not take it.

        A report that is deferred, with the rest of its monitor's, does not count.
        """
        try:
            return await self.register() and await self._empty()
        except StoreError as error:
            log.error("outbox: the store cannot be read or written: %s", error)
            return False

    async def _empty(self) -> bool:
        """Send the outbox in order; a report that must wait holds back only its own monitor's.

        1. Forget the monitors whose wait is over.
        2. Read the next batch of envelopes that are due, until there are none.
        3. Send each, unless an earlier one of its monitor was deferred meanwhile.
        4. Stop where the collector cannot be reached; defer what concerns one monitor.
        """
        now = self.clock.monotonic()
        self._deferred = {name: at for name, at in self._deferred.items() if at > now}
        held_back: set[str] = set()
        while due := await self._due():
            for outgoing in due:
                if outgoing.envelope.monitor in held_back:
                    continue
                delivery = await self._send(outgoing)
                if delivery is Delivery.UNREACHED:
                    return False
                if delivery in (Delivery.RETRY, Delivery.GONE):
                    held_back.add(outgoing.envelope.monitor)
                    await self._defer(outgoing)
        return True

    async def _due(self) -> tuple[OutboxEnvelope, ...]:
        now = self.clock.now()
        return await self.writer.call(lambda store: store.outbox(BATCH_SIZE, now))

    async def _defer(self, outgoing: OutboxEnvelope) -> None:
        seconds = 1 + backoff(outgoing.attempts + 2, random.random())  # noqa: S311 - jitter
        until = self.clock.now() + timedelta(seconds=seconds)
        self._deferred[outgoing.envelope.monitor] = self.clock.monotonic() + seconds + 0.1
        await self.writer.call(lambda store: store.defer([outgoing.id], until))

    async def _send(self, outgoing: OutboxEnvelope) -> Delivery:
        now = self.clock.now()
        message = {**report.envelope_json(outgoing.envelope), "sent_at": instant.text(now)}
        try:
            reply = await self.collector.post("/v1/report", message)
        except CollectorUnreachable as error:
            log.debug("outbox: the collector cannot be reached: %s", error)
            return Delivery.UNREACHED
        delivery = delivery_of(reply.status)
        if delivery is Delivery.DELIVERED:
            await self.writer.call(lambda store: store.mark_delivered([outgoing.id], now))
        elif delivery is Delivery.DEAD:
            log.error(
                "outbox: the collector rejects a report for good monitor=%s status=%s body=%s",
                outgoing.envelope.monitor,
                reply.status,
                reply.body,
            )
            await self.writer.call(
                lambda store: store.mark_dead(outgoing.id, str(reply.status), now)
            )
        elif delivery is Delivery.GONE:
            self.on_gone(outgoing.envelope.monitor)
        return delivery
