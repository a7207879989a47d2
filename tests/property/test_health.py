"""The folded health against a reading of the rules over the whole history of samples."""

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from allswell.domain import health, health_json, state
from allswell.domain.health import Health, HealthClaim
from allswell.domain.sample import Sample
from allswell.domain.spec.monitor import Confirm
from allswell.domain.state import State
from tests.property.strategies import DEGRADED, DOWN, NOON, UP, confirms, reasons, streams

known = st.one_of(*(st.sampled_from(kind) for kind in (UP, DEGRADED, DOWN)))
BADNESS = {State.UP: 0, State.DEGRADED: 1, State.DOWN: 2}


def folded(
    samples: list[Sample], confirm: Confirm, begin: Health | None = None
) -> list[HealthClaim]:
    found, claims = begin or Health(), list[HealthClaim]()
    for sample in samples:
        found, claim = health.judge(found, sample, confirm)
        claims += [claim] if claim is not None else []
    return claims


class Naive:
    """Looks back over all samples at each one; remembers the claims and nothing else."""

    def __init__(self, confirm: Confirm) -> None:
        self.confirm = confirm
        self.samples: list[Sample] = []
        self.claims: list[tuple[int, State, datetime]] = []

    def at(self, index: int) -> State | None:
        """Return the state that was settled before the sample with this index was judged."""
        before = [word for made, word, _ in self.claims if made < index]
        return before[-1] if before else None

    def tail(self, allowed: set[State]) -> list[Sample]:
        found: list[Sample] = []
        for sample in reversed(self.samples):
            if sample.state not in allowed:
                break
            found.insert(0, sample)
        return found

    def doubtful_tail(self) -> list[Sample]:
        """Return the last samples that leave the state open."""
        found: list[Sample] = []
        for index in range(len(self.samples) - 1, -1, -1):
            sample = self.samples[index]
            settles_down = (index, State.DOWN) in [(made, word) for made, word, _ in self.claims]
            repeats_down = sample.state is State.DOWN and self.at(index) is State.DOWN
            if sample.state in {State.UP, State.DEGRADED} or repeats_down or settles_down:
                break
            found.insert(0, sample)
        return found

    def verdict(self) -> tuple[State, list[Sample]] | None:
        last, now = self.samples[-1], self.at(len(self.samples))
        if last.state is State.UNKNOWN:
            doubtful = self.doubtful_tail()
            enough = len(doubtful) >= self.confirm.failures and now is not State.UNKNOWN
            return (State.UNKNOWN, doubtful) if enough else None
        bad = BADNESS.get(now, -1) if now else -1
        runs = {
            State.DOWN: self.tail({State.DOWN}),
            State.DEGRADED: self.tail({State.DOWN, State.DEGRADED}),
        }
        for word, run in runs.items():
            if BADNESS[word] > bad and len(run) >= self.confirm.failures:
                return word, run
        if bad < 0:
            return (State.UP, [last]) if last.state is State.UP else None
        runs = {
            State.UP: self.tail({State.UP}),
            State.DEGRADED: self.tail({State.UP, State.DEGRADED}),
        }
        for word, run in runs.items():
            if BADNESS[word] < bad and len(run) >= self.confirm.successes:
                return word, run
        return None

    def judge(self, sample: Sample) -> None:
        self.samples.append(sample)
        found = self.verdict()
        if found is not None:
            word, run = found
            since = run[0].started
            if self.claims:
                since = max(since, self.claims[-1][2] + timedelta(milliseconds=1))
            self.claims.append((len(self.samples) - 1, word, since))


@given(streams(), confirms)
def test_folding_says_what_the_whole_history_says(samples: list[Sample], confirm: Confirm) -> None:
    naive = Naive(confirm)
    for sample in samples:
        naive.judge(sample)
    expected = [(word, since) for _, word, since in naive.claims]
    assert expected == [(claim.state, claim.since) for claim in folded(samples, confirm)]


