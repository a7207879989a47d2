"""What is sent after a redirect."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allswell.domain import state
from allswell.probe import hop, target
from allswell.probe.fault import Fault
from allswell.probe.hop import Request, RequestHeader

HERE = target.parse("https://a.example/start")


def request(method: str = "GET", *headers: RequestHeader, body: bytes | None = None) -> Request:
    return Request(HERE, method, headers, body)


@pytest.mark.parametrize(
    ("status", "method", "after"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (301, "PUT", "PUT"),
        (302, "DELETE", "DELETE"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
        (302, "GET", "GET"),
    ],
)
def test_the_method_after_a_redirect_is_the_one_that_browsers_use(
    status: int, method: str, after: str
) -> None:
    following = hop.follow(request(method, body=b"x"), status, "/next")
    changed = method != after
    assert (following.method, following.body) == (after, None if changed else b"x")


@pytest.mark.parametrize(
    "location",
    [
        "https://b.example/",
        "http://a.example/",
        "https://a.example:8443/",
        "//a.example.:443/",
        "https://a.example.evil.example/",
    ],
)
def test_every_other_origin_loses_what_is_secret(location: str) -> None:
    headers = (
        RequestHeader("X-Key", "k", secret=True),
        RequestHeader("AUTHORIZATION", "a"),
        RequestHeader("cookie", "c"),
        RequestHeader("Proxy-Authorization", "p"),
        RequestHeader("Host", "a.example"),
        RequestHeader("X-Plain", "1"),
    )
    assert hop.follow(request("GET", *headers), 302, location).headers == (headers[-1],)


@pytest.mark.parametrize("location", ["/x", "?q", "https://A.EXAMPLE:443/x", "//a.example/x", ""])
def test_the_same_origin_keeps_every_header(location: str) -> None:
    headers = (RequestHeader("X-Key", "k", secret=True), RequestHeader("Host", "other"))
    assert hop.follow(request("GET", *headers), 302, location).headers == headers


@given(st.text())
def test_any_destination_is_either_followed_or_refused_in_words(location: str) -> None:
    try:
        following = hop.follow(request("GET", RequestHeader("X", "s", secret=True)), 302, location)
    except Fault as fault:
        assert fault.reason == state.BAD_REDIRECT  # noqa: PT017 - one of two good ends
        return
    assert following.target.scheme in ("http", "https")
    assert following.target.resource.isascii()
    assert not set(following.target.resource) & set(" \r\n\t\0")
    assert bool(following.headers) == (following.target.origin == HERE.origin)
