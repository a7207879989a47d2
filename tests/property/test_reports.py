"""Reports survive the wire, and nothing on the wire breaks the reader."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject, DrawFn

from allswell.domain import histogram, report
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
from tests.property.strategies import claims, days, json_values, labels, latencies, moments

Said = TypeVar("Said", Hello, Heartbeat)
counts = st.integers(0, 2**53)
transitions = st.builds(Transition, labels, labels, counts, claims)


@st.composite
def rollups(draw: DrawFn) -> RollUp:
    day: date = draw(days)
    good = draw(latencies)
    failed = draw(st.integers(0, 100))
    average, p95 = (draw(counts), draw(counts)) if good else (None, None)
    return RollUp(day, len(good) + failed, len(good), average, p95, histogram.of(good))


day_reports = st.builds(DayReport, labels, labels, counts, rollups())
greetings = st.builds(Hello, labels, labels, counts)
standings = st.builds(
    StoreStanding,
    monitor=labels,
    known=st.none() | counts,
    latest=st.none() | transitions,
    superseded=st.booleans(),
    gone=st.booleans(),
    buckets_since=st.none() | moments,
    rolled_up=st.none() | st.dates(date(2000, 1, 1), date(2199, 12, 31)),
)
buckets = st.builds(LatencyBucket, moments, counts, counts, counts)
beats = st.builds(
    lambda monitor, store, since, length, found: Heartbeat(
        monitor, store, since, since + length, found
    ),
    labels,
    labels,
    moments,
    st.integers(0, 10**9).map(lambda ms: timedelta(milliseconds=ms)),
    st.lists(buckets, max_size=3).map(tuple),
)


def once_each(said: st.SearchStrategy[Said]) -> st.SearchStrategy[tuple[Said, ...]]:
    """Some, each of another monitor."""
    return st.lists(said, max_size=3, unique_by=lambda entry: entry.monitor).map(tuple)


pulses = st.builds(
    HeartbeatReply, st.booleans(), st.lists(st.text(max_size=5), max_size=3).map(tuple)
)


def wire(value: object) -> object:
    return json.loads(json.dumps(value))


@given(transitions | day_reports)
def test_an_envelope_is_read_back_the_same(envelope: report.Envelope) -> None:
    assert envelope == report.read_envelope(wire(report.envelope_json(envelope)))


@given(once_each(greetings))
def test_a_hello_is_read_back_the_same(hello: tuple[Hello, ...]) -> None:
    assert hello == report.read_hello(wire(report.hello_json(hello)))


@given(st.lists(standings, max_size=3).map(tuple))
def test_standings_are_read_back_the_same(answer: tuple[StoreStanding, ...]) -> None:
    assert answer == report.read_hello_reply(wire(report.hello_reply_json(answer)))


@given(once_each(beats))
def test_beats_are_read_back_the_same(found: tuple[Heartbeat, ...]) -> None:
    assert found == report.read_heartbeats(wire(report.heartbeats_json(found)))


@given(pulses)
def test_a_pulse_is_read_back_the_same(pulse: HeartbeatReply) -> None:
    assert pulse == report.read_heartbeat_reply(wire(report.heartbeat_reply_json(pulse)))


READERS = (
    report.read_envelope,
    report.read_hello,
    report.read_hello_reply,
    report.read_heartbeats,
    report.read_heartbeat_reply,
)
GOOD = st.one_of(
    transitions.map(report.envelope_json),
    day_reports.map(report.envelope_json),
    greetings.map(lambda found: report.hello_json([found])),
    standings.map(lambda found: report.hello_reply_json([found])),
    beats.map(lambda found: report.heartbeats_json([found])),
    pulses.map(report.heartbeat_reply_json),
).map(wire)


def spoilt(data: DataObject, value: object) -> object:
    """Return the value with one of its parts, at any depth, replaced or removed."""
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(value)))
        rest = {name: part for name, part in value.items() if name != key}
        return rest if data.draw(st.booleans()) else rest | {key: spoilt(data, value[key])}
    if isinstance(value, list) and value:
        return [spoilt(data, value[0]), *value[1:]]
    return data.draw(json_values)


@pytest.mark.parametrize("read", READERS)
@given(data=st.data())
def test_a_message_is_read_or_malformed(read: Callable[[object], object], data: DataObject) -> None:
    message = spoilt(data, data.draw(GOOD))
    said = "read"
    try:
        read(message)
    except MalformedMessage as error:
        said = str(error)
    assert said.isprintable()
