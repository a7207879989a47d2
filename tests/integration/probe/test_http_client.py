"""Test what httpx does for a check over our transport: cookies, auth flows, forms, bodies."""

import asyncio
import gc
import gzip
import socket
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allswell.domain import state
from allswell.domain.spec.http import BodyExpect, Header, SecretKey
from allswell.domain.spec.tls import Tls
from allswell.probe import AddressPolicy, Prober
from allswell.probe.address_policy import Address
from allswell.probe.check_run import CheckRun
from allswell.probe.connector import Connector
from allswell.probe.exchange import Exchange
from allswell.probe.fault import Fault
from allswell.probe.lean_httpx import httpx
from allswell.probe.stream import Plain
from allswell.probe.transport import RAW_HEADERS, Transport
from allswell.probe.trust import Trust
from tests.integration.probe.targets import (
    HERE,
    SOON,
    Site,
    after_request,
    check,
    names,
    ok,
    reply,
    serving,
)

pytestmark = pytest.mark.asyncio

TOKEN = SecretKey("api", "token")
EMOJI = "xn--i-7iq.ws"
OF_A_CHECK = (httpx.Response, Exchange, Plain)


async def unknown(host: str) -> Sequence[Address]:
    raise socket.gaierror(socket.EAI_NONAME, host)


async def nowhere(host: str) -> Sequence[Address]:
    raise AssertionError(host)


def transport(policy: AddressPolicy = HERE) -> Transport:
    run = CheckRun(SOON, lambda: datetime.now(UTC))
    return Transport(Connector(policy, nowhere, Trust()), run, Tls())


def client(policy: AddressPolicy = HERE) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=transport(policy), trust_env=False, timeout=None)


def setting(cookie: str, location: str) -> bytes:
    return reply(302, b"", f"Set-Cookie: {cookie}", f"Location: {location}")


async def test_a_page_behind_a_cookie_is_reached() -> None:
    site = Site({"/": setting("sid=1; Path=/; HttpOnly", "/home")})
    async with serving(site) as port:
        found = await check(f"http://127.0.0.1:{port}/", headers=(Header("Cookie", "lang=de"),))
    assert (found.reason, site.asked) == (state.OK, ["GET /", "GET /home"])
    assert [site.header("cookie", n) for n in (0, 1)] == ["lang=de", "lang=de; sid=1"]


async def test_cookies_end_with_their_check() -> None:
    site = Site({"/": setting("sid=1; Path=/", "/home")})
    prober = Prober(HERE)
    async with serving(site) as port:
        for _ in range(2):
            await check(f"http://127.0.0.1:{port}/", prober=prober)
    assert [site.header("cookie", n) for n in range(4)] == [None, "sid=1", None, "sid=1"]


async def test_another_host_does_not_get_the_cookies_of_the_first() -> None:
    table = names({"a.example": ["127.0.0.1"], "b.example": ["127.0.0.1"]})
    away = Site()
    async with serving(away) as there:
        home = Site({"/": setting("sid=1; Path=/", f"http://b.example:{there}/")})
        async with serving(home) as here:
            url = f"http://a.example:{here}/"
            headers = (Header("Cookie", TOKEN),)
            prober = Prober(HERE, resolve=table)
            await check(url, prober=prober, headers=headers, secrets={TOKEN: "lang=de"})
    assert (home.header("cookie"), away.header("cookie")) == ("lang=de", None)


