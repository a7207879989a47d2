"""Check the feeds as feed readers read them."""

import calendar
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Unpack
from xml.etree import ElementTree as ET

import feedparser
import pytest

from allswell.central import page_data
from allswell.domain.health import HealthClaim
from allswell.domain.incident import AffectedComponent, Status
from allswell.domain.maintenance import Phase
from allswell.domain.state import State
from allswell_web.api import routes
from allswell_web.api.route import RouteRequest
from tests.unit.web import fakes, shapes
from tests.unit.web.fakes import BORN, NOW, ago

URL = "https://status.example/"
FEEDS = ["history.atom", "history.rss", "updates.atom", "updates.rss"]
DOWN = HealthClaim(State.DOWN, ago(hours=3), "Timeout")
OUTAGE = replace(
    fakes.component(
        1, claims=[HealthClaim(State.UP, BORN), DOWN, HealthClaim(State.UP, ago(hours=2))]
    ),
    received_at=(BORN, ago(hours=3, minutes=-6), ago(hours=2, minutes=-1)),
)
INCIDENT = fakes.incident(
    1,
    "Errors & delays <b>",
    (Status.INVESTIGATING, "We look into it.", ago(hours=5)),
    (Status.RESOLVED, "It was\nthe cable.\n\n<i>Sorry</i> & thanks.", ago(hours=4)),
    components=[AffectedComponent("monitor-1")],
)
WINDOW = fakes.maintenance(
    1, "Upgrade", start=ago(hours=1), end=ago(hours=-1), monitors=["monitor-1"]
)


def written(
    name: str,
    *components: page_data.ComponentData,
    now: datetime = NOW,
    url: str = URL,
    **more: Unpack[shapes.More],
) -> str:
    entry = next(it for it in routes.EVERY if it.path == f"/{name}")
    return entry.make(RouteRequest(fakes.facts(*components, **more), {}, now, url))


def read(text: str) -> Any:  # noqa: ANN401 - the library has no types
    feed = feedparser.parse(text.encode())
    assert not feed.bozo, feed.get("bozo_exception")
    return feed


def at(entry: Any) -> datetime:  # noqa: ANN401
    """Return when an entry or a feed last changed, which is the only date in RSS."""
    parsed = entry.updated_parsed if "updated_parsed" in entry else entry.published_parsed
    return datetime.fromtimestamp(calendar.timegm(parsed), UTC)


def everything(name: str, **more: Unpack[shapes.More]) -> Any:  # noqa: ANN401
    both: shapes.More = {"incidents": [INCIDENT], "maintenances": [WINDOW], **more}
    return read(written(name, OUTAGE, **both))


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_names_the_page_and_itself(name: str) -> None:
    feed = everything(name).feed
    assert feed.title.startswith("Acme Status - ")
    links = {link.rel: link.href for link in feed.links}
    assert links == {"self": f"{URL}{name}", "alternate": URL}


@pytest.mark.parametrize("name", ["history.atom", "history.rss"])
def test_the_history_has_an_entry_for_each_story_by_its_last_change(name: str) -> None:
    entries = everything(name).entries
    assert [(entry.title, at(entry)) for entry in entries] == [
        ("Upgrade", ago(hours=1)),
        ("Public API is down", ago(hours=1, minutes=59)),
        ("Errors & delays <b>", ago(hours=4)),
    ]


def test_an_entry_holds_its_updates_newest_first_as_escaped_html() -> None:
    entry = everything("history.atom").entries[-1]
    assert entry.link == f"{URL}incidents/inci00000001"
    html = entry.content[0].value
    assert html.index("Resolved") < html.index("Investigating")
    assert "&lt;i&gt;Sorry&lt;/i&gt; &amp; thanks." in html
    assert "It was the cable.<br /><br />" in html
    assert "Affects Public API." in html
    assert "2026-11-23 11:26 UTC" in html


@pytest.mark.parametrize("name", ["updates.atom", "updates.rss"])
def test_the_updates_have_an_item_for_each_that_was_published(name: str) -> None:
    assert [entry.title for entry in everything(name).entries] == [
        "In progress: Upgrade",
        "Resolved: Public API is down",
        "Investigating: Public API is down",
        "Resolved: Errors & delays <b>",
        "Investigating: Errors & delays <b>",
        "Scheduled: Upgrade",
    ]


def test_dates_are_those_of_publication_and_the_start_is_in_the_text() -> None:
    outage = everything("updates.atom").entries[2]
    assert at(outage) == ago(hours=2, minutes=54)
    assert "2026-11-23 12:26 UTC" in outage.content[0].value


@pytest.mark.parametrize("name", FEEDS)
def test_no_two_entries_have_one_date_and_they_stand_in_order(name: str) -> None:
    down = [
        fakes.component(n, f"C{n}", claims=[HealthClaim(State.UP, BORN), DOWN]) for n in range(1, 9)
    ]
    dates = [at(entry) for entry in read(written(name, *down)).entries]
    assert len(set(dates)) == 8
    assert dates == sorted(dates, reverse=True)
    assert dates[0] - dates[-1] == timedelta(seconds=7)


