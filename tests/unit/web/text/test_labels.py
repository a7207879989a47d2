import pytest

from allswell.domain import state
from allswell_web.text import labels
from allswell_web.text.languages import ENGLISH


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("Timeout", "timed out"),
        ("HTTP 503", "returned HTTP 503"),
        ("TLSExpired", "TLS certificate expired"),
        ("", ""),
        ("SomethingNew", labels.NEUTRAL),
        ("HTTP <b>503</b>", labels.NEUTRAL),
    ],
)
def test_a_reason_is_said_in_plain_words_and_an_unknown_one_neutrally(code: str, text: str) -> None:
    assert labels.reason(ENGLISH, code) == text


def test_every_reason_on_the_closed_list_has_words_of_its_own() -> None:
    listed = {state.reason_of(number) for number in range(1, 100)}
    texts = {code: labels.reason(ENGLISH, code) for code in listed}
    assert not [it for it in texts if texts[it] in (labels.NEUTRAL, f"returned {it}")]


@pytest.mark.parametrize(
    ("microseconds", "text"), [(3_240, "3.2 ms"), (180_400, "180 ms"), (2_440_000, "2.4 s")]
)
def test_latency_is_rounded_to_what_a_reader_can_use(microseconds: int, text: str) -> None:
    assert labels.latency(ENGLISH, microseconds) == text
