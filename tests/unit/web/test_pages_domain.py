"""Check that under the domain of pages every page has its own host, and strangers see nothing."""

import pytest

from tests.unit.web import fakes, harness
from tests.unit.web.harness import Bench

ALPHA, BETA = "acme-aaaa.pages.io", "beta-bbbb.pages.io"
CUSTOMER = "status.beta.com"
EARLIER = "up.beta.com"
PROXY = "192.0.2.1"


def bench(own_host: str = "status.product.io", served: tuple[str, ...] = (CUSTOMER,)) -> Bench:
    alpha = fakes.page(address="acme-aaaa")
    beta = fakes.page(
        2, "beta", "Beta", hostnames=(EARLIER, CUSTOMER), served=served, address="beta-bbbb"
    )
    reader = fakes.Reader(fakes.facts(fakes.component(), of=alpha), fakes.facts(of=beta))
    return harness.bench(
        reader, own_hosts=(own_host,), pages_domain="pages.io", proxies=(f"{PROXY}/32",)
    )


@pytest.mark.parametrize(
    ("host", "title"),
    [
        (ALPHA, "Acme"),
        (BETA, "Beta"),
        ("ACME-aaaa.Pages.IO", "Acme"),
        (f"{ALPHA}.", "Acme"),
        (f"{ALPHA}:443", "Acme"),
        (CUSTOMER, "Beta"),
        (EARLIER, "Beta"),
    ],
)
def test_each_page_is_at_its_own_host(host: str, title: str) -> None:
    answer = bench().ask(host=host)
    assert (answer.status, title in answer.text) == (200, True)
    assert bench().ask("/default/acme/", host=host).status == 404


UNKNOWN = ("pages.io", "a.pages.io", "acme.pages.io", "x.acme-aaaa.pages.io", "xn--a.pages.io")


@pytest.mark.parametrize("own", ["status.product.io", "*", "pages.io", "a.pages.io"])
@pytest.mark.parametrize("host", UNKNOWN)
def test_anything_else_under_the_domain_gets_the_plain_404(own: str, host: str) -> None:
    answer = bench(own).ask(host=host)
    assert answer.status == 404
    assert "Acme" not in answer.text
    assert answer == bench(own).ask(host="b.pages.io")


@pytest.mark.parametrize("host", ["acme-aaaa.pages.io.evil.com", "*.pages.io", "acm\u0435-aaaa.io"])
def test_what_only_looks_like_it_is_nobodys(host: str) -> None:
    assert bench().ask(host=host) == bench().ask(host="b.pages.io")


def test_a_page_says_where_it_is_at_home() -> None:
    site = bench()
    status = "/api/v2/status.json"
    assert f'"url":"https://{ALPHA}"' in site.ask(status, host=ALPHA).text
    for host in (BETA, CUSTOMER, EARLIER):
        assert f'"url":"https://{CUSTOMER}"' in site.ask(status, host=host).text
    assert f'rel="canonical" href="https://{CUSTOMER}/"' in site.ask(host=BETA).text


def test_a_page_does_not_call_itself_by_a_name_that_leads_nowhere_yet() -> None:
    site = bench(served=())
    assert f'rel="canonical" href="https://{BETA}/"' in site.ask(host=BETA).text
    assert f'"url":"https://{BETA}"' in site.ask("/api/v2/status.json", host=CUSTOMER).text


@pytest.mark.parametrize("host", [ALPHA, CUSTOMER, f"{CUSTOMER.upper()}.:80"])
def test_who_comes_without_tls_is_sent_to_where_there_is_some(host: str) -> None:
    site = bench()
    for _ in range(2):
        answer = site.ask(
            "/history/a b", host=host, client=PROXY, query="x=1&y=\r\n", x_forwarded_proto="http"
        )
        target = host.lower().partition(":")[0].removesuffix(".")
        assert answer.status == 308
        assert answer.headers["Location"] == f"https://{target}/history/a%20b?x=1&y=%0D%0A"
        assert site.ask(host=host, client=PROXY, x_forwarded_proto="https").status == 200


def test_only_our_own_proxy_can_say_that_there_was_no_tls() -> None:
    site = bench()
    assert site.ask(host=CUSTOMER, client="192.0.2.9", x_forwarded_proto="http").status == 200
    assert site.ask(host=CUSTOMER, client="", x_forwarded_proto="http").status == 200
    redirect = site.ask(
        "/default/acme/", host="status.product.io", client=PROXY, x_forwarded_proto="http"
    )
    assert redirect.status == 200
    unknown = site.ask(host="evil.com", client=PROXY, x_forwarded_proto="http")
    assert unknown.status == 404


def test_a_name_that_is_let_go_is_served_no_more() -> None:
    site = bench()
    assert site.ask(host=CUSTOMER).status == 200
    beta = fakes.page(2, "beta", "Beta", address="beta-bbbb", version=2)
    site.reader.facts_by_page[2] = fakes.facts(of=beta)
    site.clock.advance(31)
    site.web.watch.poll()
    assert site.ask(host=CUSTOMER).status == 404
    assert site.ask(host=BETA).status == 200
