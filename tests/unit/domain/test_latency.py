"""Today's latency in buckets of five minutes."""

from datetime import UTC, datetime, timedelta

from allswell.domain import latency
from allswell.domain.latency import LatencyBucket
from allswell.domain.sample import Sample

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def after(seconds: float, latency_us: int, reason: str = "") -> Sample:
    return Sample(NOON + timedelta(seconds=seconds), latency_us, reason)


def test_a_bucket_begins_on_a_multiple_of_five_minutes() -> None:
    moments = [NOON, NOON + timedelta(minutes=4, seconds=59.999), NOON + timedelta(minutes=5)]
    expected = [NOON, NOON, NOON + timedelta(minutes=5)]
    assert expected == [latency.start_of(moment) for moment in moments]


def test_buckets_hold_good_checks_only_and_come_in_order() -> None:
    found = [after(301, 50, "Slow"), after(0, 100), after(299, 201), after(2, 9, "Timeout")]
    expected = (LatencyBucket(NOON, 2, 150, 201), LatencyBucket(NOON + latency.WIDTH, 1, 50, 50))
    assert expected == latency.buckets(found)


def test_five_minutes_without_a_good_check_have_no_bucket() -> None:
    assert latency.buckets([after(0, 100, "Timeout")]) == ()
