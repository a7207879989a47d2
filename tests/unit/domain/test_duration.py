"""Durations in manifests: one grammar, one parser."""

from datetime import timedelta

import pytest

from allswell.domain import duration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", timedelta(seconds=90)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("500ms", timedelta(milliseconds=500)),
        ("1h1m1s1ms", timedelta(hours=1, minutes=1, seconds=1, milliseconds=1)),
        ("5m", timedelta(minutes=5)),
        ("0s", timedelta()),
        ("999999h", timedelta(hours=999_999)),
    ],
)
def test_a_duration_adds_its_parts_up(text: str, expected: timedelta) -> None:
    assert expected == duration.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "90",
        "1.5s",
        "-1s",
        "+1s",
        "1d",
        "2w",
        "1s1m",
        "1s1s",
        " 1s",
        "1s ",
        "1s\n",
        "1 s",
        "s",
        "1S",
        "1µs",
        "٣s",
        "1000000s",
        "1e3s",
        "1h 30m",
    ],
)
def test_anything_else_is_refused_with_the_grammar(text: str) -> None:
    with pytest.raises(ValueError, match="whole numbers with h, m, s or ms, like 90s or 1h30m"):
        duration.parse(text)


def test_a_refusal_repeats_only_the_beginning_of_a_long_text() -> None:
    with pytest.raises(ValueError, match="is not a duration") as caught:
        duration.parse("9" * 1_000_000)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (timedelta(seconds=90), "1m30s"),
        (timedelta(hours=24), "24h"),
        (timedelta(milliseconds=1), "1ms"),
        (timedelta(), "0s"),
    ],
)
def test_a_duration_is_printed_in_its_shortest_spelling(value: timedelta, expected: str) -> None:
    assert expected == duration.text(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (timedelta(), "0 ms"),
        (timedelta(milliseconds=999), "999 ms"),
        (timedelta(seconds=1), "1 s"),
        (timedelta(minutes=4, seconds=5), "4 min 5 s"),
        (timedelta(hours=2), "2 h"),
        (timedelta(days=2, hours=3, minutes=59), "2 d 3 h"),
        (timedelta(days=2, minutes=59), "2 d"),
    ],
)
def test_people_read_the_two_largest_units(value: timedelta, expected: str) -> None:
    assert expected == duration.words(value)
