import gzip
import json
from dataclasses import replace
from datetime import timedelta

import brotli
import pytest

from tests.unit.web import fakes, harness
from tests.unit.web.harness import Bench


@pytest.fixture
def bench() -> Bench:
    return harness.bench(fakes.Reader(fakes.facts(fakes.component())))


@pytest.fixture
def two() -> Bench:
    other = fakes.page(2, "beta", "Beta Status", hostnames=("status.beta.example",))
    return harness.bench(
        fakes.Reader(fakes.facts(fakes.component()), fakes.facts(fakes.component(), of=other))
    )


def test_a_single_page_stands_at_the_root_and_under_its_names(bench: Bench) -> None:
    answers = [bench.ask(path) for path in ("/", "/acme/", "/default/acme/")]
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert len({answer.body for answer in answers}) == 1


def test_a_path_without_its_final_slash_is_sent_to_the_one_with_it(bench: Bench) -> None:
    answer = bench.ask("/acme")
    assert (answer.status, answer.headers["Location"]) == (308, "/acme/")


def test_several_pages_are_listed_at_the_root(two: Bench) -> None:
    text = two.ask("/").text
    assert 'href="default/acme/"' in text
    assert 'href="default/beta/"' in text
    assert text.count(">Status pages<") == 2, "in the tab and above the list"


def test_a_page_that_comes_later_changes_the_address_of_no_other() -> None:
    alone = harness.bench(fakes.Reader(fakes.facts(fakes.component())))
    twin = fakes.facts(of=fakes.page(2, namespace="other"))
    both = harness.bench(fakes.Reader(fakes.facts(fakes.component()), twin))
    for bench in (alone, both):
        page = json.loads(bench.ask("/default/acme/api/v2/status.json").body)["page"]
        assert page["url"] == "http://127.0.0.1:8080/default/acme"


def test_pages_of_one_name_are_told_apart_by_namespace() -> None:
    twin = fakes.page(2, namespace="other")
    reader = fakes.Reader(fakes.facts(fakes.component()), fakes.facts(of=twin))
    bench = harness.bench(reader)
    assert bench.ask("/acme/").status == 404
    assert bench.ask("/other/acme/").status == 200
    assert 'href="default/acme/"' in bench.ask("/").text


def test_a_host_name_of_a_page_shows_that_page_alone(two: Bench) -> None:
    assert "Beta Status" in two.ask("/", host="Status.Beta.Example.:443").text
    assert two.ask("/acme/", host="status.beta.example").status == 404
    assert two.ask("/metrics", host="status.beta.example").status == 404


def test_all_that_is_unknown_gets_the_same_answer(two: Bench) -> None:
    answers = [
        two.ask("/", host="evil.example"),
        two.ask("/acme/", host="evil.example"),
        two.ask("/nothing/here"),
        two.ask("/acme/nothing", host="status.beta.example"),
        two.ask("/api/v2/summary.json"),
    ]
    assert {answer.status for answer in answers} == {404}
    assert len({(answer.body, tuple(answer.headers.items())) for answer in answers}) == 1


def test_names_of_the_installation_can_be_set_and_a_star_is_every_name() -> None:
    reader = fakes.Reader(fakes.facts())
    named = harness.bench(reader, own_hosts=("pages.example",))
    assert [named.ask(host=host).status for host in ("pages.example", "x.example")] == [200, 404]
    assert harness.bench(reader, own_hosts=("*",)).ask(host="x.example").status == 200


def test_bare_addresses_are_the_installations_own(bench: Bench) -> None:
    assert bench.ask(host="192.0.2.7:8080").status == 200
    assert bench.ask(host="[::1]:8080").status == 200


def test_a_hit_reads_nothing_and_tells_its_age(bench: Bench) -> None:
    first = bench.ask()
    bench.clock.advance(12)
    second = bench.ask()
    assert (first.headers["Age"], second.headers["Age"]) == ("0", "12")
    assert bench.reader.reads == [1]


def test_a_page_and_its_json_share_one_read_in_thirty_seconds(bench: Bench) -> None:
    for _ in range(29):
        for path in ("/", "/acme/", "/api/v2/summary.json", "/api/v2/status.json"):
            bench.ask(path)
        bench.clock.advance(1)
    assert bench.reader.reads == [1]
    bench.clock.advance(1)
    bench.ask()
    assert bench.reader.reads == [1, 1]
    assert "allswell_web_facts_reads_total 2\n" in bench.ask("/metrics").text


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("*", "gzip"),
        ("br;q=0, *", "gzip"),
        ("gzip;q=0, BR", "br"),
    ],
)
def test_the_coding_that_is_most_welcome_is_sent_and_says_the_same(
    bench: Bench, header: str, coding: str
) -> None:
    plain, packed = bench.ask(), bench.ask(accept_encoding=header)
    assert packed.headers["Content-Encoding"] == coding
    unpack = {"gzip": gzip.decompress, "br": brotli.decompress}[coding]
    assert unpack(packed.body) == plain.body
    assert packed.headers["ETag"] == plain.headers["ETag"]
    assert int(packed.headers["Content-Length"]) == len(packed.body) < len(plain.body)


@pytest.mark.parametrize("header", ["gzip;q=0", "identity", "", "zstd", "*;q=0", "gzip;q=x"])
def test_nothing_is_packed_for_who_does_not_want_it(bench: Bench, header: str) -> None:
    for _ in range(2):
        assert "Content-Encoding" not in bench.ask(accept_encoding=header).headers


@pytest.mark.parametrize("form", ["{}", "*", '"other", {}', "{strong}"])
def test_who_has_the_copy_gets_304_without_a_body(bench: Bench, form: str) -> None:
    tag = bench.ask().headers["ETag"]
    answer = bench.ask(if_none_match=form.format(tag, strong=tag.removeprefix("W/")))
    assert (answer.status, answer.body) == (304, b"")
    assert {"ETag", "Cache-Control", "Vary", "Age"} <= answer.headers.keys()
    assert "Content-Length" not in answer.headers