@pytest.mark.parametrize("name", FEEDS)
def test_what_comes_later_moves_no_entry_that_was_there(name: str) -> None:
    before = read(written(name, OUTAGE, incidents=[INCIDENT]))
    claims = [HealthClaim(State.UP, BORN), HealthClaim(State.DOWN, NOW, "Timeout")]
    other, soon = fakes.component(2, "Other", claims=claims), NOW + timedelta(minutes=1)
    text = written(name, OUTAGE, other, incidents=[INCIDENT], now=soon, observed=soon)
    after = read(text)
    later = [(entry.id, at(entry)) for entry in after.entries]
    assert later[1:] == [(entry.id, at(entry)) for entry in before.entries]


@pytest.mark.parametrize("name", FEEDS)
def test_ids_are_the_same_on_every_host_and_name_none(name: str) -> None:
    here = read(written(name, OUTAGE, incidents=[INCIDENT]))
    elsewhere = read(written(name, OUTAGE, incidents=[INCIDENT], url="https://other.example/"))
    ids = [entry.id for entry in here.entries]
    assert ids == [entry.id for entry in elsewhere.entries]
    assert all(it.startswith("urn:uuid:") for it in ids)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", FEEDS)
def test_no_clock_reading_is_in_a_feed(name: str) -> None:
    first, second = (
        written(name, OUTAGE, incidents=[INCIDENT], maintenances=[WINDOW], now=now)
        for now in (NOW, NOW + timedelta(seconds=90))
    )
    assert first == second


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_without_entries_is_dated_by_its_page(name: str) -> None:
    feed = read(written(name))
    assert feed.entries == []
    assert at(feed.feed) == BORN


@pytest.mark.parametrize("name", FEEDS)
def test_at_most_fifty_entries_are_told(name: str) -> None:
    many = [
        fakes.incident(n, "Old", (Status.RESOLVED, "Fixed.", ago(days=n))) for n in range(1, 70)
    ]
    entries = read(written(name, incidents=many)).entries
    assert len(entries) == 50
    assert at(entries[0]) == ago(days=1)


def test_rss_tells_that_its_ids_are_no_links_and_dates_have_four_digits() -> None:
    channel = ET.fromstring(written("history.rss", OUTAGE)).find("channel")
    assert channel is not None
    item = channel.find("item")
    assert item is not None
    guid = item.find("guid")
    assert guid is not None
    assert guid.attrib == {"isPermaLink": "false"}
    assert item.findtext("pubDate") == "Mon, 23 Nov 2026 13:27:08 +0000"
    assert channel.findtext("lastBuildDate") == "Mon, 23 Nov 2026 13:27:08 +0000"


@pytest.mark.parametrize(
    ("start", "end", "cancelled", "told"),
    [
        (-1, -2, None, ["Scheduled"]),
        (1, -2, None, ["In progress", "Scheduled"]),
        (2, 1, None, ["Completed", "In progress", "Scheduled"]),
        (2, 1, 3, ["Cancelled", "Scheduled"]),
        (4, 1, 3, ["Cancelled", "In progress", "Scheduled"]),
    ],
)
def test_maintenance_is_told_as_the_clock_goes_though_nobody_says_a_word(
    start: int, end: int, cancelled: int | None, told: list[str]
) -> None:
    off = None if cancelled is None else ago(hours=cancelled)
    window = fakes.maintenance(
        1, "Upgrade", start=ago(hours=start), end=ago(hours=end), cancelled=off
    )
    feed = read(written("updates.atom", maintenances=[window]))
    assert [entry.title for entry in feed.entries] == [f"{word}: Upgrade" for word in told]


def test_what_the_clock_would_tell_is_left_to_who_says_it() -> None:
    update = (Phase.IN_PROGRESS, "We have begun.", ago(minutes=50))
    window = fakes.maintenance(1, "Upgrade", update, start=ago(hours=1), end=ago(hours=-1))
    feed = read(written("updates.atom", maintenances=[window]))
    assert [at(entry) for entry in feed.entries] == [ago(minutes=50), ago(days=2, hours=1)]


@pytest.mark.parametrize("name", FEEDS)
@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "]]><script>alert(1)</script>",
        "&lt;b&gt; &amp; \"quoted\" 'text'",
        "</title></entry><entry>",
        "\u202eabc\u2066 \x00\x08\x1b\ufffe\uffff\x85",
        "x" * 10_000,
        "שלום 🎉 \u0301",
    ],
)
def test_hostile_texts_stay_text(name: str, text: str) -> None:
    updates: Sequence[tuple[Status, str, datetime]] = [(Status.INVESTIGATING, text, ago(hours=1))]
    incident = fakes.incident(1, text, *updates, components=[AffectedComponent("monitor-1")])
    page = replace(fakes.page(), title=text)
    component = fakes.component(1, text, claims=[HealthClaim(State.UP, BORN), DOWN])
    written_text = written(name, component, of=page, incidents=[incident])
    entries = read(written_text).entries
    assert len(entries) == 2
    tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(written_text).iter()}
    assert tags <= {
        *("feed", "id", "title", "updated", "author", "name", "link", "entry", "published"),
        *("content", "rss", "channel", "description", "language", "lastBuildDate", "item"),
        *("guid", "pubDate"),
    }
    contents = [
        element.text or ""
        for element in ET.fromstring(written_text).iter()
        if element.tag.rpartition("}")[2] in ("content", "description")
    ]
    assert not any("<script" in content or "<b>" in content for content in contents)
