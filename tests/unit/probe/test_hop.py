"""What is sent after a redirect."""

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allswell.domain import state
from allswell.domain.spec.http import Header, Http, SecretKey
from allswell.probe import hop, target
from allswell.probe.client import CheckClient
from allswell.probe.fault import Fault
from allswell.probe.hop import Hop
from allswell.probe.lean_httpx import httpx
from allswell.probe.target import Target

HERE = target.parse("https://a.example/start")
OURS = ("user-agent", "accept", "accept-encoding", "connection", "content-length")


@dataclass(frozen=True)
class RequestHeader:
    name: str
    value: str
    secret: bool = False


@dataclass(frozen=True)
class Request:
    """What is sent, without the headers that every request has."""

    target: Target
    method: str
    headers: tuple[RequestHeader, ...] = ()
    body: bytes | None = None


def request(method: str = "GET", *headers: RequestHeader, body: bytes | None = None) -> Request:
    return Request(HERE, method, headers, body)


def begun(sent: Request) -> Hop:
    keys = {header.name: SecretKey("s", header.name) for header in sent.headers if header.secret}
    headers = tuple(Header(h.name, keys.get(h.name, h.value)) for h in sent.headers)
    secrets = {keys[h.name]: h.value for h in sent.headers if h.secret}
    body = None if sent.body is None else sent.body.decode()
    return hop.first(Http(sent.target.shown, sent.method, headers, body), secrets, "allswell")


def follow(sent: Request, status: int, location: str, *cookies: str) -> Request:
    """Return what follows a redirect by httpx and by our rules; the same where nothing follows."""
    here = begun(sent)

    def answer(_: httpx.Request) -> httpx.Response:
        pairs = [(b"Location", location.encode()), *((b"Set-Cookie", c.encode()) for c in cookies)]
        return httpx.Response(status, headers=pairs)

    async def ask() -> httpx.Response:
        client = CheckClient(httpx.MockTransport(answer), hop.read_location)
        return await client.send(here.request)

    response = asyncio.run(ask())
    if response.next_request is None:
        return sent
    following = hop.follow(here, response)
    secret = {header.name: header.secret for header in sent.headers}
    pairs = [(k.decode(), v.decode()) for k, v in following.request.headers.raw]
    own = [(k, v) for k, v in pairs if k.lower() not in OURS and v != following.target.authority]
    headers = tuple(RequestHeader(k, v, secret.get(k, False)) for k, v in own)
    sent_on = b"".join(following.request.stream) or None  # type: ignore[arg-type]
    return Request(following.target, following.request.method, headers, sent_on)


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
    following = follow(request(method, body=b"x"), status, "/next")
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
    assert follow(request("GET", *headers), 302, location).headers == (headers[-1],)


@pytest.mark.parametrize("location", ["/x", "?q", "https://A.EXAMPLE:443/x", "//a.example/x", ""])
def test_the_same_origin_keeps_every_header(location: str) -> None:
    headers = (RequestHeader("X-Key", "k", secret=True), RequestHeader("Host", "other"))
    assert follow(request("GET", *headers), 302, location).headers == headers


@given(st.text())
def test_any_destination_is_either_followed_or_refused_in_words(location: str) -> None:
    try:
        following = follow(request("GET", RequestHeader("X", "s", secret=True)), 302, location)
    except Fault as fault:
        assert fault.reason == state.BAD_REDIRECT  # noqa: PT017 - one of two good ends
        return
    assert following.target.scheme in ("http", "https")
    assert following.target.resource.isascii()
    assert not set(following.target.resource) & set(" \r\n\t\0")
    assert bool(following.headers) == (following.target.origin == HERE.origin)


def cookie_of(following: Request) -> str | None:
    return next((h.value for h in following.headers if h.name.lower() == "cookie"), None)


@pytest.mark.parametrize(
    ("own", "cookies", "sent"),
    [
        (None, ["sid=1"], "sid=1"),
        ("a=b", [], "a=b"),
        ("a=b", ["sid=1; Path=/; Secure; HttpOnly"], "a=b; sid=1"),
        ("a=b; sid=0", ["sid=1"], "a=b; sid=1"),
        ("sid=0", ["sid=1"], "sid=1"),
        ("a=b", ["sid=1; Path=/other"], "a=b"),
        ("a=b", ["sid=1; Domain=b.example"], "a=b"),
        ("a=b", ["sid=é"], "a=b"),
        ("a=b", [f"sid=1; Max-Age={'9' * 400}"], "a=b"),
        ("a=b", ["=;=;", "", ";"], "a=b"),
    ],
)
def test_cookies_that_were_set_go_along_with_those_of_the_manifest(
    own: str | None, cookies: list[str], sent: str
) -> None:
    headers = [] if own is None else [RequestHeader("Cookie", own)]
    assert cookie_of(follow(request("GET", *headers), 302, "/next", *cookies)) == sent


def test_another_origin_gets_only_the_cookies_that_were_meant_for_it() -> None:
    own = RequestHeader("Cookie", "a=b", secret=True)
    cookies = ("here=1", "all=1; Domain=example.org")
    following = follow(
        Request(target.parse("https://a.example.org/start"), "GET", (own,)),
        302,
        "https://b.example.org/",
        *cookies,
    )
    assert cookie_of(following) == "all=1"


def test_a_redirect_between_hosts_that_httpx_does_not_read_is_followed() -> None:
    headers = (RequestHeader("X-Key", "k", secret=True), RequestHeader("Cookie", "a=b"))
    start = Request(target.parse("http://i❤.ws/start"), "GET", headers)
    same = follow(start, 302, "//I❤.ws/x", "sid=1")
    other = follow(start, 302, "https://i❤.ws/x")
    assert (same.target.host, same.headers[0], cookie_of(same)) == (
        "xn--i-7iq.ws",
        headers[0],
        "a=b; sid=1",
    )
    assert (other.target.origin, other.headers) == (("https", "xn--i-7iq.ws", 443), ())


def test_a_body_goes_along_with_its_length_where_the_method_stays() -> None:
    start = begun(request("PUT", RequestHeader("Content-Type", "text/plain"), body=b"four"))
    assert start.request.headers["content-length"] == "4"
    for status in (302, 307):
        following = follow(
            request("PUT", RequestHeader("Content-Type", "text/plain"), body=b"four"), status, "/x"
        )
        assert (following.method, following.body) == ("PUT", b"four")
        assert following.headers == (RequestHeader("Content-Type", "text/plain"),)


def test_what_is_kept_ready_for_a_monitor_is_not_what_is_sent() -> None:
    check = Http("https://a.example/")
    one, two = (hop.first(check, {}, "allswell").request for _ in range(2))
    one.headers["X-Later"] = "1"
    assert "X-Later" not in two.headers
    assert "X-Later" not in hop.first(check, {}, "allswell").request.headers
