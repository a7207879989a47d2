"""Decide when results become a state: confirmation, `degraded`, flapping, lost egress.

The checker folds each sample into a `Health`. A worse state is claimed after `failures` samples in
a row that are at least that bad, a better one after `successes` samples that are at least that
good, and the claim is dated from the first sample of the run. A blip that is not confirmed costs
nothing. Folding is sample by sample, so where a stream is cut makes no difference.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from allswell.domain import state
from allswell.domain.instant import MILLISECOND
from allswell.domain.sample import Sample
from allswell.domain.spec.monitor import Confirm
from allswell.domain.state import OK, State

HOUR = timedelta(hours=1)
MOST_CHANGES_AN_HOUR = 60
_BADNESS = {State.UP: 0, State.DEGRADED: 1, State.DOWN: 2}
_RANK = {State.UP: 0, State.DEGRADED: 1, State.UNKNOWN: 2, State.DOWN: 3}


@dataclass(frozen=True, slots=True)
class HealthClaim:
    """A checker's claim: since `since` the target is in this state, for this reason."""

    state: State
    since: datetime
    reason: str = OK


@dataclass(frozen=True, slots=True)
class Streak:
    """Samples in a row that share a property: how many, and the first one's start.

    `reason` is the latest one that fits the state which the streak would claim.
    """

    count: int
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Health:
    """What the checker must remember of one monitor between two samples.

    `claim` was last reported. `settled` is what the samples have confirmed; the two
    differ only while flapping. `worse` and `better` hold the streaks of samples at least as bad, or
    at least as good, as each state. `blind` is the streak of samples that leave open how the target
    is: unknown ones, and failures that do not merely repeat a settled `down`.
    """

    claim: HealthClaim | None = None
    settled: HealthClaim | None = None
    worse: dict[State, Streak] = field(default_factory=dict)
    better: dict[State, Streak] = field(default_factory=dict)
    blind: Streak | None = None
    changes: tuple[datetime, ...] = ()
    flapping: bool = False

    @property
    def confirming(self) -> bool:
        """Tell whether a streak is open that could still change the state: then re-check sooner."""
        return self.confirming_since is not None

    @property
    def confirming_since(self) -> datetime | None:
        """Return the start of the oldest streak that could still change the state, or None."""
        now = None if self.settled is None else self.settled.state
        bad = 0 if now is None else _BADNESS.get(now, 0)
        open_streaks = [run for level, run in self.worse.items() if _BADNESS[level] > bad]
        open_streaks += [run for level, run in self.better.items() if _BADNESS[level] < bad]
        if self.blind is not None and now is not State.UNKNOWN:
            open_streaks.append(self.blind)
        return min((run.since for run in open_streaks), default=None)


def starting_from(claim: HealthClaim | None) -> Health:
    """Continue from the last claim that the collector has of a monitor."""
    return Health(claim=claim, settled=claim)


def retargeted(health: Health) -> Health:
    """Forget what was being confirmed, because the target changed."""
    return replace(health, worse={}, better={}, blind=None)


def would_go_down(health: Health, sample: Sample, confirm: Confirm) -> bool:
    """Tell whether this sample would confirm `down`; a checker then tests its network first."""
    after = _settle(_extend(health, sample), sample, confirm)
    before = None if health.settled is None else health.settled.state
    return after is not None and after.state is State.DOWN and before is not State.DOWN


def judge(health: Health, sample: Sample, confirm: Confirm) -> tuple[Health, HealthClaim | None]:
    """Fold one sample into the health; return the claim to report, or None.

    1. Extend, begin or break the streaks by the sample's state.
    2. Settle: confirm a new state when its streak is long enough, dated from its first sample.
    3. Announce: report the settled state, or hold `Flapping` until an hour is calm.

    Samples come in the order in which they were taken. A start before the last one means that the
    wall clock was set back: no claim goes back with it, and none is dated after the sample itself
    unless the claim before it already was.
    """
    extended = _extend(health, sample)
    settled = _settle(extended, sample, confirm)
    if settled is not None:
        recent = [at for at in extended.changes if _is_recent(at, sample.started)]
        extended = replace(
            extended,
            settled=settled,
            changes=(*recent, sample.started)[-MOST_CHANGES_AN_HOUR - 1 :],
            blind=None if settled.state is State.DOWN else extended.blind,
        )
    return _announce(extended, sample.started)


