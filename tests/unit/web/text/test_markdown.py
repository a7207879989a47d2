"""Check the Markdown of owners: what it can express, and that nothing else passes."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allswell_web.text import markdown

REL = 'rel="noopener nofollow"'
ALLOWED = {"p", "ul", "ol", "li", "em", "strong", "code", "a"}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("One.\nTwo.\n\nThree.", '<p dir="auto">One. Two.</p><p dir="auto">Three.</p>'),
        ("a *b* **c** _d_", '<p dir="auto">a <em>b</em> <strong>c</strong> <em>d</em></p>'),
        ("**a _b_ c**", '<p dir="auto"><strong>a <em>b</em> c</strong></p>'),
        ("`a *b* <c>`", '<p dir="auto"><code>a *b* &lt;c&gt;</code></p>'),
        ("snake_case_name 2 * 3 * 4", '<p dir="auto">snake_case_name 2 * 3 * 4</p>'),
        (r"\*no\*", '<p dir="auto">*no*</p>'),
        ("- a\n  b\n- c", '<ul dir="auto"><li>a b</li><li>c</li></ul>'),
        ("So:\n1. a\n2. b", '<p dir="auto">So:</p><ol dir="auto"><li>a</li><li>b</li></ol>'),
        ("It was in\n2026. A good year", '<p dir="auto">It was in 2026. A good year</p>'),
        (
            "[the *log*](https://a.example/x?y=1&z)",
            f'<p dir="auto"><a href="https://a.example/x?y=1&amp;z" {REL}>the <em>log</em></a></p>',
        ),
        (
            "<http://a.example/>",
            f'<p dir="auto"><a href="http://a.example/" {REL}>http://a.example/</a></p>',
        ),
        ("", ""),
    ],
)
def test_a_small_part_of_markdown_is_understood(written: str, shown: str) -> None:
    assert str(markdown.html(written)) == shown


@pytest.mark.parametrize(
    "written",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](data:text/html;base64,PHN2Zz4=)",
        "[a](vbscript:x)",
        "[a](//evil.example/)",
        "[a](https://bank.example@evil.example/)",
        "[a](https:///x)",
        "[a](https://[x)",
        "<javascript:alert(1)>",
        "![a](data:image/svg+xml,<svg/onload=alert(1)>)",
    ],
)
def test_what_is_dangerous_stays_the_text_that_it_was(written: str) -> None:
    html = str(markdown.html(written))
    assert re.findall(r"<(\w+)", html) == ["p"]
    assert "href" not in html


def test_a_picture_is_a_link_that_nobody_follows_by_itself() -> None:
    html = str(markdown.html("![a map](https://a.example/m.png)"))
    assert "<img" not in html
    assert '<a href="https://a.example/m.png" rel="noopener nofollow">a map</a>' in html


def test_a_quote_does_not_leave_its_attribute() -> None:
    html = str(markdown.html('[a](https://a.example/"onclick="alert(1))'))
    assert '"onclick' not in html


def test_a_text_in_another_language_says_so_block_by_block() -> None:
    assert str(markdown.html("a\n\n- b", "de")) == (
        '<p dir="auto" lang="de">a</p><ul dir="auto" lang="de"><li>b</li></ul>'
    )


def test_marks_that_turn_the_reading_around_are_left_out() -> None:
    assert "\u202e" not in str(markdown.html("a \u202e*b*"))


class Tags(HTMLParser):
    """Notes what is opened and closed, and refuses what is not allowed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED
        assert {name for name, _ in attrs} <= {"dir", "lang", "href", "rel"}
        for name, value in attrs:
            assert name != "href" or re.match("https?://", value or "")
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@given(st.text(alphabet="ab `*_[]()<>!\\\n-1.&\"'" + "\u202e", max_size=80) | st.text())
def test_whatever_is_written_only_the_allowed_comes_out_and_all_is_closed(written: str) -> None:
    tags = Tags()
    tags.feed(str(markdown.html(written)))
    tags.close()
    assert tags.open == []


@pytest.mark.parametrize(
    "piece", ["*", "**a", "[", "[a](", "`", "_a ", "<http://", "* ", "![", "\\"]
)
def test_ten_thousand_characters_of_half_a_mark_are_read(piece: str) -> None:
    """Not timed: a reading that went back and forth would not end within the test's own limit."""
    written = piece * (10_000 // len(piece))
    assert len(markdown.html(written)) > 0
