"""Check every text of a manifest or a target, as hostile as possible, on every part."""

from html.parser import HTMLParser

import pytest

from allswell.central import page_data
from allswell.domain.health import HealthClaim
from allswell.domain.incident import AffectedComponent, Effect, Status
from allswell.domain.maintenance import Phase
from allswell.domain.spec.look import PageLink, PageLook
from allswell.domain.state import State
from allswell_web.graphics import assets
from allswell_web.text import languages
from tests.unit.web import fakes, harness

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title><svg onload=alert(1)>",
    "</style><style>*{display:none}</style>",
    "{{ 7 * 7 }}{% raw %}",
    "{number} {title} {0} {",
    "%(number)s %s",
    "&lt;b&gt; &amp; <!-- -->",
    "<a href=javascript:alert(1)>x</a>",
    "[x](javascript:alert(1)) [y](data:text/html,<script>) <javascript:alert(1)>",
    "![x](javascript:alert(1)) `<script>` **<img src=x onerror=alert(1)>** _<b_",
    '- [x](https://good.example/"onmouseover="alert(1))\n- <style>*{display:none}</style>',
    "x" * 10_000,
    "\u202eevil\u2066\u2069\u202c",
    "a\r\nSet-Cookie: b=c\r\n\r\n<h1>",
]
REACHING = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
VOID = {"meta", "link", "path", "br", "img"}
PARTS = [
    "",
    "components/comp00000001",
    "incidents/inci00000001",
    "incidents/main00000001",
    "history",
]


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
        self.problems += [
            str(value)
            for name, value in attrs
            if name == "href" and not str(value).startswith((".", "#", "https://good.example"))
        ]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag, attrs

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"/{tag}")


def problems_of(html: str) -> list[str]:
    """Return what is wrong with a page, our own script apart."""
    checker = Checker()
    checker.feed(html.replace(f"<script>{assets.SCRIPT}</script>", "", 1))
    checker.close()
    return checker.problems + checker.open


def hostile(text: str) -> page_data.PageData:
    claims = [HealthClaim(State.UP, fakes.BORN), HealthClaim(State.DOWN, fakes.ago(hours=1), text)]
    component = fakes.component(1, text, group=text, claims=claims)
    look = PageLook(links=(PageLink(text, "https://good.example/"),))
    incident_update = (Status.IDENTIFIED, f"{text}\n\n{text}", fakes.ago(minutes=30))
    maintenance_update = (Phase.IN_PROGRESS, text, fakes.ago(minutes=30))
    hurt = [AffectedComponent("monitor-1", Effect.DOWN)]
    hour, end = fakes.ago(hours=1), fakes.ago(hours=-1)
    return fakes.facts(
        component,
        of=fakes.page(title=text, description=text, look=look),
        incidents=[fakes.incident(1, text, incident_update, components=hurt)],
        maintenances=[
            fakes.maintenance(
                1, text, maintenance_update, start=hour, end=end, monitors=["monitor-1"]
            )
        ],
    )


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:20]))
def test_no_text_of_an_owner_becomes_markup(text: str, part: str) -> None:
    bench = harness.bench(
        fakes.Reader(hostile(text)), latency=fakes.Latency(fakes.day_of_buckets())
    )
    answer = bench.ask(f"/{part}")
    assert answer.status == 200
    assert problems_of(answer.text) == []
    assert answer.text.count("<title>") == answer.text.count("<style>") == 1
    assert not REACHING & set(answer.text)
    assert not [value for value in answer.headers.values() if "\n" in value or text in value]


@pytest.mark.parametrize("code", [code for code in languages.NAMES if code != languages.SOURCE])
@pytest.mark.parametrize("text", HOSTILE[:6], ids=lambda text: repr(text[:20]))
def test_no_translation_lets_a_text_become_markup(text: str, code: str) -> None:
    bench = harness.bench(fakes.Reader(hostile(text)))
    assert problems_of(bench.ask(f"/{code.lower()}/").text) == []


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:20]))
def test_no_title_becomes_markup_in_the_list_of_pages(text: str) -> None:
    pages = [fakes.facts(of=fakes.page(n, f"p{n}", text, description=text)) for n in (1, 2)]
    text = harness.bench(fakes.Reader(*pages)).ask().text
    assert [it for it in problems_of(text) if it not in ("default/p1/", "default/p2/")] == []


def test_a_word_from_right_to_left_does_not_turn_our_sentence_around() -> None:
    down = (
        HealthClaim(State.UP, fakes.BORN),
        HealthClaim(State.DOWN, fakes.ago(hours=1), "Timeout"),
    )
    facts = fakes.facts(fakes.component(1, "חיפוש", claims=down))
    assert "\u2068חיפוש\u2069 is down" in harness.bench(fakes.Reader(facts)).ask().text
