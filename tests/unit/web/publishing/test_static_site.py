"""Check the static copy: its files, where their links lead, when they are written and removed."""

import itertools
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from posixpath import dirname, join, normpath

import pytest
from flask import Flask, Response

from allswell.central import page_data
from allswell.domain.incident import Status
from allswell_web import app
from allswell_web.cache import directory
from allswell_web.cache.directory import PageMount
from allswell_web.cache.facts_sources import FactsSources
from allswell_web.cache.render_order import RenderOrder
from allswell_web.cache.renderer import Renderer
from allswell_web.publishing import publisher, static_site
from allswell_web.publishing.publisher import PublishedIssue, Publisher
from allswell_web.responses.meters import PageMetrics
from tests.unit.web import fakes

NOTE = publisher.note_of("f00d" * 8)


class Files:
    """A bucket in memory that can fail, and knows how often each file was written."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[bytes, str, str]] = {}
        self.writes: list[str] = []
        self.failing_after = 10**9

    def put(self, name: str, body: bytes, content_type: str, cache: str) -> None:
        if len(self.writes) >= self.failing_after:
            raise ConnectionError("the store is gone")
        self.writes.append(name)
        self.files[name] = (body, content_type, cache)

    def get(self, name: str) -> bytes | None:
        return self.files[name][0] if name in self.files else None

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            self.files.pop(name, None)

    def text(self, name: str) -> str:
        return self.files[name][0].decode()

    def below(self, folder: str) -> set[str]:
        return {name.removeprefix(folder) for name in self.files if name.startswith(folder)}


class Publication:
    """A publisher over fakes."""

    def __init__(self, *found: page_data.PageData, files: Files | None = None) -> None:
        self.reader = fakes.Reader(*found)
        self.clock = fakes.Clock()
        self.files = files or Files()
        self.start()

    def start(self) -> None:
        """Begin anew, as a process does."""
        meters = PageMetrics()
        clock = self.clock
        sources = FactsSources(self.reader, None, clock.wall, clock.ticks, fakes.AtOnce(), meters)
        renderer = Renderer(app.create("https://pages.example"), clock.wall, meters)
        self.publisher = Publisher(sources, renderer, self.files)

    def step(self, seconds: float = 0) -> set[str]:
        """Let time pass and step; the files that were written."""
        self.clock.advance(seconds)
        self.files.writes.clear()
        assert self.publisher.try_step()
        return set(self.files.writes)

    def step_seen(self, seconds: float) -> set[str]:
        """Step, with the collector having observed all the while."""
        through = self.clock.now + timedelta(seconds=seconds)
        for number, facts in self.reader.facts_by_page.items():
            self.reader.facts_by_page[number] = replace(facts, observed_through=through)
        return self.step(seconds)


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.facts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.facts += [value or "" for name, value in attrs if name in ("href", "src")]


def links(text: str) -> list[str]:
    parser = Links()
    parser.feed(text)
    return [link for link in parser.facts if not re.match(r"https?:|#", link)]


def dead_links(files: Files) -> list[tuple[str, str]]:
    """Return the links that lead to no file, each with its page."""
    names = files.below("default/acme/")
    return [
        (name, link)
        for name in names
        if name.endswith(".html")
        for link in links(files.text(f"default/acme/{name}"))
        if normpath(join(dirname(name), link)) not in names
    ]


@pytest.fixture
def publication() -> Publication:
    claims = fakes.outage(fakes.ago(days=3), timedelta(hours=1))
    return Publication(fakes.facts(fakes.component(claims=claims), fakes.component(2)))


def test_every_relative_link_of_every_page_leads_to_a_file_that_is_there(
    publication: Publication,
) -> None:
    publication.step()
    assert dead_links(publication.files) == []
    names = publication.files.below("default/acme/")
    assert {"index.html", "history.html", "embed.html", "de/index.html"} <= names
    assert "components/comp00000001.html" in names


def test_a_file_has_the_type_and_the_cache_header_of_what_it_is(publication: Publication) -> None:
    publication.step()
    page, status = (
        publication.files.files[f"default/acme/{name}"]
        for name in ("index.html", "api/v2/status.json")
    )
    assert page[1:] == (
        "text/html; charset=utf-8",
        "public, max-age=30, stale-while-revalidate=30, stale-if-error=86400",
    )
    assert status[1] == "application/json; charset=utf-8"
    assert json.loads(status[0])["page"]["name"] == "Acme Status"
    assert "default/acme/history.atom" in publication.files.files


def test_a_copy_says_as_of_when_it_is_with_date_and_year_and_carries_its_policy(
    publication: Publication,
) -> None:
    publication.step()
    text = publication.files.text("default/acme/index.html")
    assert re.search(r"As of <time[^>]*>23 Nov 2026, 15:26:08 UTC</time>", text)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert policy[1].startswith("default-src &#x27;none&#x27;")
    assert "frame-ancestors" not in policy[1]


def test_nothing_is_written_again_before_five_minutes_while_nothing_changes(
    publication: Publication,
) -> None:
    publication.step()
    assert [publication.step(60) for _ in range(4)] == [set()] * 4
    written = publication.step(60)
    assert "default/acme/index.html" in written
    assert "default/acme/history.html" not in written


def test_what_has_the_same_content_is_not_written_again(publication: Publication) -> None:
    publication.step()
    written = publication.step_seen(300)
    assert "default/acme/index.html" in written
    assert "default/acme/api/v2/status.json" not in written
    assert "default/acme/history.atom" not in written


def test_no_link_leads_to_nothing_after_an_incident_was_opened_or_a_component_added(
    publication: Publication,
) -> None:
    publication.step()
    publication.reader.facts_by_page[1] = fakes.facts(
        *(fakes.component(number) for number in (1, 2, 3)),
        of=fakes.page(version=2),
        incidents=[
            fakes.incident(1, "Errors", (Status.INVESTIGATING, "We are looking.", fakes.NOW))
        ],
    )
    written = publication.step(30)
    new = {
        "default/acme/de/components/comp00000003.html",
        "default/acme/incidents/inci00000001.html",
    }
    assert new <= written
    assert "default/acme/components/comp00000001.html" not in written
    assert dead_links(publication.files) == []
    parts = [name for name in written if "comp00000003" in name]
    fronts = [name for name in written if name.endswith("/index.html")]
    position = publication.files.writes.index
    assert max(map(position, parts)) < min(map(position, fronts))


def test_what_is_said_of_an_incident_is_soon_on_its_own_page_too(publication: Publication) -> None:
    first = (Status.INVESTIGATING, "We are looking.", fakes.ago(minutes=5))
    for version, updates in enumerate(
        [(first,), (first, (Status.RESOLVED, "Mended.", fakes.NOW))], 2
    ):
        incidents = [fakes.incident(1, "Errors", *updates)]
        page = fakes.page(version=version)
        publication.reader.facts_by_page[1] = fakes.facts(
            fakes.component(), of=page, incidents=incidents
        )
        assert "default/acme/de/incidents/inci00000001.html" in publication.step(30)
    assert "Mended." in publication.files.text("default/acme/incidents/inci00000001.html")
    assert "default/acme/incidents/inci00000001.html" not in publication.step_seen(300)


def test_everything_is_written_again_after_an_hour(publication: Publication) -> None:
    publication.step()
    assert "default/acme/history.html" in publication.step_seen(3600)


def test_a_change_is_published_within_thirty_seconds_and_not_more_often(
    publication: Publication,
) -> None:
    publication.step()
    written = []
    for version in range(2, 62):
        page = fakes.page(version=version, title=f"Acme {version}")
        publication.reader.facts_by_page[1] = fakes.facts(fakes.component(), of=page)
        written.append("default/acme/index.html" in publication.step(1))
    assert [number for number, was in enumerate(written, 1) if was] == [30, 60]


@pytest.mark.parametrize(
    ("seconds", "version", "due"),
    [(29, 2, False), (30, 2, True), (299, 1, False), (300, 1, True)],
)
def test_when_a_page_is_due(seconds: int, version: int, *, due: bool) -> None:
    issue = PublishedIssue(1, fakes.NOW)
    assert publisher.is_due(issue, version, fakes.NOW + timedelta(seconds=seconds)) == due
    assert publisher.is_due(PublishedIssue(), version, fakes.NOW)


SECRET = {"password_hash": f"scrypt:14:8:5:{'A' * 22}:{'A' * 43}"}


def test_a_private_page_is_not_published(publication: Publication) -> None:
    publication.reader.facts_by_page[2] = fakes.facts(
        of=fakes.page(2, "beta", password_hash=SECRET["password_hash"])
    )
    publication.step()
    assert publication.files.below("default/beta/") == set()
    assert "beta" not in publication.files.text(NOTE)


class Late(fakes.Reader):
    """A database whose list of pages was read a moment before a page was closed."""

    def pages(self) -> tuple[page_data.PageRow, ...]:
        return (fakes.page(),)


def test_a_page_that_is_closed_after_it_was_listed_is_not_published(
    publication: Publication,
) -> None:
    closed = replace(fakes.page(version=2), allowed_networks=("192.0.2.0/24",))
    publication.reader = Late(fakes.facts(fakes.component(), of=closed))
    publication.start()
    publication.step()
    assert publication.files.files == {}


@pytest.mark.parametrize("how", ["private", "gone"])
@pytest.mark.parametrize("restarted", [False, True])
def test_the_files_of_a_page_that_is_gone_or_private_are_removed(
    publication: Publication, how: str, restarted: bool
) -> None:
    publication.step()
    if how == "gone":
        del publication.reader.facts_by_page[1]
    else:
        closed = replace(fakes.page(version=2), allowed_networks=("192.0.2.0/24",))
        publication.reader.facts_by_page[1] = fakes.facts(fakes.component(), of=closed)
    if restarted:
        publication.start()
    publication.step(2)
    assert set(publication.files.files) == {NOTE}


def test_a_part_that_is_gone_is_removed_after_an_hour(publication: Publication) -> None:
    publication.step()
    assert "default/acme/components/comp00000002.html" in publication.files.files
    publication.reader.facts_by_page[1] = fakes.facts(fakes.component(), of=fakes.page(version=2))
    publication.step(3600)
    assert "default/acme/components/comp00000002.html" not in publication.files.files
    assert "default/acme/components/comp00000001.html" in publication.files.files


def test_what_was_half_published_when_the_process_died_is_found_and_removed(
    publication: Publication,
) -> None:
    publication.files.failing_after = 5
    assert not publication.publisher.try_step()
    publication.files.failing_after = 10**9
    assert len(publication.files.files) == 5
    del publication.reader.facts_by_page[1]
    publication.start()
    publication.step()
    assert set(publication.files.files) == {NOTE}


def test_without_the_database_the_copy_stays_as_it_was(publication: Publication) -> None:
    publication.step()
    before = dict(publication.files.files)
    publication.reader.failing = True
    publication.clock.advance(3600)
    assert not publication.publisher.try_step()
    assert publication.files.files == before


def test_files_of_others_are_left_alone() -> None:
    files = Files()
    files.put("default/acme/theirs.html", b"theirs", "text/html", "")
    files.put("theirs.html", b"theirs", "text/html", "")
    publication = Publication(fakes.facts(fakes.component()), files=files)
    publication.step()
    del publication.reader.facts_by_page[1]
    publication.step()
    assert set(files.files) == {NOTE, "default/acme/theirs.html", "theirs.html"}


def test_no_reader_of_the_bucket_can_tell_where_the_list_of_all_pages_is(
    publication: Publication,
) -> None:
    """Its name follows from the installation's secret alone, so the next process finds it again."""
    publication.step()
    (note,) = publication.files.below("") - {
        f"default/acme/{it}" for it in publication.files.below("default/acme/")
    }
    assert re.fullmatch(r"\.published-[0-9a-f]{32}\.json", note)
    assert "f00d" * 8 not in note
    assert publication.files.files[note][2] == "private, no-store"
    assert publisher.note_of("beef" * 8) != note


