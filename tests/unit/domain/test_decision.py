"""Decisions by ordered lists of checks."""

from allswell.domain.decision import first_finding


def is_small(number: int) -> str | None:
    return "small" if number < 10 else None


def is_even(number: int) -> str | None:
    return "even" if number % 2 == 0 else None


def test_the_first_check_with_a_finding_decides() -> None:
    assert first_finding((is_small, is_even), 4) == "small"
    assert first_finding((is_even, is_small), 4) == "even"
    assert first_finding((is_small, is_even), 12) == "even"


def test_without_any_finding_there_is_none() -> None:
    assert first_finding((is_small, is_even), 13) is None


def test_no_check_runs_after_the_one_that_decides() -> None:
    def never(number: int) -> str | None:
        raise AssertionError(number)

    assert first_finding((is_small, never), 4) == "small"
