"""Histograms merge in any order and lose little."""

from fractions import Fraction
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from allswell.domain import histogram, rollup
from allswell.domain.histogram import Histogram
from tests.property.strategies import histograms, latencies


@given(histograms, histograms)
def test_merging_does_not_depend_on_the_order(one: Histogram, other: Histogram) -> None:
    assert histogram.merge([one, other]) == histogram.merge([other, one])


@given(histograms, histograms, histograms)
def test_merging_does_not_depend_on_the_grouping(a: Histogram, b: Histogram, c: Histogram) -> None:
    left = histogram.merge([histogram.merge([a, b]), c])
    right = histogram.merge([a, histogram.merge([b, c])])
    assert left == right


@given(histograms)
def test_merging_with_nothing_changes_nothing(value: Histogram) -> None:
    assert value == histogram.merge([value, Histogram()])


@given(latencies, latencies)
def test_days_merge_to_the_histogram_of_all_their_checks(one: list[int], other: list[int]) -> None:
    merged = histogram.merge([histogram.of(one), histogram.of(other)])
    assert histogram.of(one + other) == merged


@given(latencies.filter(bool), st.integers(1, 100))
def test_a_quantile_is_at_most_a_32nd_off(values: list[int], percent: int) -> None:
    found = histogram.quantile_us(histogram.of(values), percent / 100)
    rank = max(1, ceil(Fraction(percent * len(values), 100)))
    exact = sorted(values)[rank - 1]
    assert found is not None
    assert abs(found - exact) * 32 <= exact


@given(latencies.filter(bool), st.integers(1, 100))
def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed(
    values: list[int], percent: int
) -> None:
    enough = [v for v in values if 100 * sum(w <= v for w in values) >= percent * len(values)]
    assert min(enough) == rollup.percentile(sorted(values), percent / 100)
