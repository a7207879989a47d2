"""Check that a feed stays a feed whatever people write, and that old entries never change."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allswell.domain.incident import AffectedComponent, Status
from allswell_web.api import routes
from allswell_web.api.feeds import entry
from allswell_web.api.feeds.entry import FeedEntry
from allswell_web.api.route import Route, RouteRequest
from tests.unit.web import fakes
from tests.unit.web.fakes import NOW, ago

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=100)
FEEDS = [it for it in routes.EVERY if it.path.endswith((".atom", ".rss"))]


def tags(written: str) -> list[str]:
    return [element.tag for element in ET.fromstring(written).iter()]


@pytest.mark.parametrize("feed", FEEDS, ids=lambda it: it.name)
@given(title=texts, body=texts, name=texts)
def test_no_text_changes_the_elements_of_a_feed(
    feed: Route, title: str, body: str, name: str
) -> None:
    def written(title: str, body: str, name: str) -> str:
        update = (Status.INVESTIGATING, body, ago(hours=1))
        incident = fakes.incident(1, title, update, components=[AffectedComponent("monitor-1")])
        window = replace(fakes.maintenance(start=ago(hours=2), end=ago(hours=1)), title=title)
        page = fakes.page(title=title)
        component = fakes.component(1, name)
        facts = fakes.facts(component, of=page, incidents=[incident], maintenances=[window])
        return feed.make(RouteRequest(facts, {}, NOW, "https://status.example/"))

    assert tags(written(title, body, name)) == tags(written("x", "x", "x"))


seconds = st.lists(st.integers(0, 30), max_size=40)


def entries(found: Sequence[int]) -> list[FeedEntry]:
    """Return an entry published at each so many seconds, some of them at once."""
    dates = [NOW + timedelta(seconds=second) for second in found]
    return [FeedEntry(f"urn:{n:04}", "", "", at, at, "") for n, at in enumerate(dates)]


def dated(found: Sequence[FeedEntry]) -> dict[str, datetime]:
    return {it.urn: it.updated for it in found}


@given(seconds)
def test_no_two_entries_have_one_date_and_the_newest_stands_first(found: list[int]) -> None:
    dates = [it.updated for it in entry.sort_entries(entries(found))]
    assert dates == sorted(set(dates), reverse=True)
    assert len(dates) == len(found)


@given(seconds, st.lists(st.integers(31 + 40, 200), max_size=8))
def test_later_entries_move_no_earlier_one(earlier: list[int], later: list[int]) -> None:
    before = dated(entry.sort_entries(entries(earlier)))
    after = dated(entry.sort_entries(entries([*earlier, *later])))
    assert before.items() <= after.items()


@given(seconds)
def test_an_entry_is_never_dated_before_it_was_published(found: list[int]) -> None:
    by_urn = {it.urn: it for it in entry.sort_entries(entries(found))}
    assert all(by_urn[it.urn].updated >= it.updated for it in entries(found))
