"""Test the `http` check against servers that behave."""

import asyncio
import gzip
import zlib
from datetime import timedelta

import pytest

from allswell.domain import state
from allswell.domain.spec.http import (
    BodyExpect,
    Header,
    Http,
    HttpExpect,
    SecretKey,
    StatusRange,
)
from allswell.probe import AddressPolicy, Prober
from allswell.probe.outcome import Assertion
from tests.integration.probe.targets import (
    HERE,
    SHORT,
    SOON,
    Site,
    after_request,
    check,
    names,
    ok,
    redirect,
    reply,
    serving,
    silence,
)

pytestmark = pytest.mark.asyncio

TOKEN = SecretKey("api", "token")


async def test_a_good_answer_is_up_and_explained() -> None:
    site = Site()
    async with serving(site) as port:
        found = await check(f"http://127.0.0.1:{port}/health?key=1")
    assert found.reason == state.OK
    assert found.assertions == (Assertion("status", "200-299", "200", holds=True),)
    assert found.detail == f"GET http://127.0.0.1:{port}/health: status 200"
    assert found.address == "127.0.0.1"
    assert site.asked == ["GET /health?key=1"]


async def test_the_request_says_what_it_is_and_asks_for_an_unpacked_body() -> None:
    site = Site()
    async with serving(site) as port:
        await check(f"http://127.0.0.1:{port}/", prober=Prober(HERE, user_agent="allswell/9"))
    sent = {name: site.header(name) for name in ("host", "user-agent", "accept-encoding")}
    assert sent == {
        "host": f"127.0.0.1:{port}",
        "user-agent": "allswell/9",
        "accept-encoding": "identity",
    }
    assert site.header("connection") == "close"


async def test_a_header_of_the_manifest_replaces_our_own() -> None:
    site = Site()
    headers = (Header("Host", "other.example"), Header("user-agent", "mine"))
    async with serving(site) as port:
        await check(f"http://127.0.0.1:{port}/", headers=headers)
    assert (site.header("host"), site.header("user-agent")) == ("other.example", "mine")
    assert site.heads[0].lower().count("user-agent") == 1


async def test_a_body_is_sent_with_its_length() -> None:
    site = Site()
    async with serving(site) as port:
        await check(f"http://127.0.0.1:{port}/", method="POST", body="schön")
    assert (site.asked, site.bodies) == (["POST /"], ["schön".encode()])


async def test_a_value_from_a_secret_is_sent_without_the_newline_at_its_end() -> None:
    site = Site()
    async with serving(site) as port:
        found = await check(
            f"http://127.0.0.1:{port}/",
            headers=(Header("Authorization", TOKEN),),
            secrets={TOKEN: "Bearer abc\n"},
        )
    assert (found.reason, site.header("authorization")) == (state.OK, "Bearer abc")


async def test_a_missing_secret_is_named_and_nothing_is_sent() -> None:
    site = Site()
    async with serving(site) as port:
        found = await check(f"http://127.0.0.1:{port}/", headers=(Header("X-Key", TOKEN),))
    assert (found.reason, found.state, site.asked) == (
        state.SECRET_MISSING,
        state.State.UNKNOWN,
        [],
    )
    assert "key token of the Secret api" in found.detail


@pytest.mark.parametrize("value", ["a\r\nX-Other: b", "nul\0", "日本"])
async def test_a_secret_that_no_header_can_hold_is_our_trouble_and_is_not_shown(value: str) -> None:
    async with serving(Site()) as port:
        found = await check(
            f"http://127.0.0.1:{port}/",
            headers=(Header("X-Key", TOKEN),),
            secrets={TOKEN: value},
        )
    assert found.reason == state.CHECKER_ERROR
    assert value not in found.detail


async def test_an_answer_that_repeats_a_secret_does_not_carry_it_into_any_text() -> None:
    site = Site({"/": ok(b"you sent hunter22")})
    async with serving(site) as port:
        found = await check(
            f"http://127.0.0.1:{port}/",
            headers=(Header("X-Key", TOKEN),),
            secrets={TOKEN: "hunter22"},
            reads=BodyExpect(contains="fine"),
        )
    assert found.reason == state.BODY_MISMATCH
    assert "hunter22" not in repr(found)
    assert "you sent ***" in found.assertions[-1].seen


