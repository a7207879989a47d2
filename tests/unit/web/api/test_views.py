"""Check what clients of the API get, with its headers, from the assembled application."""

import json
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from allswell.central import page_data
from allswell.domain.health import HealthClaim
from allswell.domain.state import State
from allswell_web.api import routes
from allswell_web.api.route import Route
from tests.unit.web import fakes, harness, shapes
from tests.unit.web.harness import Bench

JSON = "public, max-age=15, s-maxage=30, stale-while-revalidate=30, stale-if-error=3600"
FEED = "public, max-age=60, stale-while-revalidate=300, stale-if-error=86400"
CACHES = {
    "application/json; charset=utf-8": (JSON, "no-cache"),
    "application/atom+xml; charset=utf-8": (FEED,),
    "application/rss+xml; charset=utf-8": (FEED,),
    "text/calendar; charset=utf-8": ("max-age=900",),
    "image/svg+xml; charset=utf-8": ("no-cache",),
}
BADGE = "/badge/comp00000001/state.svg"
UNKNOWN = "/badge/comp99999999/state.svg"


@pytest.fixture
def bench() -> Bench:
    window = fakes.maintenance(start=fakes.ago(hours=-1), end=fakes.ago(hours=-2))
    facts = fakes.facts(fakes.component(), maintenances=[window])
    return harness.bench(fakes.Reader(facts), latency=fakes.Latency(fakes.day_of_buckets()))


def path_of(entry: Route) -> str:
    return entry.path.format(component="comp00000001", fact="uptime")


@pytest.mark.parametrize("entry", routes.EVERY, ids=lambda entry: entry.name)
def test_every_route_answers_with_the_headers_of_its_kind(bench: Bench, entry: Route) -> None:
    answer = bench.ask(path_of(entry))
    assert answer.status == 200
    assert answer.headers["Content-Type"] == entry.kind.media_type
    assert answer.headers["Cache-Control"] in CACHES[entry.kind.media_type]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["ETag"].startswith('W/"')
    assert answer.headers["Vary"] == "Accept-Encoding"
    is_calendar = entry.path.endswith(".ics")
    assert ("Access-Control-Allow-Origin" in answer.headers) is not is_calendar


@pytest.mark.parametrize("entry", routes.EVERY, ids=lambda entry: entry.name)
def test_an_etag_stands_still_while_nothing_changes(entry: Route) -> None:
    """Latency apart: each five minutes a bucket of it comes and another one goes."""
    window = fakes.maintenance(start=fakes.ago(hours=-1), end=fakes.ago(hours=-2))
    bench = harness.bench(fakes.Reader(fakes.facts(fakes.component(), maintenances=[window])))
    tag = bench.ask(path_of(entry)).headers["ETag"]
    for _ in range(4):
        bench.clock.advance(31)
        bench.reader.facts_by_page[1] = fakes.facts(
            fakes.component(),
            observed=bench.clock.now,
            maintenances=bench.reader.facts_by_page[1].maintenances,
        )
        assert bench.ask(path_of(entry), if_none_match=tag).status == 304


@pytest.mark.parametrize("entry", routes.EVERY, ids=lambda entry: entry.name)
def test_scripts_of_other_sites_may_ask_with_a_condition(bench: Bench, entry: Route) -> None:
    answer = bench.ask(path_of(entry), method="OPTIONS")
    if entry.path.endswith(".ics"):
        assert answer.status == 405
    else:
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Headers"] == "If-None-Match"


@pytest.mark.parametrize("entry", routes.EVERY, ids=lambda entry: entry.name)
def test_a_list_of_pages_has_nothing_for_machines(entry: Route) -> None:
    two = [fakes.facts(of=fakes.page(number, f"p{number}")) for number in (1, 2)]
    bench = harness.bench(fakes.Reader(*two))
    assert bench.ask(path_of(entry)).status == 404
    assert bench.ask(f"/p1{path_of(entry)}").status == 200


def test_links_are_those_of_the_pages_own_name() -> None:
    page = fakes.page(hostnames=("status.acme.example",))
    bench = harness.bench(fakes.Reader(fakes.facts(of=page)), own_hosts=("pages.example",))
    for path in ("/history.atom", "/api/v2/status.json"):
        text = bench.ask(f"/acme{path}", host="pages.example").text
        assert "https://status.acme.example" in text
        assert "pages.example" not in text


def test_a_badge_may_stand_on_any_site_and_can_do_nothing(bench: Bench) -> None:
    headers = bench.ask(BADGE).headers
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    )


def test_a_badge_of_an_unknown_component_is_a_picture_with_200(bench: Bench) -> None:
    answer = bench.ask(UNKNOWN)
    assert answer.status == 200
    assert "not found" in answer.text
    assert bench.ask(UNKNOWN, if_none_match=answer.headers["ETag"]).status == 304


def test_badges_of_unknown_components_fill_no_memory(bench: Bench) -> None:
    for number in range(20):
        bench.ask(f"/badge/nobody{number:06}/state.svg")
    bench.ask(BADGE)
    cached = [path for site in bench.web.pages.hosts.values() for path in site.public]
    assert cached == [BADGE]


