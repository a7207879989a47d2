"""The mergeable latency histogram."""

from itertools import pairwise

import pytest

from allswell.domain import histogram
from allswell.domain.histogram import Histogram


def test_small_latencies_have_a_bucket_each() -> None:
    assert list(range(32)) == [histogram.bucket(latency) for latency in range(32)]


def test_buckets_rise_by_one_without_a_gap() -> None:
    numbers = sorted({histogram.bucket(latency) for latency in range(100_000)})
    assert all(after == before + 1 for before, after in pairwise(numbers))


def test_every_bucket_holds_its_own_middle() -> None:
    assert list(range(700)) == [histogram.bucket(histogram.middle_us(n)) for n in range(700)]


def test_nothing_counted_has_no_quantile() -> None:
    assert histogram.quantile_us(Histogram(), 0.95) is None


@pytest.mark.parametrize(
    ("count", "quantile", "expected"),
    [(1, 0.01, 1), (20, 0.95, 19), (100, 0.55, 55), (100, 1.0, 100), (3, 0.5, 2), (10, 0.7, 7)],
)
def test_the_rank_of_a_quantile_is_the_nearest_from_above(
    count: int, quantile: float, expected: int
) -> None:
    assert expected == histogram.rank(count, quantile)


def test_a_quantile_is_the_middle_of_the_bucket_that_reaches_its_rank() -> None:
    found = histogram.of([10] * 19 + [1000])
    quantiles = [histogram.quantile_us(found, quantile) for quantile in (0.5, 0.95, 1.0)]
    assert quantiles == [10, 10, 1008]


def test_the_total_is_what_was_counted() -> None:
    assert histogram.of([1, 1, 5_000]).total == 3


def test_the_text_is_short_and_counts_in_steps() -> None:
    assert histogram.text(histogram.of([3, 3, 7])) == "3:2 4:1"


@pytest.mark.parametrize(
    "text",
    [
        "3",
        "3:",
        ":1",
        "3:0",
        "3:-1",
        "-1:1",
        "3:2 0:1",
        "3:2 -1:1",
        "a:b",
        "1_0:1",
        "+3:1",
        "٣:1",
        "721:1",
        "9999:1",
        "1000000000000:1",
        f"1:{'9' * 17}",
        "9" * 10000,
    ],
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a histogram"):
        histogram.parse(text)


def test_merging_adds_bucket_by_bucket() -> None:
    merged = histogram.merge([histogram.of([1, 2]), histogram.of([2, 9])])
    assert histogram.of([1, 2, 2, 9]) == merged