async def test_a_broken_answer_that_repeats_a_secret_is_not_quoted() -> None:
    broken = after_request(b"HTTP/1.1 200 OK\r\nX-Echo hunter\x002\r\n\r\n")
    async with serving(broken) as port:
        found = await check(f"http://127.0.0.1:{port}/")
    assert (found.reason, "hunter" in repr(found)) == (state.PROTOCOL_ERROR, False)
    assert "illegal header line" in found.detail


async def test_another_status_is_down_with_that_status_as_the_reason() -> None:
    async with serving(Site({"/": reply(503)})) as port:
        found = await check(f"http://127.0.0.1:{port}/", reads=BodyExpect(contains="x"))
    assert found.reason == "HTTP 503"
    assert found.assertions == (Assertion("status", "200-299", "503", holds=False),)


async def test_a_status_that_was_asked_for_is_good() -> None:
    expect = HttpExpect(status=(StatusRange(200, 204), StatusRange(401, 401)))
    async with serving(Site({"/": reply(401)})) as port:
        found = await check(f"http://127.0.0.1:{port}/", expect=expect)
    assert (found.reason, found.assertions[0].expected) == (state.OK, "200-204, 401")


@pytest.mark.parametrize(
    ("expect", "reason", "seen"),
    [
        (BodyExpect(contains="hell"), state.OK, "found"),
        (BodyExpect(contains="nope"), state.BODY_MISMATCH, "a body that begins with 'hello'"),
        (BodyExpect(not_contains="nope"), state.OK, "not found"),
        (BodyExpect(not_contains="hell"), state.BODY_MISMATCH, "found"),
        (BodyExpect(not_contains="hell", matches="x"), state.BODY_MISMATCH, "found"),
        (BodyExpect(matches="^h.l+o$"), state.OK, "matched"),
        (BodyExpect(matches="^l"), state.BODY_MISMATCH, "a body that begins with 'hello'"),
        (BodyExpect(contains="h", matches="o"), state.OK, "matched"),
    ],
)
async def test_a_body_is_held_against_what_is_expected(
    expect: BodyExpect, reason: str, seen: str
) -> None:
    async with serving(Site()) as port:
        found = await check(f"http://127.0.0.1:{port}/", reads=expect)
    assert (found.reason, found.assertions[-1].seen) == (reason, seen)


async def test_a_head_request_has_no_body_to_find_anything_in() -> None:
    async with serving(Site({"/": ok(b"hello")})) as port:
        found = await check(
            f"http://127.0.0.1:{port}/", method="HEAD", reads=BodyExpect(contains="hello")
        )
    assert (found.reason, found.assertions[-1].seen) == (state.BODY_MISMATCH, "no body")


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"the whole hello")),
        ("x-gzip", gzip.compress(b"the whole hello")),
        ("deflate", zlib.compress(b"the whole hello")),
        ("deflate", zlib.compressobj(wbits=-15).compress(b"") + b"\x01\x05\x00\xfa\xffhello"),
        ("identity", b"hello"),
    ],
    ids=["gzip", "x-gzip", "deflate", "deflate without a header", "identity"],
)
async def test_a_packed_body_is_unpacked(encoding: str, packed: bytes) -> None:
    answer = ok(packed, f"Content-Encoding: {encoding}")
    async with serving(Site({"/": answer})) as port:
        found = await check(f"http://127.0.0.1:{port}/", reads=BodyExpect(matches="hello$"))
    assert found.reason == state.OK, found


async def test_a_check_ends_as_soon_as_the_words_have_come() -> None:
    endless = after_request(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", then=silence
    )
    async with serving(endless) as port:
        found = await check(f"http://127.0.0.1:{port}/", reads=BodyExpect(contains="hell"))
    assert found.reason == state.OK


