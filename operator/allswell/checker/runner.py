"""The loop of one monitor: wait, check, judge, hand over. No monitor waits for another."""

import ipaddress
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from allswell.checker import schedule
from allswell.checker.batch_writer import BatchWriter
from allswell.checker.clock import Clock
from allswell.checker.metrics import CheckerCounters
from allswell.checker.monitor_runtime import MonitorRuntime
from allswell.domain import instant, state
from allswell.domain.cover import Grace
from allswell.domain.sample import Sample
from allswell.domain.spec.check import Check
from allswell.domain.spec.http import SecretKey
from allswell.probe import Outcome

log = logging.getLogger(__name__)
EGRESS_TIMEOUT = timedelta(seconds=5)


class Probe(Protocol):
    """Carries out checks."""

    async def check(
        self,
        check: Check,
        timeout: timedelta,  # noqa: ASYNC109
        secrets: Mapping[SecretKey, str],
    ) -> Outcome:
        """Check once, within `timeout`; never raises."""
        ...


Egress = Callable[[timedelta], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Runner:
    """What every monitor's loop needs."""

    probe: Probe
    keeper: BatchWriter
    clock: Clock
    grace: Grace
    tally: CheckerCounters
    secrets: Callable[[], Mapping[SecretKey, str]]
    egress: Egress | None = None
    anew: Callable[[], None] = lambda: None

    async def run(self, subject: MonitorRuntime) -> None:
        """Check one monitor for ever, but not while it is gone."""
        monitor = subject.monitor
        due, grid = schedule.beginning(
            self.clock.monotonic(),
            monitor.meta.namespace,
            monitor.meta.name,
            monitor.interval.total_seconds(),
            monitor.effective_every.total_seconds(),
        )
        while True:
            await self.clock.sleep_until(due)
            started = self.clock.monotonic()
            if not subject.gone:
                self.tally.started(started - due)
                await self.once(subject)
            confirming = subject.health.confirming
            due, missed = grid.after(started, self.clock.monotonic(), confirming=confirming)
            self.tally.skipped += missed

    async def once(self, subject: MonitorRuntime) -> None:
        """Check, judge and hand over once."""
        monitor = subject.monitor
        started = instant.floor(self.clock.now())
        outcome = await self.probe.check(monitor.check, monitor.effective_timeout, self.secrets())
        sample = Sample(started, outcome.latency_us, outcome.reason)
        async with subject.lock:
            if subject.would_go_down(sample) and await self._egress_lost(outcome):
                sample = replace(sample, reason=state.EGRESS_LOST)
            before = subject.last
            kept, claim = subject.take(sample, self.grace)
            self.keeper.keep(kept)
        if kept.observation.since == sample.started:
            self.anew()
        self.tally.checked(subject.name, sample)
        if claim is not None:
            log.info("%s is %s since %s %s", subject.name, claim.state, claim.since, claim.reason)
        if sample.reason and (before is None or before.reason != sample.reason):
            log.info("%s: %s (%s)", subject.name, sample.reason, outcome.detail)

    async def _egress_lost(self, outcome: Outcome) -> bool:
        """Whether it is our own network that is broken; asked for public addresses only."""
        if self.egress is None or not _is_public(outcome.address):
            return False
        return not await self.egress(EGRESS_TIMEOUT)


def _is_public(address: str) -> bool:
    """Whether an address is on the public internet; a name that was not resolved may be."""
    return not address or ipaddress.ip_address(address).is_global
