import pytest
from hypothesis import given
from hypothesis import strategies as st

from allswell_web.text import untrusted_text

REACHING = [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Public API", "Public API"),
        ("  a\tb\r\nc\x00 ", "a b  c"),
        ("pay\u202eSNART", "paySNART"),
        ("\u2066a\u2069\u2069b", "ab"),
        ("a\u2028b\u2029c", "a b c"),
        ("حالة \u200fالخدمة", "حالة \u200fالخدمة"),
        ("🟢 up", "🟢 up"),
    ],
)
def test_a_line_has_no_controls_and_nothing_that_reaches_beyond_it(text: str, line: str) -> None:
    assert untrusted_text.line(text) == line


@given(st.text())
def test_no_text_keeps_a_mark_that_turns_what_follows(text: str) -> None:
    assert not set(REACHING) & set(untrusted_text.line(text))
    assert not set(REACHING) & set("".join(untrusted_text.paragraphs(text)))


def test_an_empty_line_parts_paragraphs_and_a_single_break_is_a_space() -> None:
    assert untrusted_text.paragraphs("a\nb\n\n\n c \r\n\r\nd\n") == ("a b", "c", "d")
    assert untrusted_text.paragraphs(" \n ") == ()


def test_a_name_from_right_to_left_is_kept_apart_from_our_sentence() -> None:
    assert untrusted_text.isolate("حالة") == "\u2068حالة\u2069"
    assert untrusted_text.isolate("Zürich") == "Zürich"


def test_a_longer_text_keeps_its_paragraphs() -> None:
    assert untrusted_text.text(" a\nb\n\n\n\u202ec \n") == "a b\n\nc"
    assert untrusted_text.text("\n") == ""