async def test_a_body_that_nobody_asked_about_is_not_waited_for() -> None:
    headers_only = after_request(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", then=silence)
    async with serving(headers_only) as port:
        found = await check(f"http://127.0.0.1:{port}/")
    assert found.reason == state.OK


async def test_words_are_found_across_pieces_and_in_the_charset_of_the_answer() -> None:
    text = "größer".encode("iso-8859-1")
    answer = after_request(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n" + text[:3],
        text[3:],
    )
    async with serving(answer) as port:
        found = await check(f"http://127.0.0.1:{port}/", reads=BodyExpect(contains="größer"))
    assert found.reason == state.OK


async def test_an_answer_over_the_latency_limit_is_degraded() -> None:
    async with serving(Site()) as port:
        found = await check(
            f"http://127.0.0.1:{port}/", expect=HttpExpect(latency=timedelta(microseconds=1))
        )
    assert (found.reason, found.state) == (state.SLOW, state.State.DEGRADED)


async def test_what_is_down_is_never_called_slow() -> None:
    expect = HttpExpect(latency=timedelta(microseconds=1))
    async with serving(Site({"/": reply(500)})) as port:
        found = await check(f"http://127.0.0.1:{port}/", expect=expect)
    assert found.reason == "HTTP 500"
    assert [entry.name for entry in found.assertions] == ["status", "latency"]


async def test_the_phases_are_parts_of_the_whole() -> None:
    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        await Site()(reader, writer)

    async with serving(late) as port:
        prober = Prober(HERE, resolve=names({"a.example": ["127.0.0.1"]}))
        found = await check(f"http://a.example:{port}/", prober=prober)
    phases = found.phases
    assert phases.dns is not None
    assert phases.connect is not None
    assert phases.first_byte is not None
    assert phases.tls is None
    assert phases.first_byte >= 0.05
    assert phases.dns + phases.connect + phases.first_byte <= phases.total
    assert found.latency_us == round(phases.total * 1_000_000)


async def test_redirects_are_followed_and_the_last_answer_is_judged() -> None:
    site = Site({"/": redirect("/a"), "/a": redirect("b?c=1", 307), "/b?c=1": ok(b"there")})
    async with serving(site) as port:
        found = await check(f"http://127.0.0.1:{port}/", reads=BodyExpect(contains="there"))
    assert (found.reason, site.asked) == (state.OK, ["GET /", "GET /a", "GET /b?c=1"])


async def test_without_redirects_the_redirect_is_the_answer() -> None:
    site = Site({"/": redirect("/a", 301)})
    expect = HttpExpect(status=(StatusRange(301, 301),))
    async with serving(site) as port:
        found = await check(f"http://127.0.0.1:{port}/", max_redirects=0, expect=expect)
        other = await check(f"http://127.0.0.1:{port}/", max_redirects=0)
    assert (found.reason, other.reason, site.asked) == (state.OK, "HTTP 301", ["GET /"] * 2)


async def test_a_redirect_without_a_destination_is_the_answer() -> None:
    async with serving(Site({"/": reply(302)})) as port:
        found = await check(f"http://127.0.0.1:{port}/")
    assert found.reason == "HTTP 302"


async def test_one_redirect_too_many_is_too_many() -> None:
    site = Site({"/": redirect("/a"), "/a": redirect("/b")})
    async with serving(site) as port:
        at_limit = await check(f"http://127.0.0.1:{port}/", max_redirects=2)
        over = await check(f"http://127.0.0.1:{port}/", max_redirects=1)
    assert (at_limit.reason, over.reason) == (state.OK, state.TOO_MANY_REDIRECTS)


@pytest.mark.parametrize(
    "location", ["ftp://a/", "//:80/", "http://u:p@a.example/", "http://[::1", "http://a\\@b/"]
)
async def test_a_redirect_that_leads_nowhere_is_said_to(location: str) -> None:
    async with serving(Site({"/": redirect(location)})) as port:
        found = await check(f"http://127.0.0.1:{port}/")
    assert found.reason == state.BAD_REDIRECT


async def test_a_post_becomes_a_get_and_loses_its_body_after_see_other() -> None:
    site = Site({"/": redirect("/done", 303)})
    headers = (Header("Content-Type", "text/plain"), Header("X-Mine", "1"))
    async with serving(site) as port:
        await check(f"http://127.0.0.1:{port}/", method="POST", body="x", headers=headers)
    assert site.asked == ["POST /", "GET /done"]
    assert (site.bodies[1], site.header("content-type"), site.header("x-mine")) == (b"", None, "1")


async def test_secrets_stay_on_the_same_origin_and_never_leave_it() -> None:
    """Redirect to another origin and back: even there the secrets are not sent again."""
    headers = (
        Header("X-Key", TOKEN),
        Header("Authorization", "written here"),
        Header("Cookie", "a=b"),
        Header("X-Plain", "1"),
    )
    wanted = ("x-key", "authorization", "cookie", "x-plain")
    away = Site()
    async with serving(away) as there:
        home = Site({"/": redirect("/same"), "/same": redirect(f"http://127.0.0.1:{there}/")})
        async with serving(home) as here:
            away.answers = {"/": redirect(f"http://127.0.0.1:{here}/back")}
            await check(f"http://127.0.0.1:{here}/", headers=headers, secrets={TOKEN: "s3cret"})
    kept = [home.header(name, 1) for name in wanted]
    assert kept == ["s3cret", "written here", "a=b", "1"]
    assert [away.header(name) for name in wanted] == [None, None, None, "1"]
    assert home.asked[-1] == "GET /back"
    assert [home.header(name) for name in wanted] == [None, None, None, "1"]


async def test_the_deadline_covers_all_hops_together() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.1)
        await Site({"/": redirect("/")})(reader, writer)

    async with serving(slow) as port:
        found = await check(f"http://127.0.0.1:{port}/", max_redirects=20, timeout=SHORT)
    assert found.reason == state.TIMEOUT
    assert 0.3 <= found.phases.total < 1


