"""Check the page in a real browser: what it shows, to whom, and on what."""

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Page

from tests.browser import axe
from tests.browser.conftest import Open
from tests.browser.sights import SIGHTS

pytestmark = [pytest.mark.browser, pytest.mark.needs("chromium", "npm")]

PARTS = ["/", "/components/comp00000002", "/incidents/inci00000001", "/history", "/ja/"]
OPEN_ALL = "document.querySelectorAll('details').forEach(it => it.open = true)"
SWITCH = "details.group details summary:text('Details of')"
# How far the content reaches beyond the window, sideways.
BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_a_page_asks_for_nothing_but_itself_and_its_icon(open_page: Open) -> None:
    visit = open_page()
    visit.page.wait_for_load_state("networkidle")
    paths = [re.sub(r"http://127\.0\.0\.1:\d+", "", url) for url in visit.asked]
    assert paths[0] == "/"
    assert all(path.startswith("/icons/") for path in paths[1:])
    assert visit.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
@pytest.mark.parametrize("path", PARTS)
def test_axe_finds_nothing_on_any_part(
    open_page: Open, script: str, path: str, width: int, scheme: str
) -> None:
    page = open_page("bad day", path, width=width, color_scheme=scheme).page
    page.evaluate(OPEN_ALL)
    assert axe.violations(page, script) == []


@pytest.mark.parametrize("sight", SIGHTS)
def test_axe_finds_nothing_on_any_sight(open_page: Open, script: str, sight: str) -> None:
    assert axe.violations(open_page(sight, width=390).page, script) == []


@pytest.mark.parametrize("path", ["/embed", "/no/such/part"])
def test_axe_finds_nothing_on_the_widget_and_where_nothing_is(
    open_page: Open, script: str, path: str
) -> None:
    violations = axe.violations(open_page("bad day", path, width=390).page, script)
    # The widget stands within a page that has a heading.
    assert [it for it in violations if it.rule != "page-has-heading-one" or path != "/embed"] == []


@pytest.mark.parametrize("width", [320, 390, 760, 1200])
@pytest.mark.parametrize("sight", SIGHTS)
def test_nothing_reaches_beyond_the_window(open_page: Open, sight: str, width: int) -> None:
    page = open_page(sight, width=width).page
    page.evaluate(OPEN_ALL)
    assert page.evaluate(BEYOND) == 0


@pytest.mark.parametrize("path", PARTS)
def test_no_part_reaches_beyond_a_small_phone(open_page: Open, path: str) -> None:
    page = open_page("bad day", path, width=320).page
    page.evaluate(OPEN_ALL)
    assert page.evaluate(BEYOND) == 0


def test_the_page_survives_text_that_is_spaced_by_its_reader(open_page: Open) -> None:
    """WCAG 1.4.12: nothing is cut off, nothing lies over another."""
    page = open_page(width=390).page
    page.evaluate(
        "const sheet = new CSSStyleSheet();"
        "sheet.replaceSync('*{line-height:1.5!important;letter-spacing:.12em!important;"
        "word-spacing:.16em!important}p{margin-bottom:2em!important}');"
        "document.adoptedStyleSheets = [sheet];"
    )
    assert page.evaluate(BEYOND) == 0
    cut = "[...document.querySelectorAll('h1,h2,h3,p,summary,li')]"
    cut += ".filter(it => it.scrollHeight > it.clientHeight + 2 && it.clientHeight > 1).length"
    assert page.evaluate(cut) == 0


@pytest.mark.parametrize(("width", "days"), [(1200, 90), (760, 60), (390, 30)])
def test_as_many_days_are_seen_as_the_text_below_says(
    open_page: Open, width: int, days: int
) -> None:
    page = open_page(width=width).page
    row, bars = page.locator(".w").first.bounding_box(), page.locator(".w .b").first.bounding_box()
    assert row is not None
    assert bars is not None
    assert round(90 * row["width"] / bars["width"]) == days
    # The newest day is the one that stays.
    assert abs((row["x"] + row["width"]) - (bars["x"] + bars["width"])) < 1
    # The oldest that is seen begins, and the newest ends, where the row does.
    first = (bars["x"] + bars["width"] * 5 * (90 - days) / 448) - row["x"]
    last = page.locator(".w .b .o").first.evaluate("it => it.ownerSVGElement.viewBox.baseVal.width")
    assert abs(first) < 0.5
    assert last == 90 * 5 - 2
    text = page.locator(".axis").first.evaluate("it => getComputedStyle(it, '::before').content")
    assert text == f'"{days} days ago"'


