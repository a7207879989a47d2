from allswell.checker import metrics
from allswell.checker.metrics import CheckerCounters
from allswell.domain.sample import Sample
from tests.unit.checker.fakes import (
    NOON,
)


def test_lateness_falls_into_the_smallest_bucket_that_holds_it() -> None:
    counters = CheckerCounters()
    for lateness in (-1e-9, 0.0005, 0.001, 0.0011, 99.0):
        counters.count_start(lateness)
    lines = metrics.exposition(counters, {}).splitlines()
    name = "allswell_check_start_lateness_seconds"
    assert f'{name}_bucket{{le="0.001"}} 3' in lines
    assert f'{name}_bucket{{le="0.002"}} 4' in lines
    assert f'{name}_bucket{{le="+Inf"}} 5' in lines
    assert f"{name}_count 5" in lines


def test_the_counts_of_a_removed_monitor_are_dropped() -> None:
    counters = CheckerCounters()
    counters.count_result("a", Sample(NOON, 1))
    counters.count_result("b", Sample(NOON, 1))
    counters.forget(["a", "stranger"])
    assert counters.checks == {("b", "up"): 1}
