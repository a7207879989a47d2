"""When results become a state."""

from datetime import UTC, datetime, timedelta

import pytest

from allswell.domain import health, state
from allswell.domain.health import Health, HealthClaim
from allswell.domain.sample import Sample
from allswell.domain.spec.monitor import Confirm
from allswell.domain.state import State

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
USUAL = Confirm(failures=2, successes=1)
CAREFUL = Confirm(failures=3, successes=2)
WORDS = {
    "u": state.OK,
    "s": state.SLOW,
    "c": state.CERTIFICATE_EXPIRING,
    "t": state.TIMEOUT,
    "5": state.http(503),
    "e": state.EGRESS_LOST,
    "m": state.SECRET_MISSING,
}


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def samples(letters: str, first: int = 0) -> list[Sample]:
    """Return a sample each second; the letters are those of WORDS."""
    return [Sample(at(n), 1000, WORDS[letter]) for n, letter in enumerate(letters, first)]


def after(letters: str, confirm: Confirm = USUAL, begin: Health | None = None) -> Health:
    found = begin or Health()
    for sample in samples(letters):
        found, _ = health.judge(found, sample, confirm)
    return found


def told(
    letters: str, confirm: Confirm = USUAL, begin: Health | None = None
) -> list[tuple[str, float, str]]:
    """Return the claims as state, second and reason."""
    found, claims = begin or Health(), list[HealthClaim]()
    for sample in samples(letters):
        found, claim = health.judge(found, sample, confirm)
        claims += [claim] if claim is not None else []
    return [
        (claim.state.value, (claim.since - NOON).total_seconds(), claim.reason) for claim in claims
    ]


UP = ("up", 0, "")


@pytest.mark.parametrize(
    ("letters", "confirm", "expected"),
    [
        ("", USUAL, []),
        ("u", USUAL, [UP]),
        ("u", CAREFUL, [UP]),
        ("uut", USUAL, [UP]),
        ("utu", USUAL, [UP]),
        ("uututu", USUAL, [UP]),
        ("utt", USUAL, [UP, ("down", 1, "Timeout")]),
        ("ut5", USUAL, [UP, ("down", 1, "HTTP 503")]),
        ("uttttt", USUAL, [UP, ("down", 1, "Timeout")]),
        ("ut", Confirm(1, 1), [UP, ("down", 1, "Timeout")]),
        ("uttutttt", CAREFUL, [UP, ("down", 4, "Timeout")]),
        ("uttu", USUAL, [UP, ("down", 1, "Timeout"), ("up", 3, "")]),
        ("utttutuu", CAREFUL, [UP, ("down", 1, "Timeout"), ("up", 6, "")]),
        ("tt", USUAL, [("down", 0, "Timeout")]),
        ("tu", USUAL, [("up", 1, "")]),
    ],
)
def test_a_state_is_confirmed_and_dated_from_the_first_check_that_showed_it(
    letters: str, confirm: Confirm, expected: list[tuple[str, float, str]]
) -> None:
    assert expected == told(letters, confirm)


@pytest.mark.parametrize(
    ("letters", "confirm", "expected"),
    [
        ("us", USUAL, [UP]),
        ("uss", USUAL, [UP, ("degraded", 1, "Slow")]),
        ("usc", USUAL, [UP, ("degraded", 1, "CertificateExpiring")]),
        ("ss", USUAL, [("degraded", 0, "Slow")]),
        ("ssu", USUAL, [("degraded", 0, "Slow"), ("up", 2, "")]),
        ("uts", USUAL, [UP, ("degraded", 1, "Slow")]),
        ("ust", USUAL, [UP, ("degraded", 1, "Slow")]),
        ("ustt", USUAL, [UP, ("degraded", 1, "Slow"), ("down", 2, "Timeout")]),
        ("utts", USUAL, [UP, ("down", 1, "Timeout"), ("degraded", 3, "Slow")]),
        ("utttsu", CAREFUL, [UP, ("down", 1, "Timeout"), ("degraded", 4, "Slow")]),
        ("utttus", CAREFUL, [UP, ("down", 1, "Timeout"), ("degraded", 4, "Slow")]),
        ("utttsuu", CAREFUL, [UP, ("down", 1, "Timeout"), ("degraded", 4, "Slow"), ("up", 5, "")]),
    ],
)
def test_degraded_is_confirmed_by_the_same_counters_both_ways(
    letters: str, confirm: Confirm, expected: list[tuple[str, float, str]]
) -> None:
    assert expected == told(letters, confirm)