@pytest.mark.parametrize("location", ["/next", "//i❤.ws:{port}/next", "http://I❤.ws:{port}/next"])
async def test_a_host_with_a_symbol_is_checked_and_redirected_as_any_other(location: str) -> None:
    prober = Prober(HERE, resolve=names({EMOJI: ["127.0.0.1"]}))
    site = Site()
    async with serving(site) as port:
        onward = location.format(port=port).encode().decode("latin-1")
        site.answers = {"/": setting("sid=1", onward)}
        found = await check(f"http://i❤.ws:{port}/", prober=prober)
    assert (found.reason, site.asked) == (state.OK, ["GET /", "GET /next"])
    assert [site.header("host", n) for n in (0, 1)] == [f"{EMOJI}:{port}"] * 2
    assert site.header("cookie") == "sid=1"


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/a/./b/../c", "/a/./b/../c"),
        ('/{a}"<b>`|^', '/{a}"<b>`|^'),
        ('/?q=\'{"a"}', '/?q=\'{"a"}'),
        ("/%7e%2F?%zz", "/%7e%2F?%zz"),
        ("?", "/"),
    ],
)
async def test_the_address_is_sent_as_it_is_written(path: str, sent: str) -> None:
    site = Site()
    async with serving(site) as port:
        await check(f"http://127.0.0.1:{port}{path}")
    assert site.asked == [f"GET {sent}"]


async def test_two_destinations_are_read_as_the_first_one() -> None:
    twice = reply(302, b"", "Location: /first", "Location: /second")
    site = Site({"/": twice})
    async with serving(site) as port:
        await check(f"http://127.0.0.1:{port}/")
    assert site.asked == ["GET /", "GET /first"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.text(st.characters(blacklist_characters="\r\n\0", max_codepoint=255)),
    st.text(st.characters(blacklist_characters="\r\n\0", max_codepoint=255)),
)
async def test_any_cookie_and_any_destination_end_in_a_verdict_on_the_target(
    cookie: str, location: str
) -> None:
    """Check that what httpx cannot parse is never a CheckerError."""
    site = Site({"/": setting(cookie.strip(), location.strip())})
    prober = Prober(HERE, resolve=unknown)
    async with serving(site) as port:
        found = await check(f"http://127.0.0.1:{port}/", prober=prober, max_redirects=2)
    assert found.state in (state.State.UP, state.State.DOWN), found