@given(streams(known), confirms)
def test_transitions_alternate_and_are_dated_from_the_first_check_that_showed_them(
    samples: list[Sample], confirm: Confirm
) -> None:
    claims = folded(samples, confirm)
    assert all(one.state is not other.state for one, other in pairwise(claims))
    by_start = {sample.started: n for n, sample in enumerate(samples)}
    for before, claim in pairwise([HealthClaim(State.UP, NOON), *claims]):
        first = by_start[claim.since]
        worse = BADNESS[claim.state] > BADNESS[before.state] or claim is claims[0]
        needed = confirm.failures if worse else confirm.successes
        at_once = claim is claims[0] and claim.state is State.UP
        run = samples[first : first + (1 if at_once else needed)]
        sign = 1 if worse and claim.state is not State.UP else -1
        assert all(sign * BADNESS[found.state] >= sign * BADNESS[claim.state] for found in run)


@given(streams(), confirms)
def test_a_claims_reason_implies_its_state(samples: list[Sample], confirm: Confirm) -> None:
    claims = folded(samples, confirm)
    assert [claim.state for claim in claims] == [state.of(claim.reason) for claim in claims]


@given(streams(most=150), confirms, st.lists(st.booleans(), min_size=150, max_size=150))
def test_splitting_a_stream_of_samples_changes_nothing(
    samples: list[Sample], confirm: Confirm, stops: list[bool]
) -> None:
    whole, parts = Health(), Health()
    for sample, stop in zip(samples, stops, strict=False):
        whole, expected = health.judge(whole, sample, confirm)
        parts, claim = health.judge(parts, sample, confirm)
        assert expected == claim
        parts = health_json.parse(health_json.text(parts)) if stop else parts
    assert whole == parts


@st.composite
def jumpy_streams(draw: st.DrawFn) -> list[Sample]:
    """Return samples close to each other, of a clock that is now and then set by an hour."""
    found, at = list[Sample](), NOON
    for _ in range(draw(st.integers(0, 200))):
        jump = draw(st.sampled_from([0] * 8 + [-3600, 3600]))
        at += timedelta(seconds=jump + draw(st.integers(1, 30)))
        found.append(Sample(at, 1000, draw(reasons)))
    return found


@given(jumpy_streams(), confirms)
def test_no_clock_and_no_flapping_makes_claims_go_back_or_repeat(
    samples: list[Sample], confirm: Confirm
) -> None:
    claims = folded(samples, confirm)
    assert all(one.since < other.since for one, other in pairwise(claims))
    assert all(one.state is not other.state for one, other in pairwise(claims))


@given(jumpy_streams(), confirms)
def test_no_claim_is_dated_after_every_check_so_far(
    samples: list[Sample], confirm: Confirm
) -> None:
    found, latest, told = Health(), NOON, 0
    for sample in samples:
        latest = max(latest, sample.started)
        found, claim = health.judge(found, sample, confirm)
        told += claim is not None
        assert claim is None or claim.since <= latest + told * timedelta(milliseconds=1)


@given(st.lists(known, max_size=400), confirms)
def test_no_hour_tells_more_than_flapping_allows(words: list[str], confirm: Confirm) -> None:
    found, told = Health(), list[datetime]()
    for n, word in enumerate(words):
        at = NOON + timedelta(seconds=n)
        found, claim = health.judge(found, Sample(at, 1000, word), confirm)
        told += [at] if claim is not None else []
    # One more may settle and one more worsen it, and from degraded it may still come to down.
    assert len(told) <= health.MOST_CHANGES_AN_HOUR + 3


@given(streams(), confirms, streams())
def test_another_target_starts_its_confirmation_anew(
    before: list[Sample], confirm: Confirm, after: list[Sample]
) -> None:
    found = Health()
    for sample in before:
        found, _ = health.judge(found, sample, confirm)
    later = [Sample(entry.started + timedelta(days=9), 1, entry.reason) for entry in after]
    for claim in folded(later, confirm, health.retargeted(found)):
        assert claim.since >= NOON + timedelta(days=9)
