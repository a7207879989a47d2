from datetime import UTC, datetime, timedelta

from allswell.collector.heartbeats import MAX_BUCKETS, Heartbeats
from allswell.domain import latency
from allswell.domain.cover import Observation
from allswell.domain.latency import LatencyBucket
from allswell.domain.report import Heartbeat

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
COVER = 3 * MINUTE


def beat(since: float, last: float, *buckets: LatencyBucket) -> Heartbeat:
    """Return a heartbeat in minutes after noon."""
    return Heartbeat("api", "s1", NOON + since * MINUTE, NOON + last * MINUTE, buckets)


def seen(since: float, last: float) -> Observation:
    """Return an observation in minutes after noon."""
    return Observation(NOON + since * MINUTE, NOON + last * MINUTE, NOON + last * MINUTE + COVER)


def test_nothing_is_known_before_the_first_beat() -> None:
    assert Heartbeats().get(1).seen is None


def test_beats_that_touch_make_one_observation() -> None:
    heartbeats = Heartbeats()
    heartbeats.record(1, beat(0, 1), COVER, NOON + MINUTE)
    heartbeats.record(1, beat(4, 5), COVER, NOON + 5 * MINUTE)
    assert heartbeats.get(1).seen == seen(0, 5)
    # A second checker that began earlier and is behind.
    heartbeats.record(1, beat(-5, 2), COVER, NOON + 5 * MINUTE)
    assert heartbeats.get(1).seen == seen(-5, 5)


def test_the_end_of_an_observation_that_was_interrupted_is_remembered() -> None:
    heartbeats = Heartbeats()
    heartbeats.record(1, beat(0, 1), COVER, NOON + MINUTE)
    heartbeats.record(1, beat(10, 11), COVER, NOON + 11 * MINUTE)
    heartbeats.record(1, beat(20, 21), COVER, NOON + 21 * MINUTE)
    assert heartbeats.get(1).seen == seen(20, 21)
    assert heartbeats.get(1).lapsed == NOON + 4 * MINUTE
    heartbeats.record(1, beat(-60, -50), COVER, NOON + 21 * MINUTE)
    assert heartbeats.get(1).seen == seen(20, 21)
    heartbeats.mark_judged(1, seen(20, 21))
    assert heartbeats.get(1).lapsed is None


def test_a_beat_that_came_while_another_was_judged_is_still_to_be_judged() -> None:
    heartbeats = Heartbeats()
    heartbeats.record(1, beat(0, 1), COVER, NOON + MINUTE)
    heartbeats.record(1, beat(10, 11), COVER, NOON + 11 * MINUTE)
    heartbeats.mark_judged(1, seen(0, 1))
    assert heartbeats.get(1).judged != heartbeats.get(1).seen
    assert heartbeats.get(1).lapsed == NOON + 4 * MINUTE


def test_what_a_beat_claims_of_the_future_is_cut() -> None:
    heartbeats = Heartbeats()
    late = LatencyBucket(NOON + MINUTE, 1, 2, 3)
    heartbeats.record(1, beat(5, 60, late), COVER, NOON)
    assert heartbeats.get(1).seen == seen(0, 0)
    assert heartbeats.buckets(1, NOON) == ()


def test_latencies_are_those_of_a_day_and_survive_a_new_beginning() -> None:
    heartbeats = Heartbeats()
    old, new = LatencyBucket(NOON, 1, 2, 3), LatencyBucket(NOON + 5 * MINUTE, 1, 2, 3)
    heartbeats.record(1, beat(0, 1, new, old), COVER, NOON + 10 * MINUTE)
    heartbeats.reset()
    assert heartbeats.get(1).seen is None
    assert heartbeats.buckets(1, NOON + 10 * MINUTE) == (old, new)
    assert heartbeats.buckets(1, NOON + latency.KEPT) == (new,)
    assert heartbeats.buckets_until(1, NOON) == NOON + 10 * MINUTE
    assert heartbeats.buckets_until(2, NOON) == NOON - latency.KEPT
    newest = LatencyBucket(NOON + latency.KEPT, 1, 2, 3)
    heartbeats.record(1, beat(0, 1, newest), COVER, NOON + latency.KEPT)
    assert heartbeats.buckets(1, NOON + latency.KEPT) == (new, newest)


def test_who_is_not_living_is_forgotten() -> None:
    heartbeats = Heartbeats()
    heartbeats.record(1, beat(0, 1), COVER, NOON)
    heartbeats.record(2, beat(0, 1), COVER, NOON)
    heartbeats.keep_only([2, 3])
    assert heartbeats.get(1).seen is None
    assert heartbeats.get(2).seen is not None


def test_after_a_doubt_everything_is_judged_anew() -> None:
    heartbeats = Heartbeats()
    heartbeats.record(1, beat(0, 1), COVER, NOON + MINUTE)
    heartbeats.mark_judged(1, seen(0, 1))
    assert heartbeats.get(1).judged == seen(0, 1)
    heartbeats.unmark_all()
    assert heartbeats.get(1).judged is None


def test_no_more_is_kept_than_a_day_has_whatever_a_sender_says() -> None:
    heartbeats = Heartbeats()
    for turn in range(3):
        odd = (NOON - (n + turn / 10) * MINUTE for n in range(300))
        heartbeats.record(1, beat(0, 1, *(LatencyBucket(at, 1, 1, 1) for at in odd)), COVER, NOON)
    assert len(heartbeats.get(1).buckets) == MAX_BUCKETS
    assert max(heartbeats.get(1).buckets) == NOON
