"""Hold one monitor as the checker runs it: its health, and the claims made so far."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b

from allswell.domain import cover, health, instant
from allswell.domain.cover import Grace, Observation
from allswell.domain.health import Health, HealthClaim
from allswell.domain.report import Transition
from allswell.domain.sample import Sample
from allswell.domain.spec import monitor as spec
from allswell.domain.spec.check import KINDS
from allswell.domain.spec.monitor import Monitor
from allswell.store import BatchItem, EnrolledMonitor


def target_hash(monitor: Monitor) -> str:
    """Hash what is checked: when the hash changes, a pending confirmation is void."""
    block = repr(sorted(KINDS[monitor.kind].text(monitor.check).items()))
    return blake2b(block.encode(), digest_size=16).hexdigest()


@dataclass(slots=True)
class MonitorRuntime:
    """The running state of one monitor. Only the event loop touches it.

    `lock` is held while a sample is judged and while a registration moves the monitor to another
    store, so that no claim is numbered under a store that is being left.
    """

    monitor: Monitor
    number: int
    store: str
    sequence: int
    health: Health
    observation: Observation | None
    registered: bool = False
    gone: bool = False
    buckets_since: datetime | None = None
    last: Sample | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def name(self) -> str:
        """Return the monitor's name, by which reports call it."""
        return self.monitor.meta.name

    def load(self, enrolled: EnrolledMonitor) -> None:
        """Take over the state that the store holds."""
        self.number, self.store, self.sequence = enrolled.number, enrolled.store, enrolled.sequence
        self.health, self.observation = enrolled.health, enrolled.observation

    def would_go_down(self, sample: Sample) -> bool:
        """Tell whether this sample would confirm `down`."""
        return health.would_go_down(self.health, sample, self.monitor.confirm)

    def judge(self, sample: Sample, grace: Grace) -> tuple[BatchItem, HealthClaim | None]:
        """Judge a sample; return what to write, and the claim if there is a new one."""
        self.health, claim = health.judge(self.health, sample, self.monitor.confirm)
        span = grace.cover(self.monitor.interval)
        self.observation = cover.extend(self.observation, sample.started, span)
        self.last = sample
        envelopes: tuple[Transition, ...] = ()
        if claim is not None:
            self.sequence += 1
            envelopes = (Transition(self.name, self.store, self.sequence, claim),)
        return BatchItem(self.number, sample, self.health, self.observation, envelopes), claim


def runtime_of(monitor: Monitor, enrolled: EnrolledMonitor) -> MonitorRuntime:
    """Return the running state of a monitor that has just been enrolled in the store."""
    return MonitorRuntime(
        monitor=monitor,
        number=enrolled.number,
        store=enrolled.store,
        sequence=enrolled.sequence,
        health=enrolled.health,
        observation=enrolled.observation,
    )


def day_is_over(runtime: MonitorRuntime, now: datetime, latest: timedelta) -> bool:
    """Tell whether the UTC day before today can be sealed for a monitor.

    That is when a sample that started after midnight is kept and no confirmation begun before
    midnight is open, and `latest` after midnight in any case.
    """
    midnight = instant.day_start(instant.day_of(now))
    if now >= midnight + latest:
        return True
    began = runtime.health.confirming_since
    is_past = runtime.last is not None and runtime.last.started >= midnight
    return is_past and (began is None or began >= midnight)


def run_alike(first: Monitor, second: Monitor) -> bool:
    """Tell whether two manifests run alike, so that nothing has to be restarted."""
    return spec.text(first) == spec.text(second)
