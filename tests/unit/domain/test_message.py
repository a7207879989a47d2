"""One JSON message from outside, read field by field."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from allswell.domain.health import HealthClaim
from allswell.domain.message import MalformedMessage, MessageReader
from allswell.domain.state import State

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
Read = Callable[[MessageReader], object]


def text(reader: MessageReader) -> object:
    return reader.text("x")


def count(reader: MessageReader) -> object:
    return reader.count("x")


def flag(reader: MessageReader) -> object:
    return reader.flag("x")


def moment(reader: MessageReader) -> object:
    return reader.moment("x")


def day(reader: MessageReader) -> object:
    return reader.day("x")


def objects(reader: MessageReader) -> object:
    return reader.objects("x", most=2)


def texts(reader: MessageReader) -> object:
    return reader.texts("x", most=2)


@pytest.mark.parametrize("value", [None, [], "text", 3, True])
def test_only_an_object_is_a_message(value: object) -> None:
    with pytest.raises(MalformedMessage, match="this is not a JSON object"):
        MessageReader(value)


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (text, "a" * 128, "a" * 128),
        (count, 0, 0),
        (count, 2**53, 2**53),
        (flag, True, True),
        (flag, False, False),
        (moment, "2026-11-23T12:00:00.000Z", NOON),
        (moment, "2026-11-23T13:00:00+01:00", NOON),
        (day, "2026-11-23", date(2026, 11, 23)),
        (texts, ["a", ""], ("a", "")),
        (texts, [], ()),
        (objects, [], []),
    ],
)
def test_a_field_as_it_must_be_is_taken(read: Read, value: object, expected: object) -> None:
    assert expected == read(MessageReader({"x": value}))


@pytest.mark.parametrize(
    ("read", "expected"),
    [(flag, False), (texts, ()), (objects, [])],
    ids=["flag", "texts", "objects"],
)
def test_flags_and_lists_may_be_absent(read: Read, expected: object) -> None:
    assert expected == read(MessageReader({}))


@pytest.mark.parametrize(
    ("read", "value", "message"),
    [
        (text, None, "x must be a text of 1 to 128 characters"),
        (text, "", "x must be a text of 1 to 128 characters"),
        (text, "a" * 129, "x must be a text of 1 to 128 characters"),
        (text, 5, "x must be a text of 1 to 128 characters"),
        (text, "a\0", "x must not hold NUL or half a surrogate pair"),
        (text, "\ud800", "x must not hold NUL or half a surrogate pair"),
        (count, None, "x must be a whole number from 0"),
        (count, True, "x must be a whole number from 0"),
        (count, 1.0, "x must be a whole number from 0"),
        (count, -1, "x must be a whole number from 0"),
        (count, 2**53 + 1, "x must be a whole number from 0"),
        (flag, None, "x must be true or false"),
        (flag, 0, "x must be true or false"),
        (moment, "2026-11-23T12:00:00", "x must be a time like 2026-11-23T15:26:08.120Z"),
        (moment, "noon", "x must be a time like 2026-11-23T15:26:08.120Z"),
        (moment, "0001-01-01T00:00:00+23:59", "x must be a time like 2026-11-23T15:26:08.120Z"),
        (moment, "1999-12-31T23:59:59Z", "x must be a time of this century or the next"),
        (moment, "2200-01-01T00:00:00Z", "x must be a time of this century or the next"),
        (day, "23.11.2026", "x must be a day like 2026-11-23"),
        (day, 5, "x must be a day like 2026-11-23"),
        (day, "1999-12-31", "x must be a day of this century or the next"),
        (texts, "ab", "x must be a list of at most 2"),
        (texts, 0, "x must be a list of at most 2"),
        (texts, ["a", "b", "c"], "x must be a list of at most 2"),
        (texts, ["a", 1], "x must hold texts only"),
        (objects, {}, "x must be a list of at most 2"),
        (objects, [{}, {}, {}], "x must be a list of at most 2"),
        (objects, [{}, 1], "this is not a JSON object"),
    ],
)
def test_a_field_that_is_wrong_is_named(read: Read, value: object, message: str) -> None:
    with pytest.raises(MalformedMessage) as caught:
        read(MessageReader({"x": value}))
    assert message == str(caught.value)


def test_what_may_be_absent_is_empty_or_none() -> None:
    reader = MessageReader({})
    found = (
        reader.optional("x"),
        reader.optional_long("x"),
        reader.maybe("x"),
        reader.maybe_count("x"),
        reader.maybe_moment("x"),
    )
    assert found == ("", "", None, None, None)


def test_what_may_be_absent_is_read_when_it_is_there() -> None:
    reader = MessageReader({"t": "a", "n": 3, "o": {"n": 4}, "at": "2026-11-23T12:00:00Z"})
    inner = reader.maybe("o")
    assert inner is not None
    assert (inner.count("n"), reader.maybe_count("n")) == (4, 3)
    assert (reader.optional("t"), reader.maybe_moment("at")) == ("a", NOON)


@pytest.mark.parametrize("value", [0, False, [], "a" * 32_769])
def test_a_long_text_that_is_there_must_be_one(value: object) -> None:
    with pytest.raises(MalformedMessage, match="x must be a text of 1 to 32768 characters"):
        MessageReader({"x": value}).optional_long("x")


def test_a_claim_without_a_reason_is_up() -> None:
    reader = MessageReader({"state": "up", "since": "2026-11-23T12:00:00Z"})
    assert HealthClaim(State.UP, NOON) == reader.claim()


@pytest.mark.parametrize(
    ("word", "reason", "message"),
    [
        ("sideways", "", "state and reason must be known words: 'sideways' is not a valid State"),
        ("down", "Broken", "'Broken' is not a reason that allswell knows"),
        ("degraded", "Timeout", "state degraded does not go with reason 'Timeout'"),
        ("down", "", "state down does not go with reason ''"),
        ("paused", "", "state paused does not go with reason ''"),
    ],
)
def test_state_and_reason_must_agree(word: str, reason: str, message: str) -> None:
    with pytest.raises(MalformedMessage) as caught:
        MessageReader({"state": word, "reason": reason, "since": "2026-11-23T12:00:00Z"}).claim()
    assert message in str(caught.value)
