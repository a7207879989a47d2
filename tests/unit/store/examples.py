"""Samples, envelopes and batches as tests write them; times are minutes after `NOW`."""

from datetime import UTC, date, datetime, timedelta

from allswell.domain.cover import Observation
from allswell.domain.health import Health, HealthClaim, starting_from
from allswell.domain.report import DayReport, Transition
from allswell.domain.rollup import RollUp, of_day
from allswell.domain.sample import Sample
from allswell.domain.state import State
from allswell.store import BatchItem, EnrolledMonitor, Store

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = date(2026, 11, 23)
DOWN = HealthClaim(State.DOWN, NOW, "Timeout")
UP = HealthClaim(State.UP, NOW)


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def sample(minutes: float = 0, reason: str = "", latency_us: int = 1_000) -> Sample:
    return Sample(at(minutes), latency_us, reason)


def seen(minutes: float = 0) -> Observation:
    return Observation(at(minutes), at(minutes), at(minutes + 3))


def change(
    monitor: EnrolledMonitor, sequence: int, minutes: float = 0, name: str = "api"
) -> Transition:
    """Return the state of a number: an odd one begins an outage, an even one ends it."""
    word, reason = (State.DOWN, "Timeout") if sequence % 2 else (State.UP, "")
    return Transition(name, monitor.store, sequence, HealthClaim(word, at(minutes), reason))


def day_report(
    monitor: EnrolledMonitor, revision: int, day: date = TODAY, checks: int = 0
) -> DayReport:
    roll = of_day(day, [sample()] * checks) if checks else RollUp(day, 0, 0, None, None)
    return DayReport("api", monitor.store, revision, roll)


def batched(
    monitor: EnrolledMonitor,
    minutes: float = 0,
    *envelopes: Transition | DayReport,
    health: Health | None = None,
) -> BatchItem:
    claims = [each.claim for each in envelopes if isinstance(each, Transition)]
    found = health or starting_from(claims[-1] if claims else monitor.health.claim)
    return BatchItem(monitor.number, sample(minutes), found, seen(minutes), envelopes)


def all_samples(store: Store, monitor: EnrolledMonitor) -> list[Sample]:
    return list(store.samples(monitor.number, at(-10_000_000), at(10_000_000)))


def waiting(store: Store, minutes: float = 0) -> list[object]:
    return [each.envelope for each in store.outbox(10_000, at(minutes))]
