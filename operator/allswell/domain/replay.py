"""Replay raw samples into transitions and roll-ups, and compare them with what was recorded.

A replay with the monitor's own rule gives what its checker claimed, as long as every sample
is there; with another rule it says what that would have claimed. Re-checks are among the samples at
the times when they were made. What another rule would have checked sooner, nobody knows; of what it
would have checked later, `confirm.every` passes over the samples between.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from allswell.domain import health
from allswell.domain.health import HealthClaim
from allswell.domain.rollup import RollUp
from allswell.domain.sample import Sample
from allswell.domain.spec.monitor import Confirm


class Replay:
    """Folds samples, in the order of their starts, from where a monitor stood before them."""

    def __init__(self, before: HealthClaim | None, confirm: Confirm) -> None:
        self._health = health.starting_from(before)
        self._confirm = confirm
        self._last: datetime | None = None
        self.claims: list[HealthClaim] = [] if before is None else [before]

    def take(self, sample: Sample) -> None:
        """Fold one sample in, unless a confirming one comes sooner than the rule asks for."""
        if self._is_too_soon(sample):
            return
        self._last = sample.started
        self._health, claim = health.judge(self._health, sample, self._confirm)
        if claim is not None:
            self.claims.append(claim)

    def _is_too_soon(self, sample: Sample) -> bool:
        every, last = self._confirm.every, self._last
        if every is None or last is None or not self._health.confirming:
            return False
        return timedelta() <= sample.started - last < every

    def through(self, samples: Iterable[Sample]) -> Iterable[Sample]:
        """Yield the same samples, folding each in as it passes."""
        for sample in samples:
            self.take(sample)
            yield sample


@dataclass(frozen=True, slots=True)
class Difference:
    """The claims that only one side has."""

    recorded_only: tuple[HealthClaim, ...]
    replayed_only: tuple[HealthClaim, ...]

    @property
    def same(self) -> bool:
        """Tell whether there is no difference."""
        return not self.recorded_only and not self.replayed_only


def transitions(recorded: Sequence[HealthClaim], replayed: Sequence[HealthClaim]) -> Difference:
    """Compare two ledgers by state, moment and reason."""
    return Difference(
        tuple(claim for claim in recorded if claim not in replayed),
        tuple(claim for claim in replayed if claim not in recorded),
    )


@dataclass(frozen=True, slots=True)
class DayFigures:
    """The counts and latencies (microseconds) of a day's roll-up."""

    checks: int
    successful: int
    average_us: int | None
    p95_us: int | None


def figures(roll: RollUp) -> DayFigures:
    """Return the figures of a roll-up."""
    return DayFigures(roll.checks, roll.successful, roll.average_us, roll.p95_us)


def days(
    recorded: Mapping[date, DayFigures], replayed: Mapping[date, DayFigures]
) -> tuple[tuple[date, DayFigures | None, DayFigures | None], ...]:
    """Return the days whose figures differ, with what was recorded and what was replayed."""
    differing = []
    for day in sorted(recorded.keys() | replayed.keys()):
        old, new = recorded.get(day), replayed.get(day)
        silent = old is not None and old.checks == 0 and new is None
        if old != new and not silent:
            differing.append((day, old, new))
    return tuple(differing)
