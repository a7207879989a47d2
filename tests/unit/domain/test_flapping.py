"""A target that changes without end is held, and told as flapping, until an hour is calm."""

from datetime import UTC, datetime, timedelta

from allswell.domain import health, state
from allswell.domain.health import Health, HealthClaim
from allswell.domain.sample import Sample
from allswell.domain.spec.monitor import Confirm
from allswell.domain.state import State

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
AT_ONCE = Confirm(failures=1, successes=1)
TOLD = health.MOST_CHANGES_AN_HOUR
Told = tuple[Health, list[HealthClaim]]


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def judged(found: Health, *results: tuple[float, str]) -> Told:
    """Return results as second and reason; the health and the claims after them."""
    claims: list[HealthClaim] = []
    for second, reason in results:
        found, claim = health.judge(found, Sample(at(second), 1000, reason), AT_ONCE)
        claims += [claim] if claim is not None else []
    return found, claims


def alternating(count: int, other: str = "Timeout", *, every: float = 10) -> Told:
    return judged(Health(), *((n * every, other if n % 2 else "") for n in range(count)))


def test_sixty_changes_in_an_hour_are_all_told() -> None:
    _, claims = alternating(TOLD)
    assert len(claims) == TOLD


def test_the_change_after_that_which_makes_it_worse_is_told_as_flapping() -> None:
    found, claims = alternating(TOLD + 2)
    assert claims[-1] == HealthClaim(State.DOWN, at((TOLD + 1) * 10), state.FLAPPING)
    assert found.flapping


def test_while_flapping_nothing_more_is_told() -> None:
    _, claims = alternating(1000, every=5)
    assert len(claims) == TOLD + 2


def test_changes_that_are_an_hour_old_do_not_count() -> None:
    found, claims = alternating(500, every=60)
    assert (len(claims), found.flapping) == (500, False)


def test_after_a_calm_hour_the_present_state_is_told_from_its_beginning() -> None:
    found, _ = alternating(TOLD + 3)
    last = (TOLD + 2) * 10
    calm, claims = judged(found, (last + 3599, ""), (last + 3600, ""))
    assert claims == [HealthClaim(State.UP, at(last))]
    assert not calm.flapping


def test_a_change_within_the_hour_begins_the_hour_anew() -> None:
    found, _ = alternating(TOLD + 3)
    last = (TOLD + 2) * 10
    again, claims = judged(found, (last + 3590, "Timeout"), (last + 3600, ""), (last + 7000, ""))
    assert (claims, again.flapping) == ([], True)


def test_a_target_that_stays_down_after_flapping_is_not_told_again() -> None:
    found, _ = alternating(TOLD + 2)
    calm, claims = judged(found, (9000, "Timeout"))
    assert (claims, calm.flapping) == ([], False)


def test_after_a_calm_hour_each_change_is_told_again() -> None:
    found, _ = alternating(TOLD + 3)
    _, claims = judged(found, (9000, ""), (9010, "Timeout"), (9020, ""))
    assert [claim.state for claim in claims] == [State.UP, State.DOWN, State.UP]


def test_a_target_that_is_only_slow_now_and_then_is_never_called_down() -> None:
    found, claims = alternating(1000, state.SLOW, every=5)
    assert {claim.state for claim in claims} == {State.UP, State.DEGRADED}
    assert claims[-1] == HealthClaim(State.DEGRADED, at((TOLD + 1) * 5), state.SLOW)
    assert found.flapping


def test_what_is_worse_than_slow_is_told_even_while_flapping() -> None:
    found, _ = alternating(TOLD + 2, state.SLOW)
    _, claims = judged(found, (700, "Timeout"), (710, ""), (720, state.SLOW))
    assert claims == [HealthClaim(State.DOWN, at(700), state.FLAPPING)]


def test_a_clock_set_back_by_a_day_ends_the_flapping_of_the_other_time() -> None:
    found, _ = alternating(TOLD + 3)
    calm, claims = judged(found, (-86_400, ""))
    assert not calm.flapping
    assert [claim.state for claim in claims] == [State.UP]