def test_without_javascript_everything_is_there_in_the_pages_own_zone(open_page: Open) -> None:
    page = open_page(java_script_enabled=False).page
    assert page.locator("h1").inner_text() == "Public API is down"
    assert "as of 16:26:08 CET" in page.locator(".now .when").inner_text()
    summary = page.locator("summary", has_text="Details of").first
    summary.click()
    assert page.locator("details[open] li", has_text="Down").first.is_visible()


def test_times_are_told_in_the_readers_zone_and_language(open_page: Open) -> None:
    page = open_page(timezone_id="Asia/Tokyo", locale="en-GB").page
    as_of = page.locator("time#asof")
    assert as_of.get_attribute("datetime") == "2026-11-23T15:26:08Z"
    assert re.search(r"00:26:08 (GMT\+9|JST)", as_of.inner_text())


def test_a_copy_that_is_old_says_how_old(open_page: Open) -> None:
    """The clock of the sights stands still, in the past of every browser or in its future."""
    page = open_page().page
    page.clock.install(time="2026-11-23T18:30:00Z")
    page.reload()
    assert page.locator("time#asof").inner_text().endswith("(3 hours ago)")


def stops(page: Page) -> list[str]:
    """Return what the keyboard reaches, until it leaves the page."""
    names: list[str] = []
    for _ in range(200):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "() => { const it = document.activeElement; return it === document.body ? '' :"
            " it.tagName + ':' + getComputedStyle(it).outlineStyle + ':' + it.textContent.trim() }"
        )
        if not focused or focused in names[:1]:
            break
        names.append(focused)
    return names


def test_the_keyboard_reaches_all_of_it_in_few_steps_and_shows_where_it_is(open_page: Open) -> None:
    page = open_page("bad day").page
    names = stops(page)
    assert names[0].endswith("Skip to content")
    assert any("Details of" in it for it in names)
    assert any("Incident history" in it for it in names)
    assert [it for it in names if ":none:" in it] == []
    assert len(names) <= 50


def by_keyboard(page: Page) -> None:
    page.locator(SWITCH).first.focus()
    page.keyboard.press("Enter")


def by_pointer(page: Page) -> None:
    page.locator(SWITCH).first.click()


def by_touch(page: Page) -> None:
    page.locator(SWITCH).first.tap()


@pytest.mark.parametrize("means", [by_keyboard, by_pointer, by_touch])
def test_the_outages_of_a_day_open_by_keyboard_pointer_and_touch(
    open_page: Open, means: Callable[[Page], None]
) -> None:
    """What happened, from when to when, how long and why: for each outage of a day."""
    page = open_page(width=390, has_touch=True, java_script_enabled=False).page
    days = page.locator("details.group details li")
    assert not days.first.is_visible()
    means(page)
    assert days.first.is_visible()
    assert re.fullmatch(
        r"\d+ \w{3} · Down (\d\d:\d\d–\d\d:\d\d|since \d\d:\d\d) (CET|CEST), [^:]+: .+",
        days.first.inner_text(),
    )


def test_the_sentence_comes_first_then_incidents_maintenance_and_components(
    open_page: Open,
) -> None:
    page = open_page().page
    tops = [
        box["y"]
        for where in (
            "h1",
            "section[aria-labelledby=incidents]",
            "section[aria-labelledby=running]",
            "section[aria-labelledby=upcoming]",
            "details.group",
            "section.past",
            "footer",
        )
        if (box := page.locator(where).first.bounding_box())
    ]
    assert len(tops) == 7
    assert tops == sorted(tops)


