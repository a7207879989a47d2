"""Check which host sees what, whatever the Host header holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allswell_web.cache import directory
from tests.unit.web import fakes, harness
from tests.unit.web.harness import Bench


def two(*, index: bool = True, hsts: bool = False) -> Bench:
    other = fakes.page(2, "beta", "Beta Status", hostnames=("status.beta.example",))
    reader = fakes.Reader(fakes.facts(fakes.component()), fakes.facts(of=other))
    return harness.bench(reader, own_hosts=("pages.example",), index=index, hsts=hsts)


def test_without_an_index_the_root_tells_of_no_page_and_pages_stand_at_their_paths() -> None:
    bench = two(index=False)
    unknown = bench.ask(host="evil.example")
    assert bench.ask(host="pages.example") == unknown
    assert bench.ask("/acme/", host="pages.example").status == 200
    assert bench.ask(host="status.beta.example").status == 200


def test_without_an_index_the_only_page_is_not_at_the_root_either() -> None:
    bench = harness.bench(fakes.Reader(fakes.facts(fakes.component())), index=False)
    assert [bench.ask(path).status for path in ("/", "/default/acme/")] == [404, 200]
    assert (
        '"url":"http://127.0.0.1:8080/default/acme"' in bench.ask("/acme/api/v2/status.json").text
    )


@pytest.mark.parametrize(
    "host",
    [
        *("status.beta.example", "STATUS.Beta.Example", "status.beta.example."),
        *("status.beta.example:443", "status.beta.example.:8443", "status.beta.example:"),
    ],
)
def test_a_host_may_be_spelled_in_several_ways(host: str) -> None:
    assert "Beta Status" in two().ask(host=host).text


@pytest.mark.parametrize(
    "host",
    [
        *("", "status.beta.example.evil.example", "evil.example#status.beta.example"),
        *("status.beta.example:443@evil.example", "evil.example, status.beta.example"),
        *("status.beta.example/", " status.beta.example", "status.beta.example\t", "http://a"),
        *("status.beta.example..", "status.beta.example:x", "status.beta.example:443:443"),
        *("[status.beta.example]", "ſtatus.beta.example", "status.beta.example\r\nX: y", "."),
        *("status.beta.example\0", "*", "a" * 5000, "%73tatus.beta.example", "[::1", "localhost:x"),
    ],
)
def test_a_host_that_is_not_exactly_a_known_one_gets_the_constant_answer(host: str) -> None:
    bench = two()
    assert bench.ask(host=host) == bench.ask(host="evil.example")
    assert bench.reader.reads == []


@given(st.text(max_size=40))
def test_whatever_the_header_holds_a_host_is_a_name_an_address_or_nothing(header: str) -> None:
    host = directory.normal(header)
    assert host == "" or host.strip("abcdefghijklmnopqrstuvwxyz0123456789._-:") == ""
    assert host == directory.normal(host) or ":" in host


def test_unknown_hosts_fill_no_memory() -> None:
    bench = two()
    for number in range(3000):
        bench.ask(host=f"{number}.example")
        bench.ask(host=f"status.beta.example:{number}")
    assert len(bench.web.pages.hosts) <= 1000


@pytest.mark.parametrize(
    "header",
    [
        *("x_forwarded_host", "x_host", "forwarded", "x_original_url", "x_rewrite_url"),
        *("x_forwarded_proto", "x_forwarded_prefix", "x_http_method_override", "origin"),
        *("accept_language", "accept", "user_agent", "range", "x_forwarded_scheme", "via"),
    ],
)
def test_no_header_but_host_and_coding_changes_the_answer(header: str) -> None:
    bench = two()
    poisoned = bench.ask(
        host="status.beta.example", **{header: "https://evil.example/<script>alert(1)</script>"}
    )
    assert poisoned == bench.ask(host="status.beta.example")
    assert poisoned.headers["Vary"] == "Accept-Encoding"


def test_a_title_cannot_write_a_header() -> None:
    title = "Acme\r\nSet-Cookie: a=b\r\n\r\n<script>"
    bench = harness.bench(fakes.Reader(fakes.facts(of=fakes.page(title=title))))
    for path in ("/", "/embed", "/api/v2/summary.json"):
        answer = bench.ask(path)
        assert answer.status == 200
        assert "Set-Cookie" not in answer.headers
        assert not any("\r" in value or "\n" in value for value in answer.headers.values())


def test_tls_is_demanded_briefly_at_customers_hosts_and_for_a_year_at_our_own() -> None:
    bench = two(hsts=True)
    name = "Strict-Transport-Security"
    assert bench.ask(host="status.beta.example").headers[name] == "max-age=259200"
    assert bench.ask("/acme/", host="pages.example").headers[name] == "max-age=31536000"
    assert name not in two().ask(host="status.beta.example").headers


def test_the_widget_alone_may_stand_in_a_frame_and_is_small() -> None:
    bench = two()
    widget, page = (bench.ask(path, host="status.beta.example") for path in ("/embed", "/"))
    assert "frame-ancestors *" in widget.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in widget.headers["Content-Security-Policy"]
    assert 'href="./" target="_blank"' in widget.text
    assert "Beta Status" in widget.text
    assert len(widget.body) < 4096


def test_the_widget_of_a_private_page_stands_in_no_frame() -> None:
    page = fakes.page(allowed_networks=("192.0.2.0/24",))
    bench = harness.bench(fakes.Reader(fakes.facts(of=page)))
    policy = bench.ask("/embed", client="192.0.2.1").headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "*" not in policy


def test_no_other_pages_short_name_leads_below_a_pages_full_address() -> None:
    """Else whoever may see the one would be let into the other, or keep its readers out."""
    shut = fakes.page(1, namespace="victim", name="beta", allowed_networks=("192.0.2.0/24",))
    trap = fakes.page(2, namespace="evil", name="victim", allowed_networks=("203.0.113.0/24",))
    bench = harness.bench(fakes.Reader(fakes.facts(of=shut), fakes.facts(of=trap)))
    for path in ("/victim/beta/", "/victim/beta/api/v2/status.json"):
        assert bench.ask(path, client="203.0.113.7").status == 404
        assert bench.ask(path, client="192.0.2.7").status == 200
    assert bench.ask("/victim/", client="203.0.113.7").status == 200
    assert bench.ask("/victim/", client="192.0.2.7").status == 404


def test_whoever_has_an_undeclared_proxy_before_him_is_in_no_network() -> None:
    shut = fakes.page(1, allowed_networks=("10.0.0.0/8",))
    bench = harness.bench(fakes.Reader(fakes.facts(of=shut)))
    assert bench.ask("/acme/", client="10.1.2.3").status == 200
    assert bench.ask("/acme/", client="10.1.2.3", x_forwarded_for="198.51.100.7").status == 404


def test_with_names_of_its_own_an_installation_shows_nothing_at_bare_addresses() -> None:
    reader = fakes.Reader(fakes.facts(of=fakes.page(1)))
    bench = harness.bench(reader, own_hosts=("pages.example",))
    assert bench.ask("/", host="8.8.8.8").status == 404
    assert bench.ask("/", host="localhost").status == 404
    assert bench.ask("/", host="pages.example").status == 200
    assert bench.ask("/metrics", host="10.244.0.5:8080").status == 200
    assert bench.ask("/metrics", host="pages.example", x_forwarded_for="192.0.2.1").status == 404


def test_copies_stay_whatever_order_pages_are_listed_in() -> None:
    late = fakes.page(1, namespace="z", name="late")
    early = fakes.page(2, namespace="a", name="early")
    bench = harness.bench(fakes.Reader(fakes.facts(of=early), fakes.facts(of=late)))
    bench.web.watch.poll()
    for path in ("/late/", "/early/", "/nowhere/"):
        bench.ask(path)
    bench.ask("/", host="unknown.example")
    (host,) = {id(site): site for site in bench.web.pages.hosts.values()}.values()
    assert {"/late/", "/early/"} <= set(host.public)
