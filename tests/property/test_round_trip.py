"""What is printed is read back as the same value."""

import json
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from allswell.domain import duration, histogram, instant
from allswell.domain.histogram import Histogram
from allswell.domain.spec import monitor, page
from allswell.domain.spec.monitor import Monitor
from allswell.domain.spec.page import StatusPage
from tests.property import strategies


@given(strategies.monitors())
def test_a_monitor_is_read_back_from_its_manifest(value: Monitor) -> None:
    assert value == monitor.read(json.loads(json.dumps(monitor.text(value))))


@given(strategies.pages)
def test_a_page_is_read_back_from_its_manifest(value: StatusPage) -> None:
    assert value == page.read(json.loads(json.dumps(page.text(value))))


@given(strategies.durations(timedelta(), timedelta(days=400)))
def test_a_duration_is_read_back_from_its_text(value: timedelta) -> None:
    assert value == duration.parse(duration.text(value))


@given(st.from_regex(duration.PATTERN, fullmatch=True).filter(bool))
def test_a_duration_keeps_its_length_when_it_is_printed_anew(text: str) -> None:
    length = duration.parse(text)
    printed = duration.text(length)
    assert printed.partition("h")[0].isdigit() is (length >= timedelta(hours=1))
    if length < timedelta(hours=1_000_000):
        assert length == duration.parse(printed)


@given(strategies.histograms)
def test_a_histogram_is_read_back_from_its_text(value: Histogram) -> None:
    assert value == histogram.parse(histogram.text(value))


@given(st.integers(-(10**12), 10**13))
def test_a_moment_is_read_back_from_its_text(ms: int) -> None:
    moment = instant.from_ms(ms)
    assert (ms, moment) == (instant.to_ms(moment), instant.parse(instant.text(moment)))