def test_how_a_component_stands_now_is_apart_from_todays_bar(open_page: Open) -> None:
    """In words, above the bars, since when too: a bar is a day, and no minute of it."""
    row = open_page().page.locator("details.group > ul > li.down").first
    now, bars = row.locator(".state").bounding_box(), row.locator(".w").bounding_box()
    assert now is not None
    assert bars is not None
    assert now["y"] + now["height"] <= bars["y"]
    assert re.fullmatch(r"Down since .*\d\d:\d\d .+", row.locator(".state").inner_text().strip())


@pytest.mark.parametrize("width", [320, 390, 760, 1200])
@pytest.mark.parametrize("sight", SIGHTS)
def test_a_language_from_right_to_left_does_not_break_the_layout(
    open_page: Open, sight: str, width: int
) -> None:
    """As the page would be in one: the same parts, turned, and the time axis as it was."""
    page = open_page(sight, width=width).page
    page.evaluate(OPEN_ALL)
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.evaluate(BEYOND) == 0
    for row in page.locator(".w").all()[:3]:
        box, bars = row.bounding_box(), row.locator(".b").bounding_box()
        assert box is not None
        assert bars is not None
        # Today is at the right in every language, and stays where the window is narrow.
        assert abs((box["x"] + box["width"]) - (bars["x"] + bars["width"])) < 1


@pytest.mark.parametrize("path", PARTS)
def test_no_part_reaches_beyond_a_phone_from_right_to_left(open_page: Open, path: str) -> None:
    page = open_page("bad day", path, width=320).page
    page.evaluate("document.documentElement.dir = 'rtl'")
    page.evaluate(OPEN_ALL)
    assert page.evaluate(BEYOND) == 0
    edges = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3')].filter(it => it.offsetWidth > 1)"
        ".map(it => it.getBoundingClientRect()).filter(it => it.left < 0).length"
    )
    assert edges == 0


def test_links_and_switches_are_large_enough_to_be_hit(open_page: Open) -> None:
    page = open_page(width=390).page
    small = page.evaluate(
        "[...document.querySelectorAll('nav a, p.links a, summary')].map(it => {"
        " const box = it.getBoundingClientRect(); return [it.textContent, box.width, box.height] })"
        ".filter(it => it[1] < 24 || it[2] < 24)"
    )
    assert small == []


def test_forced_colours_keep_problems_apart_from_good_days(open_page: Open) -> None:
    page = open_page(forced_colors="active").page
    stroke = "it => getComputedStyle(it).stroke"
    # The reader's own colours, and none of ours.
    forced = (
        "name => { const it = document.body.appendChild(document.createElement('i'));"
        " it.style.color = name; return getComputedStyle(it).color }"
    )
    good, bad = page.evaluate(forced, "GrayText"), page.evaluate(forced, "CanvasText")
    assert good != bad
    assert page.locator(".b .o").first.evaluate(stroke) == good
    assert page.locator(".b .d").first.evaluate(stroke) == bad


def test_nothing_moves(open_page: Open) -> None:
    assert open_page().page.evaluate("document.getAnimations().length") == 0


def test_print_shows_what_is_folded_and_leaves_out_what_cannot_be_followed(
    open_page: Open,
) -> None:
    page = open_page().page
    page.emulate_media(media="print")
    assert page.locator("details.group details li").first.is_visible()
    assert not page.locator("footer nav").first.is_visible()
    # An address that leads somewhere by itself; one within the page says nothing on paper.
    after = "it => getComputedStyle(it, '::after').content"
    assert page.locator(".entry .updates a").first.evaluate(after) == '" (https://eu.example/)"'
    assert page.locator(".entry .affects a").first.evaluate(after) == "none"


@pytest.mark.parametrize("path", PARTS)
def test_headings_leave_no_level_out(open_page: Open, path: str) -> None:
    page = open_page("bad day", path).page
    levels = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4')].map(it => Number(it.tagName[1]))"
    )
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