def test_another_tag_gets_the_whole_page(bench: Bench) -> None:
    assert bench.ask(if_none_match='W/"other"').status == 200


def test_head_has_the_headers_of_get_and_no_body(bench: Bench) -> None:
    head, get = bench.ask(method="HEAD"), bench.ask()
    assert head.body == b""
    assert head.headers == get.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "BREW"])
def test_other_methods_are_refused_with_those_that_are_not(bench: Bench, method: str) -> None:
    answer = bench.ask(method=method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_json_may_be_read_by_any_site_also_with_a_condition(bench: Bench) -> None:
    answer = bench.ask("/api/v2/status.json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert json.loads(answer.body)["page"]["url"] == "http://127.0.0.1:8080/default/acme"
    preflight = bench.ask("/api/v2/status.json", method="OPTIONS")
    assert preflight.status == 204
    assert preflight.headers["Access-Control-Allow-Headers"] == "If-None-Match"


def test_the_page_sends_strict_headers_and_no_cookie(bench: Bench) -> None:
    headers = bench.ask(cookie="session=1").headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Cache-Control"] == (
        "public, max-age=30, stale-while-revalidate=30, stale-if-error=86400"
    )
    assert "Set-Cookie" not in headers


def test_nothing_that_a_visitor_sends_reaches_the_copy_that_others_get(bench: Bench) -> None:
    poisoned = bench.ask(
        host="127.0.0.1:666", x_forwarded_host="evil.example", cookie="a=<script>", referer="evil"
    )
    assert poisoned.body == bench.ask().body
    assert b"evil" not in poisoned.body
    assert b"666" not in poisoned.body


def test_when_the_database_is_gone_the_old_facts_are_shown_with_their_age(bench: Bench) -> None:
    bench.ask()
    bench.reader.failing = True
    bench.clock.advance(31)
    assert "All systems operational" in bench.ask().text
    bench.clock.advance(timedelta(days=2).total_seconds())
    text = bench.ask().text
    assert "The current status is unknown" in text
    assert 'since <time datetime="2026-11-23T15:26:08Z">23 Nov, 15:26 UTC</time> (2 d ago)' in text
    assert "All systems operational" not in text


def test_a_copy_ends_when_the_present_stops_being_known(bench: Bench) -> None:
    bench.reader.facts_by_page[1] = replace(
        bench.reader.facts_by_page[1], observed_through=fakes.ago(seconds=110)
    )
    assert "All systems operational" in bench.ask().text
    bench.clock.advance(11)
    assert "The current status is unknown" in bench.ask().text
    assert bench.reader.reads == [1]


def test_a_failing_database_is_asked_at_most_every_five_seconds(bench: Bench) -> None:
    bench.ask()
    bench.reader.failing = True
    bench.clock.advance(31)
    for _ in range(20):
        bench.ask()
        bench.clock.advance(0.5)
    assert len(bench.reader.reads) == 3


def test_without_any_facts_the_answer_is_an_honest_503(bench: Bench) -> None:
    bench.reader.failing = True
    answer = bench.ask()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "temporarily unavailable" in answer.text
    bench.reader.failing = False
    bench.clock.advance(6)
    assert bench.ask().status == 200


def test_a_new_version_refreshes_just_that_page(two: Bench) -> None:
    two.web.watch.poll()
    for path in ("/acme/", "/beta/"):
        two.ask(path)
    two.clock.advance(5)
    page = fakes.page(version=2, title="Acme Reloaded")
    two.reader.facts_by_page[1] = fakes.facts(fakes.component(), of=page)
    two.web.watch.poll()
    assert "Acme Reloaded" in two.ask("/acme/").text
    two.ask("/beta/")
    assert two.reader.reads == [1, 2, 1]


def test_a_flapping_page_is_read_at_most_every_two_seconds(bench: Bench) -> None:
    bench.web.watch.poll()
    for version in range(2, 22):
        page = fakes.page(version=version)
        bench.reader.facts_by_page[1] = fakes.facts(fakes.component(), of=page)
        bench.web.watch.poll()
        bench.ask()
        bench.clock.advance(0.5)
    assert len(bench.reader.reads) == 5


def test_a_page_that_is_gone_is_not_found_within_two_seconds(two: Bench) -> None:
    two.web.watch.poll()
    assert two.ask("/beta/").status == 200
    two.clock.advance(3)
    del two.reader.facts_by_page[2]
    two.web.watch.poll()
    assert two.ask("/beta/").status == 404


def test_a_watch_that_fails_changes_nothing(bench: Bench) -> None:
    bench.web.watch.poll()
    bench.ask()
    bench.reader.failing = True
    bench.web.watch.poll()
    assert bench.ask().status == 200
    assert bench.web.meters.value("allswell_web_version_poll_failures_total") == 1


def test_a_collector_that_fails_only_leaves_the_charts_out() -> None:
    reader = fakes.Reader(fakes.facts(fakes.component()))
    assert (
        "response time"
        in harness.bench(reader, latency=fakes.Latency(fakes.day_of_buckets())).ask().text
    )
    broken = harness.bench(reader, latency=fakes.Latency(None))
    answer = broken.ask()
    assert answer.status == 200
    assert "response time" not in answer.text
    assert broken.web.meters.value("allswell_web_latency_failures_total") == 1


def test_health_is_told_to_everybody_and_metrics_only_at_own_hosts(bench: Bench) -> None:
    assert bench.ask("/healthz", host="whoever").body == b"ok\n"
    assert bench.ask("/metrics", host="whoever").status == 404