def test_before_the_collector_ever_ran_nothing_is_published(publication: Publication) -> None:
    publication.reader.installed = None
    assert not publication.publisher.try_step()
    assert publication.files.files == {}
    publication.reader.installed = "f00d" * 8
    assert publication.step()


@pytest.mark.parametrize("note", [b"", b"[]", b'{"files": 7}', b'{"files": {"a": 7}}', b"\xff"])
def test_a_note_that_cannot_be_read_does_not_stop_publishing(note: bytes) -> None:
    files = Files()
    files.put(NOTE, note, "", "")
    publication = Publication(fakes.facts(fakes.component()), files=files)
    assert "default/acme/index.html" in publication.step()


class Endless(Renderer):
    """A page each part of which leads to one more."""

    def dispatch(self, mount: PageMount, order: RenderOrder) -> Response:
        del order
        number = mount.rest.rpartition("/part")[2]
        return Response(f'<a href="part{int(number) + 1 if number.isdecimal() else 1}">')


def test_a_page_without_an_end_has_a_bounded_number_of_files() -> None:
    renderer = Endless(Flask("endless"), fakes.Clock().wall, PageMetrics())
    order = RenderOrder(fakes.NOW, directory.of([]), fakes.page())
    names = [file.name for file in itertools.islice(static_site.whole(renderer, order), 20_000)]
    assert len(names) == len(set(names)) == static_site.MAX_FILES


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "index.html"),
        ("/de/", "de/index.html"),
        ("/history", "history.html"),
        ("/history/2026-11", "history/2026-11.html"),
        ("/api/v2/summary.json", "api/v2/summary.json"),
    ],
)
def test_a_path_has_a_file(path: str, name: str) -> None:
    assert static_site.name_of(path) == name


def test_a_copy_says_where_the_page_is_at_home_and_not_where_the_copy_is() -> None:
    other = fakes.page(2, "other")
    publication = Publication(
        fakes.facts(fakes.component()), fakes.facts(fakes.component(), of=other)
    )
    publication.step()
    for name in ("acme", "other"):
        text = publication.files.text(f"default/{name}/index.html")
        assert f'<link rel="canonical" href="https://pages.example/default/{name}/">' in text
