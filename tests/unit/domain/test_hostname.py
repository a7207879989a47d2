"""Names of hosts, told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allswell.domain import hostname
from allswell.domain.hostname import HostnameRefused, InstallationDomains, PageIdentity

KEY = b"k" * 32
PAGE = PageIdentity("uid-1", "acme")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("status.acme.com", "status.acme.com"),
        ("Status.ACME.com", "status.acme.com"),
        ("status.acme.com.", "status.acme.com"),
        ("xn--bcher-kva.de", "xn--bcher-kva.de"),
        ("xn--strae-oqa.de", "xn--strae-oqa.de"),
        ("a.xn--fiqs8s", "a.xn--fiqs8s"),
        ("a-1.b2.io", "a-1.b2.io"),
        (".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61]),) * 2,
    ],
)
def test_a_name_is_compared_in_lower_case_without_its_final_dot(written: str, meant: str) -> None:
    assert hostname.normalize(written) == meant


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("*.acme.com", "wildcard"),
        ("10.0.0.12", "address"),
        ("1.2.3", "address"),
        ("[::1]", "address"),
        ("fd00::1", "address"),
        ("status", "full name"),
        ("status..acme.com", "made of"),
        ("status.acme.com..", "made of"),
        ("-a.acme.com", "made of"),
        ("a-.acme.com", "made of"),
        ("a_b.acme.com", "made of"),
        ("a b.acme.com", "made of"),
        ("a.acme.com:443", "made of"),
        ("", "made of"),
        (f"{'a' * 64}.acme.com", "63"),
        (".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 62]), "253"),
        ("bücher.de", "A-labels"),
        ("status.аcme.com", "A-labels"),
        ("xn--a.acme.com", "not a valid A-label"),
        ("xn--999999.acme.com", "not a valid A-label"),
        ("ab--c.acme.com", "not a valid A-label"),
    ],
)
def test_what_is_no_host_name_is_refused_with_the_reason(written: str, why: str) -> None:
    with pytest.raises(HostnameRefused, match=why):
        hostname.normalize(written)


OWN = InstallationDomains("pages.example.io", ("status.product.io",))


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("pages.example.io", "this installation"),
        ("a.pages.example.io", "this installation"),
        ("status.product.io", "this installation"),
        ("a.status.product.io", "this installation"),
        ("a.localhost", "nobody"),
        ("printer.local", "nobody"),
        ("kubernetes.default.svc.cluster.local", "nobody"),
        ("a.onion", "nobody"),
        ("status.corp.internal", "public authority"),
        ("status.example.com", "public authority"),
    ],
)
def test_names_that_no_customer_can_have_are_refused(host: str, why: str) -> None:
    with pytest.raises(HostnameRefused, match=why):
        hostname.check(host, OWN)


@pytest.mark.parametrize("host", ["status.acme.com", "apages.example.io", "product.io"])
def test_other_names_are_not(host: str) -> None:
    hostname.check(host, OWN)


def test_an_installation_may_allow_only_some_domains() -> None:
    hostname.check("status.acme.com", OWN, ["acme.com"])
    hostname.check("status.corp.internal", OWN, ["corp.internal"])
    for host in ("status.other.com", "status.notacme.com"):
        with pytest.raises(HostnameRefused, match="does not allow"):
            hostname.check(host, OWN, ["acme.com"])
    with pytest.raises(HostnameRefused, match="this installation"):
        hostname.check("a.pages.example.io", OWN, ["example.io"])


@pytest.mark.parametrize("domain", ["product.io", "pages.product.io", "a.status.product.io"])
def test_pages_do_not_live_with_the_product(domain: str) -> None:
    hosts = ("status.product.io", "product.io")
    assert "dedicate another" in hostname.pages_domain_problem(domain, hosts)


def test_a_domain_of_its_own_is_right_for_pages() -> None:
    assert not hostname.pages_domain_problem("acmepages.io", ("status.product.io",))
    assert "full name" in hostname.pages_domain_problem("pages", ())


def test_a_page_has_a_label_that_only_the_key_gives() -> None:
    made = hostname.page_label(KEY, PAGE)
    assert made.startswith("acme-")
    assert len(made) == len("acme-") + 12
    others = [
        hostname.page_label(b"j" * 32, PAGE),
        hostname.page_label(KEY, PageIdentity("uid-2", "acme")),
        hostname.page_label(KEY, PageIdentity("uid-1", "acm")),
    ]
    assert len({made[-12:], *(other[-12:] for other in others)}) == 4


def test_a_label_never_looks_like_one_of_another_kind() -> None:
    made = hostname.page_label(KEY, PageIdentity("uid-1", "xn--acme"))
    assert made.startswith("pxn--acme-")
    assert hostname.normalize(f"{made}.pages.io") == f"{made}.pages.io"


def test_tokens_are_for_one_page_and_one_host() -> None:
    tokens = {
        hostname.verification_token(KEY, page, host)
        for page in (PAGE, PageIdentity("uid-2", "acme"), PageIdentity("uid-1", "other"))
        for host in ("a.acme.com", "b.acme.com")
    }
    assert len(tokens) == 6
    assert hostname.challenge_name("a.acme.com") == "_allswell.a.acme.com"


NAMES = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True)


@given(st.text(min_size=1, max_size=36), NAMES)
def test_a_label_is_always_one_of_the_dns(uid: str, name: str) -> None:
    made = hostname.page_label(KEY, PageIdentity(uid, name))
    assert len(made) <= 63
    host = f"{made}.pages.io"
    assert hostname.normalize(host) == host


@given(st.text(max_size=300))
def test_any_text_is_a_host_name_or_refused(text: str) -> None:
    try:
        host = hostname.normalize(text)
    except HostnameRefused:
        return
    assert host == hostname.normalize(host)
    assert len(host) <= 253


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("status.acme.com", "acme.com"),
        ("acme.com", "acme.com"),
        ("a.b.c.acme.io", "acme.io"),
        ("status.acme.co.uk", "acme.co.uk"),
        ("status.acme.com.au", "acme.com.au"),
        ("status.web.de", "web.de"),
    ],
)
def test_certificates_are_counted_by_registered_domain(host: str, domain: str) -> None:
    assert hostname.registered_domain(host) == domain