async def test_another_address_of_the_name_is_tried_when_one_fails() -> None:
    async with serving(Site()) as port:
        prober = Prober(HERE, resolve=names({"a.example": ["::1", "127.0.0.2", "127.0.0.1"]}))
        found = await check(f"http://a.example:{port}/", prober=prober)
    assert (found.reason, found.address) == (state.OK, "127.0.0.1")


async def test_a_name_without_any_address_is_a_failed_lookup() -> None:
    found = await check("http://a.example/", prober=Prober(HERE, resolve=names({"a.example": []})))
    assert found.reason == state.DNS_FAILED


async def test_a_closed_port_refuses_the_connection() -> None:
    async with serving(Site()) as port:
        pass
    found = await check(f"http://127.0.0.1:{port}/")
    assert found.reason == state.CONNECTION_REFUSED


async def test_the_systems_own_lookup_says_when_a_name_does_not_exist() -> None:
    found = await check(f"http://{'a' * 70}.invalid/")
    assert found.reason == state.DNS_FAILED


async def test_an_address_that_should_not_have_passed_validation_is_our_trouble() -> None:
    found = await check("gopher://a.example/")
    assert found.reason == state.CHECKER_ERROR


async def test_a_fault_of_ours_is_no_statement_about_the_target() -> None:
    async def broken(host: str) -> list[object]:
        raise ZeroDivisionError(host)

    found = await check("http://a.example/", prober=Prober(HERE, resolve=broken))  # type: ignore[arg-type]
    assert (found.reason, found.state) == (state.CHECKER_ERROR, state.State.UNKNOWN)
    assert found.detail == "ZeroDivisionError in the checker, while looking up a.example"


async def test_cancelling_a_check_cancels_it() -> None:
    async with serving(silence) as port:
        prober = Prober(HERE)
        task = asyncio.create_task(prober.check(Http(f"http://127.0.0.1:{port}/"), SOON, {}))
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_reference_target_is_reached_or_not() -> None:
    prober = Prober(AddressPolicy())
    async with serving(silence) as port:
        assert await prober.reaches("127.0.0.1", port, SOON)
    assert not await prober.reaches("127.0.0.1", port, SOON)
    assert not await prober.reaches("169.254.169.254", 80, SOON)
