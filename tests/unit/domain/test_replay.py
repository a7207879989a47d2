"""A replay says what was claimed; with another rule, what that would have said."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from allswell.domain import health, replay
from allswell.domain.health import Health, HealthClaim
from allswell.domain.replay import DayFigures, Replay
from allswell.domain.sample import Sample
from allswell.domain.spec.monitor import Confirm
from allswell.domain.state import State
from tests.central_database import DAY, NOON

SECOND = timedelta(seconds=1)
REASONS = st.lists(st.sampled_from(["", "", "Timeout", "Slow", "EgressLost"]), max_size=200)
RULES = st.builds(Confirm, st.integers(1, 4), st.integers(1, 4))


def samples(reasons: list[str]) -> list[Sample]:
    return [Sample(NOON + number * SECOND, 1, reason) for number, reason in enumerate(reasons)]


def claimed(reasons: list[str], rule: Confirm) -> list[HealthClaim]:
    """Return what a checker claims while it goes along."""
    now, found = Health(), []
    for sample in samples(reasons):
        now, claim = health.judge(now, sample, rule)
        found += [claim] if claim else []
    return found


@given(REASONS, RULES)
def test_with_the_same_rule_nothing_differs(reasons: list[str], rule: Confirm) -> None:
    again = Replay(None, rule)
    assert list(again.through(samples(reasons))) == samples(reasons)
    assert again.claims == claimed(reasons, rule)
    assert replay.transitions(claimed(reasons, rule), again.claims).same


def test_another_rule_is_shown_by_what_only_one_side_has() -> None:
    reasons = ["", "Timeout", "", "Timeout", "Timeout", ""]
    again = Replay(None, Confirm(2))
    list(again.through(samples(reasons)))
    changed = replay.transitions(claimed(reasons, Confirm(1)), again.claims)
    assert [claim.since - NOON for claim in changed.recorded_only] == [SECOND, 2 * SECOND]
    assert changed.replayed_only == ()


def test_a_replay_goes_on_from_where_the_monitor_stood() -> None:
    before = HealthClaim(State.DOWN, NOON - DAY, "Timeout")
    again = Replay(before, Confirm())
    list(again.through(samples(["Timeout", ""])))
    assert again.claims == [before, HealthClaim(State.UP, NOON + SECOND)]


def test_days_differ_by_what_they_count() -> None:
    day = NOON.date()
    good, other, none = DayFigures(3, 3, 1, 1), DayFigures(3, 2, 1, 1), DayFigures(0, 0, None, None)
    assert replay.days({day: good}, {day: good}) == ()
    assert replay.days({day: none}, {}) == ()
    assert replay.days({day: good}, {day: other}) == ((day, good, other),)
    assert replay.days({}, {day: good}) == ((day, None, good),)
    assert replay.days({day: good}, {}) == ((day, good, None),)


def test_confirming_checks_that_come_too_soon_are_passed_over() -> None:
    moments = [
        (0, ""),
        (60, "Timeout"),
        (65, "Timeout"),
        (70, "Timeout"),
        (90, "Timeout"),
        (120, ""),
    ]
    taken = [Sample(NOON + second * SECOND, 1, reason) for second, reason in moments]
    strict, patient = Replay(None, Confirm(3)), Replay(None, Confirm(3, 1, 30 * SECOND))
    for sample in taken:
        strict.take(sample)
        patient.take(sample)
    assert [claim.state for claim in strict.claims] == [State.UP, State.DOWN, State.UP]
    assert [claim.state for claim in patient.claims] == [State.UP]
