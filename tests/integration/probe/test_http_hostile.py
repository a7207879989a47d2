"""Test the `http` check against servers that try to hold, fill or confuse it."""

import asyncio
import gzip
import tracemalloc
from datetime import timedelta

import pytest

from allswell.domain import state
from allswell.domain.spec.http import BodyExpect
from allswell.probe import Outcome
from tests.integration.probe.targets import (
    SHORT,
    Answer,
    Site,
    after_request,
    check,
    cut,
    for_ever,
    ok,
    redirect,
    serving,
    silence,
)

pytestmark = pytest.mark.asyncio

NEVER = BodyExpect(contains="never in there")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
PLAIN = b"HTTP/1.1 200 OK\r\n\r\n"
GZIPPED = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
HALF = gzip.compress(bytes(1024 * 1024))[:100]
# What is held up for as long as another check takes gets two or three checks done beside it.
MANY = 5


def drip(*parts: bytes) -> Answer:
    """Send one byte at a time, for ever."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    return answer


SLOW: dict[str, tuple[Answer, str]] = {
    "says nothing": (silence, "waiting for the answer"),
    "takes the request": (after_request(then=silence), "waiting for the answer"),
    "drips a header": (
        after_request(then=drip(b"HTTP/1.1 200 OK\r\nX: ")),
        "waiting for the answer",
    ),
    "stops in the head": (
        after_request(b"HTTP/1.1 200 OK\r\n", then=silence),
        "waiting for the answer",
    ),
    "stops in the first word": (after_request(b"HTT", then=silence), "waiting for the answer"),
    "drips the body": (after_request(PLAIN, then=drip()), "reading the body"),
    "stops before a chunk": (after_request(CHUNKED, then=silence), "reading the body"),
    "stops in a chunk": (after_request(CHUNKED + b"5\r\nhel", then=silence), "reading the body"),
}


@pytest.mark.parametrize("target", SLOW)
async def test_a_slow_target_is_a_timeout_at_the_deadline(target: str) -> None:
    answer, doing = SLOW[target]
    async with serving(answer) as port:
        found = await check(f"http://127.0.0.1:{port}/", reads=NEVER, timeout=SHORT)
    assert (found.reason, found.state) == (state.TIMEOUT, state.State.DOWN)
    assert found.detail.startswith(f"no answer within 300ms, while {doing}")


TWO_LENGTHS = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"
SHORT_BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"
BROTLI = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\nabc"
NO_HTTP = "does not begin with HTTP/"
RULES = "breaks the rules"

BROKEN: dict[str, tuple[Answer, str]] = {
    "endless interim answers": (for_ever(b"HTTP/1.1 100 Continue\r\n\r\n"), "interim answers"),
    "an endless header": (for_ever(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 4000), "64 KiB"),
    "lines": (for_ever(b"a line\r\n"), NO_HTTP),
    "nul bytes": (for_ever(b"\0" * 4096), NO_HTTP),
    "another protocol": (for_ever(b"SSH-2.0-OpenSSH\r\n"), NO_HTTP),
    "no status": (for_ever(b"HTTP/1.1 abc\r\n\r\n"), RULES),
    "a header without a colon": (for_ever(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), RULES),
    "a nul in a header": (for_ever(b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n"), RULES),
    "two lengths": (for_ever(TWO_LENGTHS), RULES),
    "a chunk that is none": (after_request(CHUNKED + b"xyz\r\n"), RULES),
    "a negative chunk": (after_request(CHUNKED + b"-5\r\n"), RULES),
    "endless words on a chunk": (after_request(CHUNKED, then=for_ever(b"1;" + b"a" * 9)), "KiB"),
    "gzip that is none": (after_request(GZIPPED + b"not at all"), "is said to be gzip"),
    "half of gzip": (
        after_request(GZIPPED + gzip.compress(bytes(1024 * 1024))[:100]),
        "ends too early",
    ),
    "an unasked packing": (after_request(BROTLI), "packed as 'br'"),
}
ENDLESS: dict[str, tuple[Answer, str]] = {
    "body": (after_request(PLAIN, then=for_ever(b"a" * 65536)), "1024 KiB"),
    "chunks": (after_request(CHUNKED, then=for_ever(b"1\r\na\r\n" * 99)), "pieces"),
}
LOST: dict[str, tuple[Answer, str]] = {
    "closed at once": (after_request(), "without an answer"),
    "closed in the head": (after_request(b"HTTP/1.1 200 OK\r\n"), "in the middle"),
    "closed in the body": (after_request(SHORT_BODY), "in the middle"),
    "closed in a chunk": (after_request(CHUNKED + b"5\r\nhel"), "in the middle"),
    "cut in the body": (after_request(PLAIN + b"abc", then=cut), "cut"),
    "cut at once": (cut, "cut"),
}
ENDS = {
    **{f"broken: {name}": (state.PROTOCOL_ERROR, *entry) for name, entry in BROKEN.items()},
    **{f"endless: {name}": (state.BODY_TOO_LARGE, *entry) for name, entry in ENDLESS.items()},
    **{f"lost: {name}": (state.CONNECTION_RESET, *entry) for name, entry in LOST.items()},
}


@pytest.mark.parametrize("target", ENDS)
async def test_a_hostile_answer_ends_the_check_with_words(target: str) -> None:
    reason, answer, words = ENDS[target]
    async with serving(answer) as port:
        found = await check(f"http://127.0.0.1:{port}/", reads=NEVER)
    assert found.reason == reason, found
    assert words in found.detail
    assert len(found.detail) <= 300
    assert found.detail.isprintable()


async def test_redirects_in_a_circle_end() -> None:
    async with serving(Site({"/": redirect("/")})) as port:
        found = await check(f"http://127.0.0.1:{port}/", max_redirects=20)
    assert found.reason == state.TOO_MANY_REDIRECTS


async def test_a_bomb_of_200_mib_is_refused_in_a_few_mib() -> None:
    bomb = gzip.compress(bytes(200 * 1024 * 1024), 9)
    answer = ok(bomb, "Content-Encoding: gzip")
    async with serving(Site({"/": answer})) as port:
        tracemalloc.start()
        try:
            found = await check(f"http://127.0.0.1:{port}/", reads=NEVER)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert (found.reason, "when unpacked" in found.detail) == (state.BODY_TOO_LARGE, True)
    assert peak < 4 * 1024 * 1024


async def test_a_text_too_long_for_a_pattern_is_said_to_be() -> None:
    async with serving(Site({"/": ok(b"a" * 300_000)})) as port:
        found = await check(f"http://127.0.0.1:{port}/", reads=BodyExpect(matches="b"))
    assert (found.reason, "pattern" in found.detail) == (state.BODY_TOO_LARGE, True)


async def test_a_body_of_just_1_mib_is_still_read() -> None:
    body = b"a" * (1024 * 1024 - 3) + b"end"
    async with serving(Site({"/": ok(body)})) as port:
        found = await check(f"http://127.0.0.1:{port}/", reads=BodyExpect(contains="end"))
    assert found.reason == state.OK, found


async def checks_beside(hostile: asyncio.Task[Outcome], url: str) -> int:
    """Check a good target again and again until a check has ended; return how often it was up."""
    good = 0
    while not hostile.done():
        good += (await check(url)).reason == state.OK
    return good


async def test_a_pattern_that_never_ends_is_stopped_and_holds_nobody_up() -> None:
    body = b"a" * 5000
    pattern = "^(([a-z])+.)+[A-Z]([a-z])+$"
    async with serving(Site({"/": ok(body)})) as port:
        url = f"http://127.0.0.1:{port}/"
        await check(url, reads=BodyExpect(matches="a"))  # the engine is loaded
        hostile = asyncio.create_task(
            check(url, reads=BodyExpect(matches=pattern), timeout=timedelta(seconds=2))
        )
        others = await checks_beside(hostile, url)
    assert hostile.result().reason == state.TIMEOUT
    assert "body.matches" in hostile.result().detail
    assert others >= MANY


async def test_a_flood_does_not_keep_other_checks_waiting() -> None:
    flood = after_request(CHUNKED, then=for_ever(b"1\r\na\r\n" * 9999))
    async with serving(flood) as bad, serving(Site()) as good:
        hostile = asyncio.create_task(check(f"http://127.0.0.1:{bad}/", reads=NEVER))
        others = await checks_beside(hostile, f"http://127.0.0.1:{good}/")
    assert hostile.result().reason == state.BODY_TOO_LARGE
    assert others >= MANY


@pytest.mark.parametrize(
    "charset", ["utf-8", "no-such", "bz2", "punycode", "idna", "utf-7", '"', "utf-99", "cp1299"]
)
async def test_a_strange_charset_or_broken_text_is_read_as_well_as_it_goes(charset: str) -> None:
    answer = ok(b"\xff\0 hello \xe2", f"Content-Type: text/plain; charset={charset}")
    async with serving(Site({"/": answer})) as port:
        found = await check(f"http://127.0.0.1:{port}/", reads=BodyExpect(contains="hello"))
        lost = await check(f"http://127.0.0.1:{port}/", reads=NEVER)
    assert (found.reason, lost.reason) == (state.OK, state.BODY_MISMATCH)
    assert lost.assertions[-1].seen.isprintable()


async def test_a_target_that_answers_before_it_has_read_everything_is_heard() -> None:
    async def early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        await silence(reader, writer)

    async with serving(early) as port:
        found = await check(f"http://127.0.0.1:{port}/", method="POST", body="x" * 65_536)
    assert found.reason == "HTTP 413"
