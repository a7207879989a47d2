"""How long a sample speaks, and when observation is unbroken."""

from datetime import UTC, datetime, timedelta

import pytest

from allswell.domain import cover
from allswell.domain.cover import Grace, Observation

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
COVER = 90 * SECOND


def at(*seconds: float) -> Observation:
    """Return the stretch after samples at these seconds after noon."""
    seen = None
    for second in seconds:
        seen = cover.extend(seen, NOON + second * SECOND, COVER)
    assert seen is not None
    return seen


def stretch(since: float, last: float, until: float) -> Observation:
    return Observation(*(NOON + second * SECOND for second in (since, last, until)))


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (timedelta(seconds=1), timedelta(seconds=61)),
        (timedelta(seconds=30), timedelta(seconds=90)),
        (timedelta(minutes=1), timedelta(minutes=3)),
        (timedelta(hours=24), timedelta(hours=24, minutes=10)),
    ],
)
def test_grace_is_twice_the_interval_within_its_bounds(
    interval: timedelta, expected: timedelta
) -> None:
    assert expected == Grace().cover(interval)


def test_the_bounds_of_grace_are_settings() -> None:
    assert Grace(SECOND, 5 * SECOND).cover(10 * SECOND) == 15 * SECOND


def test_a_sample_within_cover_goes_on_with_the_stretch() -> None:
    assert stretch(0, 90, 180) == at(0, 30, 90)


def test_a_sample_after_cover_begins_a_new_stretch() -> None:
    assert stretch(91, 91, 181) == at(0, 91)


def test_a_longer_cover_of_an_older_sample_still_holds() -> None:
    seen = cover.extend(None, NOON, 1000 * SECOND)
    assert stretch(0, 30, 1000) == cover.extend(seen, NOON + 30 * SECOND, COVER)


def test_a_clock_set_back_breaks_no_stretch_and_leaves_nothing_in_the_future() -> None:
    assert stretch(0, 3600, 3690) == at(0, *range(60, 7260, 60), 3600)


def test_a_clock_set_back_before_the_stretch_takes_its_beginning_along() -> None:
    assert stretch(-3600, -3570, -3480) == at(0, -3600, -3570)


def test_a_clock_set_forward_begins_a_new_stretch() -> None:
    assert stretch(3600, 3630, 3720) == at(0, 3600, 3630)
