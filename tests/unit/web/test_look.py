"""Check what an owner chooses of the look, and pictures of statuses."""

import base64
import hashlib
import re
from dataclasses import replace

import pytest

from allswell.central.page_data import PagePictures
from allswell.domain import colour
from allswell.domain.incident import Impact, Status
from allswell.domain.spec.look import PageLink, PageLook
from allswell_web.graphics import assets, icons, theme
from allswell_web.status.component_status import ComponentStatus
from allswell_web.text import languages
from tests.property.strategies import PICTURE
from tests.unit.web import fakes, harness
from tests.unit.web.fakes import NOW

LOOK = PageLook("de", (PageLink("Hilfe", "mailto:help@acme.com"),), accent="#0f7d64", radius="6px")
PARTS = ["/", "/components/comp00000001", "/history"]


def bench(look: PageLook = LOOK, pictures: PagePictures | None = None) -> harness.Bench:
    facts = fakes.facts(fakes.component(), of=fakes.page(look=look))
    return harness.bench(fakes.Reader(replace(facts, pictures=pictures or PagePictures())))


def test_a_page_speaks_the_language_of_its_owner_at_its_root() -> None:
    site = bench()
    assert '<html lang="de">' in site.ask("/").text
    assert '<html lang="en">' in site.ask("/en/").text
    assert 'href="./en/" lang="en"' in site.ask("/").text
    assert 'href="../" lang="de"' in site.ask("/en/").text


def test_what_is_chosen_stands_in_a_style_sheet_of_its_own() -> None:
    assert "<style>:root{--accent:#0f7d64;--radius:6px}</style>" in bench().ask().text
    assert bench(PageLook()).ask().text.count("<style>") == 1


def test_an_accent_of_the_dark_theme_holds_there_alone() -> None:
    assert theme.of(PageLook(accent="#0f7d64", accent_dark="#8fabff")) == (
        ":root{--accent:#0f7d64}@media (prefers-color-scheme:dark){:root{--accent:#8fabff}}"
    )


def test_a_font_is_one_that_the_reader_has() -> None:
    assert "ui-monospace" in theme.of(PageLook(font="Mono"))
    assert theme.of(PageLook(font="System")) == ""


@pytest.mark.parametrize("path", PARTS)
@pytest.mark.parametrize("look", [PageLook(), LOOK])
def test_the_policy_allows_just_the_styles_and_the_script_that_stand_there(
    path: str, look: PageLook
) -> None:
    answer = bench(look).ask(path)
    for tag in ("style", "script"):
        contents = re.findall(rf"<{tag}>(.*?)</{tag}>", answer.text, flags=re.DOTALL)
        digests = [
            base64.b64encode(hashlib.sha256(it.encode()).digest()).decode() for it in contents
        ]
        (allowed,) = re.findall(rf"{tag}-src ([^;]+)", answer.headers["Content-Security-Policy"])
        assert allowed.split() == [f"'sha256-{digest}'" for digest in digests]
    assert not re.findall(r"<[a-z][^>]*\sstyle=", answer.text)


def test_our_script_is_less_than_a_kilobyte() -> None:
    assert len(assets.SCRIPT.encode()) < 1024


def test_links_of_the_owner_stand_below_the_title() -> None:
    assert (
        '<a href="mailto:help@acme.com" rel="noopener" dir="auto">Hilfe</a>' in bench().ask().text
    )


def test_an_owners_pictures_are_served_by_their_content_and_can_do_nothing() -> None:
    site = bench(pictures=PagePictures(PICTURE, PICTURE))
    text = site.ask().text
    (logo,) = re.findall(r'<img src="\./(logo/[0-9a-f]{12}\.png)" alt="" class="logo">', text)
    (icon,) = re.findall(r'<link rel="apple-touch-icon" href="\./(favicon/[^"]+\.png)">', text)
    for path in (logo, icon):
        answer = site.ask(f"/{path}")
        assert answer.status == 200
        assert answer.body.startswith(b"\x89PNG")
        assert answer.headers["Content-Type"] == "image/png"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_an_owners_favicon_carries_the_state_in_its_corner() -> None:
    site = bench(pictures=PagePictures("", PICTURE))
    *_, last = re.findall(r'<link rel="icon" href="\./([^"]+)" sizes="([^"]+)"', site.ask().text)
    path, sizes = last
    assert re.fullmatch("icons/[0-9a-f]{12}/up.svg", path)
    assert sizes == "any"
    answer = site.ask(f"/{path}")
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    # It is the owner's picture itself, and the shape of the state: nobody is asked for either.
    assert f'href="{PICTURE}"' in answer.text
    assert icons.SHAPES[ComponentStatus.UP] in answer.text
    assert site.ask(f"/{path.replace('up', 'down')}").status == 200
    assert site.ask("/icons/000000000000/up.svg").status == 404


