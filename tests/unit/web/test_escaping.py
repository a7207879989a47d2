from html.parser import HTMLParser

import pytest

from allswell.domain.health import Claim
from allswell.domain.state import State
from tests.unit.web import fakes, harness

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title><svg onload=alert(1)>",
    "</style><style>*{display:none}</style>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; &amp; <!-- -->",
]
VOID = {"meta", "link", "path", "br", "img"}


class Checker(HTMLParser):
    """Notes what a browser would run, and tags that do not close in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.problems: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("script", "img", "iframe", "object", "base", "form"):
            self.problems.append(tag)
        self.problems += [
            name
            for name, value in attrs
            if name.startswith("on") or name == "style" or value is None
            if (tag, name) != ("details", "open")
        ]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag, attrs

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"/{tag}")


def problems_of(html: str) -> list[str]:
    checker = Checker()
    checker.feed(html)
    checker.close()
    return checker.problems + checker.open


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_an_owner_becomes_markup(text: str) -> None:
    claims = [Claim(State.UP, fakes.BORN), Claim(State.DOWN, fakes.ago(hours=1), text)]
    component = fakes.component(1, text, group=text, claims=claims)
    page = fakes.page(title=text, description=text)
    bench = harness.bench(
        fakes.Reader(fakes.found(component, of=page)), latency=fakes.Latency(fakes.day_of_buckets())
    )
    html = bench.ask().text
    assert problems_of(html) == []
    assert html.count("<title>") == html.count("<style>") == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_no_title_becomes_markup_in_the_list_of_pages(text: str) -> None:
    pages = [fakes.found(of=fakes.page(n, f"p{n}", text, description=text)) for n in (1, 2)]
    assert problems_of(harness.bench(fakes.Reader(*pages)).ask().text) == []


def test_very_long_texts_make_a_page() -> None:
    component = fakes.component(1, "x" * 10_000, group="y" * 10_000)
    assert harness.bench(fakes.Reader(fakes.found(component))).ask().status == 200