@pytest.mark.parametrize(
    "path",
    [
        "/badge/comp00000001/secret.svg",
        "/badge/secret.svg",
        "/badge/a/b/state.svg",
        "/badge/comp00000001/state.png",
        "/api/v2/nothing.json",
        "/api/v2/summary",
    ],
)
def test_what_is_not_on_the_table_is_not_found(bench: Bench, path: str) -> None:
    assert bench.ask(path).status == 404


def test_metrics_are_told_at_no_customers_name() -> None:
    page = fakes.page(hostnames=("status.acme.example",))
    bench = harness.bench(fakes.Reader(fakes.facts(of=page)), own_hosts=("*",))
    assert bench.ask("/metrics", host="status.acme.example").status == 404
    assert bench.ask("/metrics", host="Status.Acme.example:443").status == 404
    assert bench.ask("/metrics", host="anything.example").status == 200
    assert bench.ask("/metrics", host="10.1.2.3:8080").status == 200


def test_while_no_name_is_known_metrics_are_told_at_named_hosts_and_addresses() -> None:
    reader = fakes.Reader()
    reader.failing = True
    bench = harness.bench(reader, own_hosts=("*", "pages.example"))
    hosts = ("status.acme.example", "pages.example", "127.0.0.1:8080")
    assert [bench.ask("/metrics", host=host).status for host in hosts] == [503, 200, 200]


def test_every_story_that_machines_are_told_of_has_a_page_of_its_own() -> None:
    claims = (
        HealthClaim(State.UP, fakes.BORN),
        *fakes.outage(fakes.ago(days=1), timedelta(hours=1)),
    )
    facts = fakes.facts(
        fakes.component(claims=claims),
        incidents=[fakes.incident(1, "Errors")],
        maintenances=[fakes.maintenance(start=fakes.ago(hours=1), end=fakes.ago(hours=-1))],
    )
    bench = harness.bench(fakes.Reader(facts))
    listed = json.loads(bench.ask("/api/v2/incidents.json").text)["incidents"]
    planned = json.loads(bench.ask("/api/v2/scheduled-maintenances.json").text)
    links = [entry["shortlink"] for entry in (*listed, *planned["scheduled_maintenances"])]
    assert len(links) == 3
    paths = [link.removeprefix("http://127.0.0.1:8080") for link in links]
    assert [bench.ask(path).status for path in paths] == [200, 200, 200]
    assert "Public API is down" in bench.ask(paths[1]).text
    german = paths[1].replace("/acme/", "/acme/de/")
    assert "Public API ist ausgefallen" in bench.ask(german).text


@pytest.mark.parametrize("entry", routes.EVERY, ids=lambda entry: entry.name)
def test_no_text_of_an_owner_reaches_a_header(entry: Route) -> None:
    def headers(text: str) -> dict[str, str]:
        found = fakes.facts(
            fakes.component(1, text, group=text),
            of=fakes.page(title=text, description=text),
            incidents=[fakes.incident(1, text)],
        )
        answer = harness.bench(fakes.Reader(found)).ask(path_of(entry))
        assert answer.status == 200
        changing = ("ETag", "Content-Length")
        return {name: value for name, value in answer.headers.items() if name not in changing}

    assert headers("a\r\nSet-Cookie: b=c\r\n\r\n<script>") == headers("a")


@pytest.mark.parametrize("entry", routes.EVERY, ids=lambda entry: entry.name)
@pytest.mark.parametrize(
    "found",
    [
        fakes.facts(observed=None),
        fakes.facts(fakes.component(), observed=None),
        fakes.facts(fakes.component(claims=[]), observed=fakes.ago(days=200)),
        fakes.facts(fakes.component(group=""), of=fakes.page(zone="Mars/Olympus", title="")),
    ],
    ids=["nothing", "before the first beat", "silent for months", "without names"],
)
def test_whatever_is_lacking_there_is_an_answer(found: page_data.PageData, entry: Route) -> None:
    answer = harness.bench(fakes.Reader(found)).ask(path_of(entry))
    assert answer.status == 200
    if entry.schema is not None:
        shapes.check(entry.path, json.loads(answer.text))


def test_metrics_are_what_prometheus_reads(bench: Bench) -> None:
    bench.ask("/api/v2/status.json")
    families = text_string_to_metric_families(bench.ask("/metrics").text)
    by_name = {family.name: family for family in families}
    assert {family.type for family in by_name.values()} <= {"counter", "gauge"}
    assert all(family.documentation for family in by_name.values())
    (reads,) = by_name["allswell_web_facts_reads"].samples
    assert reads.value == 1.0


def test_metrics_tell_nothing_of_any_page(bench: Bench) -> None:
    bench.ask("/")
    samples = [
        it
        for one in text_string_to_metric_families(bench.ask("/metrics").text)
        for it in one.samples
    ]
    assert samples
    assert [it for it in samples if it.labels] == []
