from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from allswell.central import page_data
from allswell.domain import histogram
from allswell.domain.latency import LatencyBucket
from allswell_web.presentation import page_state, uptime_windows
from tests.unit.web import fakes
from tests.unit.web.fakes import NOW, ago

KEPT = page_data.LatencyDay(ago(days=6).date(), 100, 100, 1, histogram.of([20_000] * 100))
OLDER = page_data.LatencyDay(ago(days=7).date(), 100, 100, 1, histogram.of([900_000] * 100))


def p95s(
    *days: page_data.LatencyDay, buckets: tuple[LatencyBucket, ...] = ()
) -> Mapping[str, int | None]:
    component = replace(fakes.component(), days=days)
    state = page_state.of(fakes.facts(component), NOW)
    (component_state,) = state.components
    by_id = {component.public_id: buckets}
    windows = uptime_windows.of_component(
        state, component_state, by_id, uptime_windows.days_of(state, component_state)
    )
    return {window.name: window.p95_us for window in windows}


def bucket(at: float, count: int, latency_us: int) -> LatencyBucket:
    return LatencyBucket(ago(hours=at), count, latency_us, latency_us)


def near(latency_us: int) -> int:
    return histogram.middle_us(histogram.bucket(latency_us))


def test_seven_days_of_latency_are_today_and_the_six_before() -> None:
    by_window = p95s(KEPT, OLDER)
    assert by_window["7d"] == near(20_000)
    assert by_window["30d"] == near(900_000)


def test_today_is_known_from_the_collectors_buckets() -> None:
    by_window = p95s(KEPT, buckets=(bucket(1, 20, 500_000),))
    assert by_window["7d"] == near(500_000)
    assert by_window["90d"] == near(500_000)


def test_yesterday_is_filled_in_while_it_is_not_rolled_up_and_counted_once_when_it_is() -> None:
    yesterday = (bucket(20, 400, 500_000),)
    assert p95s(KEPT, buckets=yesterday)["7d"] == near(500_000)
    rolled = page_data.LatencyDay(ago(days=1).date(), 400, 400, 1, histogram.of([30_000] * 400))
    assert p95s(KEPT, rolled, buckets=yesterday)["7d"] == near(30_000)


def test_fewer_than_twenty_checks_have_no_p95() -> None:
    assert p95s(buckets=(bucket(1, 19, 500_000),)) == dict.fromkeys(("24h", "7d", "30d", "90d"))


def test_what_lies_beyond_the_horizon_is_in_no_window() -> None:
    late = LatencyBucket(NOW + timedelta(minutes=5), 50, 1, 1)
    assert p95s(buckets=(late,))["7d"] is None
