"""What a checker says of one day."""

from datetime import UTC, date, datetime, timedelta

from allswell.domain import histogram, rollup
from allswell.domain.rollup import RollUp
from allswell.domain.sample import Sample

DAY = date(2026, 11, 23)
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)


def samples(*found: tuple[int, str]) -> list[Sample]:
    return [
        Sample(MIDNIGHT + timedelta(minutes=n), latency, reason)
        for n, (latency, reason) in enumerate(found)
    ]


def test_latency_is_that_of_up_and_degraded_checks_only() -> None:
    found = samples((100, ""), (301, "Slow"), (9_000, "Timeout"), (7, "EgressLost"))
    expected = RollUp(DAY, 4, 2, 200, 301, histogram.of([100, 301]))
    assert expected == rollup.of_day(DAY, found)


def test_a_day_without_a_good_check_has_no_latency() -> None:
    expected = RollUp(DAY, 1, 0, None, None)
    assert expected == rollup.of_day(DAY, samples((5, "Timeout")))


def test_p95_is_the_nearest_rank_and_no_mean_of_two() -> None:
    found = rollup.of_day(DAY, samples(*((n, "") for n in range(1, 21))))
    assert found.p95_us == 19