def _is_recent(change: datetime, at: datetime) -> bool:
    # What a clock that has been set back left in the future counts no longer than the past does.
    return abs(at - change) < HOUR


def _extend(health: Health, sample: Sample) -> Health:
    """Extend, begin or break every streak by one sample."""
    observed = sample.state
    is_down = health.settled is not None and health.settled.state is State.DOWN
    blind = None
    if observed is State.UNKNOWN or (observed is State.DOWN and not is_down):
        blind = _longer(health.blind, sample, State.UNKNOWN)
    if observed is State.UNKNOWN:
        return replace(health, worse={}, better={}, blind=blind)
    bad = _BADNESS[observed]
    worse = {
        level: _longer(health.worse.get(level), sample, level)
        for level in (State.DEGRADED, State.DOWN)
        if bad >= _BADNESS[level]
    }
    better = {
        level: _longer(health.better.get(level), sample, level)
        for level in (State.UP, State.DEGRADED)
        if bad <= _BADNESS[level]
    }
    return replace(health, worse=worse, better=better, blind=blind)


def _longer(run: Streak | None, sample: Sample, level: State) -> Streak:
    if run is None:
        return Streak(1, sample.started, sample.reason)
    # A claim's reason must imply its state: `Timeout` explains no `degraded`.
    reason = sample.reason if sample.state is level else run.reason
    return Streak(run.count + 1, min(run.since, sample.started), reason)


def _settle(health: Health, sample: Sample, confirm: Confirm) -> HealthClaim | None:
    """Return the newly confirmed state, or None when what was settled still stands."""
    now = None if health.settled is None else health.settled.state
    if sample.state is State.UNKNOWN:
        run = health.blind
        if now is State.UNKNOWN or run is None or run.count < confirm.failures:
            return None
        return _dated(health, State.UNKNOWN, run)
    bad = -1 if now is None else _BADNESS.get(now, -1)
    for level in (State.DOWN, State.DEGRADED):
        run = health.worse.get(level)
        if run is not None and _BADNESS[level] > bad and run.count >= confirm.failures:
            return _dated(health, level, run)
    if bad < 0:
        # Nothing is known yet: one good answer settles it, for nothing bad is said by that.
        run = health.better.get(State.UP)
        return None if run is None else _dated(health, State.UP, run)
    for level in (State.UP, State.DEGRADED):
        run = health.better.get(level)
        if run is not None and _BADNESS[level] < bad and run.count >= confirm.successes:
            return _dated(health, level, run)
    return None


def _dated(health: Health, level: State, run: Streak) -> HealthClaim:
    since = run.since
    if health.settled is not None:
        since = max(since, health.settled.since + MILLISECOND)
    return HealthClaim(level, since, run.reason)


def _announce(health: Health, at: datetime) -> tuple[Health, HealthClaim | None]:
    """Decide what is reported: the settled state, or `Flapping` until an hour is calm.

    While flapping, only what is worse than the last claim is reported, so the claim stays at the
    worst that was seen. When the hour is over, the report is dated from where the state began.
    """
    settled, reported = health.settled, health.claim
    same = settled is not None and reported is not None and reported.state is settled.state
    if settled is None or (same and not health.flapping):
        return health, None
    recent = sum(_is_recent(change, at) for change in health.changes)
    worse = reported is not None and _RANK[settled.state] > _RANK[reported.state]
    flapping = bool(recent) and (health.flapping or (worse and recent > MOST_CHANGES_AN_HOUR))
    health = replace(health, flapping=flapping)
    if reported is None:
        return replace(health, claim=settled), settled
    if same or (flapping and not worse):
        return health, None
    reason = state.FLAPPING if flapping and settled.state is State.DOWN else settled.reason
    claim = HealthClaim(settled.state, max(settled.since, reported.since + MILLISECOND), reason)
    return replace(health, claim=claim), claim