@pytest.mark.parametrize("path", ["/logo/000000000000", "/favicon/x", "/logo/", "/icons/x.svg"])
def test_a_picture_that_is_not_there_is_not_found(path: str) -> None:
    assert bench(pictures=PagePictures(PICTURE)).ask(path).status == 404
    assert bench().ask(path).status == 404


@pytest.mark.parametrize("status", ComponentStatus)
def test_every_state_has_its_pictures(status: ComponentStatus) -> None:
    site = bench()
    for path, begins in (
        (f"/icons/{status.value}.svg", b"<svg"),
        (f"/icons/{status.value}.png", b"\x89PNG"),
        (f"/og/{status.value}.png", b"\x89PNG"),
    ):
        assert site.ask(path).body.startswith(begins)
    assert colour.contrast(icons.BACKGROUNDS[status], "#ffffff") >= 3


def test_no_two_states_of_a_watched_page_have_the_same_shape() -> None:
    assert len(set(icons.SHAPES.values())) == len(ComponentStatus)


def test_title_and_icon_carry_the_state() -> None:
    unknown = bench(PageLook()).reader.facts_by_page[1]
    silent = harness.bench(fakes.Reader(replace(unknown, observed_through=fakes.ago(hours=1))))
    assert "<title>All systems operational – Acme Status</title>" in bench(PageLook()).ask().text
    assert "icons/up.svg" in bench(PageLook()).ask().text
    assert "<title>The current status is unknown – Acme Status</title>" in silent.ask().text
    assert "icons/unknown.svg" in silent.ask().text
    assert silent.ask("/favicon.ico").body == icons.small(ComponentStatus.UNKNOWN)


def test_an_open_incident_is_in_the_icon_that_browsers_ask_for_by_themselves() -> None:
    update = (Status.INVESTIGATING, "We are looking.", fakes.ago(minutes=9))
    minor = fakes.incident(1, "Slow", update, impact=Impact.MINOR)
    site = harness.bench(fakes.Reader(fakes.facts(fakes.component(), incidents=[minor])))
    assert site.ask("/favicon.ico").body == icons.small(ComponentStatus.DEGRADED)


def test_a_link_to_the_page_brings_its_state_and_the_time_along() -> None:
    facts = fakes.facts(fakes.component(), of=fakes.page(hostnames=("status.acme.com",)))
    text = harness.bench(fakes.Reader(facts)).ask("/", host="status.acme.com").text
    assert 'property="og:image" content="https://status.acme.com/og/up.png"' in text
    assert 'content="All systems operational as of 15:26:08 UTC"' in text
    assert '<link rel="alternate" hreflang="pt-BR" href="https://status.acme.com/pt-br/">' in text


def test_feed_readers_find_every_feed() -> None:
    site = bench(PageLook())
    links = re.findall(
        r'<link rel="alternate" type="([^"]+)" title="[^"]+" href="\./([^"]+)">', site.ask().text
    )
    assert sorted(path for _, path in links) == [
        "history.atom",
        "history.rss",
        "updates.atom",
        "updates.rss",
    ]
    for kind, path in links:
        assert site.ask(f"/{path}").headers["Content-Type"].startswith(kind)


def test_owners_texts_say_their_language_where_the_visitor_reads_another() -> None:
    facts = fakes.facts(
        fakes.component(title="Suche"),
        of=fakes.page(title="Störungen", description="Alles.", look=PageLook("de")),
        incidents=[fakes.incident(1, "Ausfall", (Status.INVESTIGATING, "Wir *suchen*.", NOW))],
    )
    site = harness.bench(fakes.Reader(facts))
    text = site.ask("/fr/").text
    for fragment in (
        '<span dir="auto" lang="de">Störungen</span>',
        '<p dir="auto" lang="de">Alles.</p>',
        '<h3 dir="auto" lang="de">Suche</h3>',
        '<h3 dir="auto" lang="de"><a href="../fr/incidents/inci00000001">Ausfall</a></h3>',
        '<p dir="auto" lang="de">Wir <em>suchen</em>.</p>',
    ):
        assert fragment in text
    assert 'dir="auto" lang' not in site.ask("/").text


def test_the_list_of_pages_speaks_the_language_that_they_share() -> None:
    def listed(*codes: str) -> str:
        pages = [fakes.page(n, f"p{n}", look=PageLook(code)) for n, code in enumerate(codes)]
        reader = fakes.Reader(*(fakes.facts(fakes.component(), of=page) for page in pages))
        return harness.bench(reader).ask().text

    assert '<html lang="de">' in listed("de", "de")
    assert "Statusseiten" in listed("de", "de")
    mixed = listed("de", "fr")
    assert '<html lang="en">' in mixed
    assert '<li lang="fr">' in mixed


def test_the_constant_notices_are_in_every_language() -> None:
    site = bench()
    text = site.ask("/nowhere").text
    assert "Page not found" in text
    for code in languages.NAMES:
        language = languages.of(code)
        assert language.text("Page not found") in text
        assert code == "en" or f'<p lang="{code}" dir="ltr">' in text