@pytest.mark.parametrize(
    ("letters", "confirm", "expected"),
    [
        ("ute", USUAL, [UP, ("unknown", 1, "EgressLost")]),
        ("uem", USUAL, [UP, ("unknown", 1, "SecretMissing")]),
        ("ue", USUAL, [UP]),
        ("usee", USUAL, [UP, ("unknown", 2, "EgressLost")]),
        ("uteeee", USUAL, [UP, ("unknown", 1, "EgressLost")]),
        ("uteu", USUAL, [UP, ("unknown", 1, "EgressLost"), ("up", 3, "")]),
        ("utett", USUAL, [UP, ("unknown", 1, "EgressLost"), ("down", 3, "Timeout")]),
        ("utes", USUAL, [UP, ("unknown", 1, "EgressLost")]),
        ("utess", USUAL, [UP, ("unknown", 1, "EgressLost"), ("degraded", 3, "Slow")]),
        ("ee", USUAL, [("unknown", 0, "EgressLost")]),
        ("teu", CAREFUL, [("up", 2, "")]),
        ("uette", CAREFUL, [UP, ("unknown", 1, "EgressLost")]),
    ],
)
def test_lost_egress_at_confirmation_is_unknown_from_the_first_failing_check(
    letters: str, confirm: Confirm, expected: list[tuple[str, float, str]]
) -> None:
    assert expected == told(letters, confirm)


@pytest.mark.parametrize("letters", ["uttttttm", "uttttttmtm", "uttm", "uttmtmtmtm"])
def test_an_unknown_result_in_an_outage_does_not_undo_the_outage(letters: str) -> None:
    assert told(letters) == [UP, ("down", 1, "Timeout")]


def test_in_an_outage_unknown_is_dated_from_the_first_unknown_result() -> None:
    expected = [UP, ("down", 1, "Timeout"), ("unknown", 4, "SecretMissing")]
    assert expected == told("utttmm")


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("", None),
        ("u", None),
        ("t", 0),
        ("ut", 1),
        ("ust", 2),
        ("utt", None),
        ("ue", 1),
        ("e", 0),
        ("ute", None),
        ("utet", 3),
        ("uttm", 3),
        ("us", 1),
        ("uss", None),
        ("usst", 3),
    ],
)
def test_a_confirmation_is_open_from_the_first_result_that_could_change_the_state(
    letters: str, expected: float | None
) -> None:
    since = after(letters).confirming_since
    assert expected == (None if since is None else (since - NOON).total_seconds())


def test_a_recovery_is_confirmed_as_well() -> None:
    found = after("utttu", CAREFUL)
    assert (at(4), True) == (found.confirming_since, found.confirming)


def test_a_state_that_nothing_contradicts_is_not_being_confirmed() -> None:
    assert not after("uuuu").confirming


def test_another_target_has_to_fail_anew() -> None:
    moved = health.retargeted(after("ut"))
    assert not moved.confirming
    assert told("t", begin=moved) == []


def test_another_target_keeps_what_was_claimed_of_the_monitor() -> None:
    moved = health.retargeted(after("utt"))
    assert moved.claim == HealthClaim(State.DOWN, at(1), "Timeout")


def test_an_empty_store_goes_on_from_what_the_collector_knows() -> None:
    down = health.starting_from(HealthClaim(State.DOWN, at(-60), "Timeout"))
    assert told("u", begin=down) == [("up", 0, "")]
    assert told("tttt", begin=down) == []


def test_nothing_known_at_the_collector_is_a_fresh_start() -> None:
    assert Health() == health.starting_from(None)


def test_a_claim_comes_at_least_a_millisecond_after_the_one_before() -> None:
    ahead = health.starting_from(HealthClaim(State.UP, at(3600)))
    _, claim = health.judge(ahead, samples("t")[0], Confirm(1, 1))
    assert HealthClaim(State.DOWN, at(3600) + MILLISECOND, "Timeout") == claim


def test_a_clock_set_back_during_a_confirmation_dates_no_claim_into_the_future() -> None:
    begin = health.starting_from(HealthClaim(State.UP, at(-7200)))
    begin, _ = health.judge(begin, Sample(at(0), 1000, "Timeout"), USUAL)
    _, claim = health.judge(begin, Sample(at(-3600), 1000, "Timeout"), USUAL)
    assert HealthClaim(State.DOWN, at(-3600), "Timeout") == claim


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("", False),
        ("t", True),
        ("u", False),
        ("ut", True),
        ("utt", False),
        ("us", False),
        ("ute", False),
        ("utet", True),
    ],
)
def test_the_checker_doubts_its_network_just_before_it_would_confirm_down(
    letters: str, *, expected: bool
) -> None:
    found = after(letters)
    failed = Sample(at(len(letters)), 1000, "Timeout")
    assert expected is health.would_go_down(found, failed, USUAL)


def test_no_good_result_makes_the_checker_doubt_its_network() -> None:
    assert not health.would_go_down(after("ut"), samples("u", 2)[0], USUAL)
