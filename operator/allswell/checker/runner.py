"""Run the loop of one monitor: wait, check, judge, write. No monitor waits for another."""

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
from allswell.domain.health import HealthClaim
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


EgressWorks = Callable[[timedelta], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Runner:
    """What every monitor's loop needs."""

    probe: Probe
    writer: BatchWriter
    clock: Clock
    grace: Grace
    counters: CheckerCounters
    secrets: Callable[[], Mapping[SecretKey, str]]
    egress_works: EgressWorks | None = None
    on_observation_begun: Callable[[], None] = lambda: None

    async def run(self, runtime: MonitorRuntime) -> None:
        """Check one monitor for ever, but not while it is gone."""
        monitor = runtime.monitor
        due, grid = schedule.start(
            self.clock.monotonic(),
            monitor.meta.namespace,
            monitor.meta.name,
            monitor.interval.total_seconds(),
            monitor.effective_every.total_seconds(),
        )
        while True:
            await self.clock.sleep_until(due)
            started = self.clock.monotonic()
            if not runtime.gone:
                self.counters.count_start(started - due)
                await self.check_once(runtime)
            confirming = runtime.health.confirming
            due, missed = grid.after(started, self.clock.monotonic(), confirming=confirming)
            self.counters.skipped += missed

    async def check_once(self, runtime: MonitorRuntime) -> None:
        """Check, judge and write once.

        1. Carry out the check.
        2. If the sample would confirm `down` while the checker's own network is lost, say so in
           the sample instead.
        3. Judge the sample and pass it to the writer.
        4. Tell when the monitor is observed again after a gap, count, and log changes.
        """
        monitor = runtime.monitor
        started = instant.floor(self.clock.now())
        outcome = await self.probe.check(monitor.check, monitor.effective_timeout, self.secrets())
        sample = Sample(started, outcome.latency_us, outcome.reason)
        async with runtime.lock:
            if runtime.would_go_down(sample) and await self._egress_lost(outcome):
                sample = replace(sample, reason=state.EGRESS_LOST)
            previous = runtime.last
            item, claim = runtime.judge(sample, self.grace)
            self.writer.add(item)
        if item.observation.since == sample.started:
            self.on_observation_begun()
        self.counters.count_result(runtime.name, sample)
        _log_changes(runtime.name, claim, previous, sample, outcome)

    async def _egress_lost(self, outcome: Outcome) -> bool:
        """Tell whether the checker's own network is broken; probed for public addresses only."""
        if self.egress_works is None or not _is_public(outcome.address):
            return False
        return not await self.egress_works(EGRESS_TIMEOUT)


def _log_changes(
    name: str,
    claim: HealthClaim | None,
    previous: Sample | None,
    sample: Sample,
    outcome: Outcome,
) -> None:
    if claim is not None:
        log.info(
            "state changed monitor=%s state=%s since=%s reason=%s",
            name,
            claim.state,
            claim.since,
            claim.reason,
        )
    if sample.reason and (previous is None or previous.reason != sample.reason):
        log.info("result changed: %s monitor=%s reason=%s", outcome.detail, name, sample.reason)


def _is_public(address: str) -> bool:
    """Tell whether an address is on the public internet; a name that was not resolved may be."""
    return not address or ipaddress.ip_address(address).is_global
