"""What a checker and the collector say to each other."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from allswell.domain import histogram, report
from allswell.domain.health import HealthClaim
from allswell.domain.latency import LatencyBucket
from allswell.domain.message import MalformedMessage
from allswell.domain.report import (
    DayReport,
    Heartbeat,
    HeartbeatReply,
    Hello,
    StoreStanding,
    Transition,
)
from allswell.domain.rollup import RollUp
from allswell.domain.state import State

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TRANSITION = Transition("api", "s1", 7, HealthClaim(State.DOWN, NOON, "HTTP 503"))
LATENCIES = histogram.of([1000, 2000])
DAY = DayReport("api", "s1", 2, RollUp(date(2026, 11, 22), 3, 2, 1500, 2000, LATENCIES))
TRANSITION_JSON = {
    "v": 1,
    "kind": "transition",
    "monitor": "api",
    "store": "s1",
    "sequence": 7,
    "state": "down",
    "since": "2026-11-23T12:00:00.000Z",
    "reason": "HTTP 503",
}
DAY_JSON = {
    "v": 1,
    "kind": "rollup",
    "monitor": "api",
    "store": "s1",
    "revision": 2,
    "day": "2026-11-22",
    "checks": 3,
    "successful": 2,
    "average_us": 1500,
    "p95_us": 2000,
    "latencies": "111:1 16:1",
}


@pytest.mark.parametrize(("envelope", "expected"), [(TRANSITION, TRANSITION_JSON), (DAY, DAY_JSON)])
def test_an_envelope_has_this_form_on_the_wire(
    envelope: report.Envelope, expected: dict[str, object]
) -> None:
    assert expected == report.envelope_json(envelope)


@pytest.mark.parametrize(
    ("spoilt", "message"),
    [
        (TRANSITION_JSON | {"v": 2}, "v must be 1"),
        (TRANSITION_JSON | {"kind": "gossip"}, "kind 'gossip' is unknown"),
        (TRANSITION_JSON | {"state": "up"}, "state up does not go with reason 'HTTP 503'"),
        (TRANSITION_JSON | {"sequence": -1}, "sequence must be a whole number from 0"),
        (DAY_JSON | {"latencies": "nonsense"}, "latencies cannot be read"),
        (DAY_JSON | {"latencies": "99999999:2"}, "latencies cannot be read"),
        (DAY_JSON | {"latencies": "x" * 40_000}, "latencies must be a text of 1 to 32768"),
        (DAY_JSON | {"day": "yesterday"}, "day must be a day like"),
        (DAY_JSON | {"successful": 1}, "successful must be the histogram's total"),
        (DAY_JSON | {"checks": 1}, "successful must be the histogram's total and at most checks"),
        (DAY_JSON | {"p95_us": None}, "average_us and p95_us go with successful checks"),
        (DAY_JSON | {"successful": 0, "latencies": ""}, "average_us and p95_us go with successful"),
    ],
)
def test_an_envelope_that_contradicts_itself_is_malformed(
    spoilt: dict[str, object], message: str
) -> None:
    with pytest.raises(MalformedMessage) as caught:
        report.read_envelope(spoilt)
    assert message in str(caught.value)


def test_the_largest_roll_up_fits_in_an_envelope() -> None:
    full = histogram.Histogram(dict.fromkeys(range(721), 2**53 // 721))
    roll = RollUp(NOON.date(), full.total, full.total, 2**53, 2**53, full)
    envelope = DayReport("m" * 45, "s" * 64, 2**53, roll)
    encoded = json.dumps(report.envelope_json(envelope))
    assert len(encoded) < report.MOST_BYTES
    assert envelope == report.read_envelope(json.loads(encoded))


def test_a_beat_cannot_end_before_it_begins() -> None:
    beats = report.heartbeats_json([Heartbeat("api", "s1", NOON, NOON - timedelta(milliseconds=1))])
    with pytest.raises(MalformedMessage, match="last must not be before since"):
        report.read_heartbeats(beats)


def test_a_clock_that_is_behind_is_corrected() -> None:
    minute = timedelta(minutes=1)
    expected = Transition("api", "s1", 7, HealthClaim(State.DOWN, NOON + minute, "HTTP 503"))
    assert expected == report.shift_transition(TRANSITION, minute, NOON + 2 * minute)


def test_a_transition_is_never_moved_into_the_future() -> None:
    minute = timedelta(minutes=1)
    assert report.shift_transition(TRANSITION, minute, NOON) == TRANSITION


def test_all_times_of_a_beat_move_together() -> None:
    minute = timedelta(minutes=1)
    beat = Heartbeat("api", "s1", NOON, NOON + minute, (LatencyBucket(NOON, 1, 2, 3),))
    expected = Heartbeat("api", "s1", NOON - minute, NOON, (LatencyBucket(NOON - minute, 1, 2, 3),))
    assert expected == report.shift_heartbeat(beat, -minute)


def test_a_hello_names_each_monitors_store_and_sequence() -> None:
    hello = report.hello_json([Hello("api", "s1", 7)])
    assert hello == {"v": 1, "monitors": [{"monitor": "api", "store": "s1", "sequence": 7}]}
    assert report.read_hello(hello) == (Hello("api", "s1", 7),)


STANDINGS = (
    StoreStanding("api", known=7, latest=TRANSITION, buckets_since=NOON),
    StoreStanding("rolled", known=0, rolled_up=NOON.date()),
    StoreStanding("followed", known=2, superseded=True),
    StoreStanding("new"),
    StoreStanding("old", gone=True),
)


def test_the_answer_to_a_hello_says_where_each_monitor_stands() -> None:
    assert report.read_hello_reply(report.hello_reply_json(STANDINGS)) == STANDINGS


def test_an_answer_may_leave_out_what_is_not_known() -> None:
    found = report.read_hello_reply({"monitors": [{"monitor": "new"}]})
    assert found == (StoreStanding("new"),)


def test_a_beat_carries_its_buckets() -> None:
    beat = Heartbeat(
        "api", "s1", NOON, NOON + timedelta(seconds=1), (LatencyBucket(NOON, 1, 2, 3),)
    )
    assert report.read_heartbeats(report.heartbeats_json([beat])) == (beat,)


def test_a_beat_says_which_days_wait_for_the_archive() -> None:
    beat = Heartbeat("api", "s1", NOON, NOON, unarchived=2, oldest=date(2026, 11, 21))
    assert '"unarchived": 2, "oldest": "2026-11-21"' in json.dumps(report.heartbeats_json([beat]))
    assert report.read_heartbeats(report.heartbeats_json([beat])) == (beat,)


def test_a_beat_says_when_a_full_volume_loses_results() -> None:
    beat = Heartbeat("api", "s1", NOON, NOON, losing=True)
    assert report.read_heartbeats(report.heartbeats_json([beat])) == (beat,)
    assert "losing" not in json.dumps(report.heartbeats_json([replace(beat, losing=False)]))


def test_the_answer_to_beats_may_ask_for_a_hello_and_names_who_is_gone() -> None:
    pulse = HeartbeatReply(greet=True, gone=("old",))
    found = {"v": 1, "greet": True, "gone": ["old"], "archive": False, "damaged": []}
    assert report.heartbeat_reply_json(pulse) == found
    assert report.read_heartbeat_reply(report.heartbeat_reply_json(pulse)) == pulse