async def test_basic_and_digest_flows_go_through_the_transport() -> None:
    asked = reply(401, b"", 'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"')
    site = Site()

    async def challenging(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        site.answers = {"/d?x=1": asked if len(site.heads) == 1 else ok(b"in")}
        await site(reader, writer)

    async with serving(challenging) as port:
        url = f"http://127.0.0.1:{port}/d?x=1"
        async with client() as asking:
            basic = await asking.get(url, auth=httpx.BasicAuth("u", "p"))
            digest = await asking.get(url, auth=httpx.DigestAuth("u", "p"))
    assert (basic.text, digest.text) == ("in", "in")
    assert site.header("authorization", 0) == "Basic dTpw"
    assert site.header("authorization", 1) is None
    told = site.header("authorization", 2) or ""
    assert told.startswith('Digest username="u", realm="r"')
    assert 'uri="/d?x=1"' in told


async def test_forms_files_and_json_are_sent_as_httpx_makes_them() -> None:
    site = Site()
    async with serving(site) as port:
        url = f"http://127.0.0.1:{port}/"
        async with client() as asking:
            await asking.post(url, data={"a": "ä b"})
            await asking.post(url, json={"a": [1, "ä"]})
            await asking.post(url, data={"a": "b"}, files={"f": ("n.txt", b"content")})
    types = [str(site.header("content-type", n)).partition(";")[0] for n in range(3)]
    assert types == ["application/x-www-form-urlencoded", "application/json", "multipart/form-data"]
    assert site.bodies[:2] == [b"a=%C3%A4+b", '{"a":[1,"ä"]}'.encode()]
    assert b'name="f"; filename="n.txt"' in site.bodies[2]
    assert b"content" in site.bodies[2]


@pytest.mark.parametrize("headers", [["gzip"], ["gzip", "br"], ["identity", "gzip"]])
async def test_httpx_is_handed_what_it_has_nothing_to_unpack_in(headers: list[str]) -> None:
    body = gzip.compress(b"a" * 100_000) if headers[0] == "gzip" else b"as it is"
    lines = [f"Content-Encoding: {name}" for name in headers]
    async with (
        serving(Site({"/": ok(body, *lines)})) as port,
        client() as asking,
        asking.stream("GET", f"http://127.0.0.1:{port}/") as answer,
    ):
        pieces = [piece async for piece in answer.aiter_bytes()]
    assert b"".join(pieces) in (b"a" * 100_000, b"as it is")
    assert max(map(len, pieces)) <= 64 * 1024
    assert not {"content-encoding", "content-length"} & set(answer.headers)
    assert (b"content-encoding", headers[0].encode()) in answer.extensions[RAW_HEADERS]


async def test_a_bomb_is_no_more_for_httpx_than_for_a_check() -> None:
    bomb = gzip.compress(bytes(50 * 1024 * 1024), 9)
    site = Site({"/": ok(bomb, "Content-Encoding: gzip")})
    async with serving(site) as port, client() as asking:
        with pytest.raises(Fault, match="when unpacked"):
            await asking.get(f"http://127.0.0.1:{port}/")


async def test_an_address_that_httpx_holds_is_judged_as_every_other() -> None:
    with pytest.raises(Fault) as caught:
        await client(AddressPolicy()).get("http://127.0.0.1:9/")
    assert caught.value.reason == state.ADDRESS_REFUSED
    with pytest.raises(Fault, match="has no usable host"):
        await client().get("http://a b.example/")


async def test_proxies_of_the_environment_are_not_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    site = Site()
    async with serving(site) as port:
        found = await check(f"http://127.0.0.1:{port}/")
    assert (found.reason, site.asked) == (state.OK, ["GET /"])


async def test_what_the_client_cannot_read_is_told_in_words() -> None:
    """Raise from a resolver, as no known input makes httpx raise there by itself."""

    async def broken(_: str) -> Sequence[Address]:
        raise UnicodeError("secret")

    found = await check("http://a.example/", prober=Prober(HERE, resolve=broken))
    assert (found.reason, found.state) == (state.CHECKER_ERROR, state.State.UNKNOWN)
    assert found.detail == (
        "looking up a.example: the checker's HTTP client cannot read what it was given"
        " (UnicodeError)"
    )


async def test_a_body_that_ends_a_check_early_leaves_nothing_behind() -> None:
    """Check that nothing is left open: a connection or generator would warn, which is an error."""
    long = after_request(b"HTTP/1.1 200 OK\r\n\r\n", b"hello" + b"a" * 300_000)
    async with serving(long) as port:
        url = f"http://127.0.0.1:{port}/"
        found = await check(url, reads=BodyExpect(contains="hello"))
        over = await check(url, reads=BodyExpect(matches="b"))
    assert (found.reason, over.reason) == (state.OK, state.BODY_TOO_LARGE)


@pytest.mark.parametrize(
    ("path", "expect"),
    [
        ("/", BodyExpect()),
        ("/", BodyExpect(contains="hello")),
        ("/broken", BodyExpect(contains="x")),
        ("/moved", BodyExpect()),
        ("/long", BodyExpect(matches="b")),
    ],
)
async def test_a_check_leaves_nothing_that_only_a_collection_frees(
    path: str, expect: BodyExpect
) -> None:
    """Check that checks leave no objects in cycles and no sockets for the garbage collector."""
    answers = {
        "/moved": setting("a=b", "/"),
        "/broken": ok(b"", "Content-Encoding: gzip")[:-1] + b"x",
        "/long": ok(b"a" * 300_000),
    }
    async with serving(Site(answers)) as port:
        await check(f"http://127.0.0.1:{port}{path}", reads=expect)
        gc.collect()
        gc.disable()
        try:
            await check(f"http://127.0.0.1:{port}{path}", reads=expect)
            for _ in range(9):  # the loop ends generators that were left in the middle
                await asyncio.sleep(0)
            left = [type(it) for it in gc.get_objects() if isinstance(it, OF_A_CHECK)]
        finally:
            gc.enable()
    assert left == []
