"""Addresses of the web, taken apart."""

import pytest

from allswell.probe import target


@pytest.mark.parametrize(
    ("url", "authority", "resource"),
    [
        ("http://a.example", "a.example", "/"),
        ("http://A.Example:80/x", "a.example", "/x"),
        ("https://a.example:443/x?y=1", "a.example", "/x?y=1"),
        ("https://a.example:8443/", "a.example:8443", "/"),
        ("http://[::1]:8080/", "[::1]:8080", "/"),
        ("http://a.example/a%20b/é?ü=%C3", "a.example", "/a%20b/%C3%A9?%C3%BC=%C3"),
        ("http://faß.example/", "xn--fa-hia.example", "/"),
        ("http://i❤️.ws/", "xn--i-7iq.ws", "/"),
        ("http://💩.la:8080/", "xn--ls8h.la:8080", "/"),
        ("http://www.☃.net./", "www.xn--n3h.net.", "/"),
        ("http://a_b.é.example/", "a_b.xn--9ca.example", "/"),
    ],
)
def test_an_address_becomes_what_is_sent(url: str, authority: str, resource: str) -> None:
    parsed = target.parse(url)
    assert (parsed.authority, parsed.resource) == (authority, resource)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.example",
        "ftp://a.example/",
        "http:///x",
        "http://a.example:99999/",
        "http://a.example:x/",
        "http://[::1/",
        "http://u@a.example/",
        "http://u:p@a.example/",
        "http://a example/",
        "http://a\\b/",
        "http://a%41/",
        "http://\u2024\u2024/",
        "http://-ü-/",
        "http://-☃/",
        "http://☃\u200d☃.net/",
        "http://\u0301☃.net/",
        f"http://{'☃é' * 40}.net/",
        f"http://{'a' * 254}/",
    ],
)
def test_what_no_request_can_go_to_is_refused(url: str) -> None:
    with pytest.raises(target.BadTarget):
        target.parse(url)


def test_what_is_shown_has_no_query() -> None:
    shown = target.parse("https://a.example/hook?token=s3cret").shown
    assert shown == "https://a.example/hook"


def test_a_reference_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(target.BadTarget, match="cannot be read"):
        target.join(target.parse("http://a.example/"), "//[oops")


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/x?y",
        "http://a.example:8080/",
        "https://[::1]:8443/",
        "http://xn--fa-hia.example/",
        "http://i❤.ws/",
        "http://xn--a/",
        "http://300.1.1.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://a_b.example/",
    ],
)
def test_every_host_has_a_spelling_that_httpx_reads_and_tells_from_others(url: str) -> None:
    parsed = target.parse(url)
    spelled = target.as_httpx(parsed)
    assert spelled.host  # httpx decodes it here, and fails at what it cannot decode
    port = spelled.port or target.PORTS[spelled.scheme]
    assert (spelled.scheme, port) == (parsed.scheme, parsed.port)
    assert spelled.raw_host.decode() in (
        parsed.host,
        f"%{ord(parsed.host[0]):02x}{parsed.host[1:]}",
    )


def test_an_address_that_is_too_long_for_httpx_is_refused() -> None:
    with pytest.raises(target.BadTarget, match="cannot be read"):
        target.as_httpx(target.parse(f"http://a.example/{'é' * 20_000}"))
