"""Test the `tcp` check."""

import asyncio
from datetime import timedelta

import pytest

from allswell.domain import state
from allswell.domain.spec.tcp import Tcp, TcpExpect
from allswell.probe import AddressPolicy, Outcome, Prober
from allswell.probe.outcome import Assertion
from tests.integration.probe.targets import HERE, SHORT, SOON, cut, for_ever, serving, silence

pytestmark = pytest.mark.asyncio


async def smtp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Greet in two parts, then answer whatever comes."""
    writer.write(b"220 mail.exa")
    await writer.drain()
    await asyncio.sleep(0.02)
    writer.write(b"mple ready\r\n")
    writer.write(b"250 " + await reader.readline())
    await writer.drain()


async def connect(port: int, spec: Tcp | None = None, within: timedelta = SOON) -> Outcome:
    return await Prober(HERE).check(spec or Tcp("127.0.0.1", port), within, {})


def awaiting(port: int, words: str, send: str | None = None) -> Tcp:
    return Tcp("127.0.0.1", port, send=send, expect=TcpExpect(contains=words))


async def test_a_port_that_accepts_is_up() -> None:
    async with serving(silence) as port:
        found = await connect(port)
    assert (found.reason, found.detail) == (state.OK, f"connected to 127.0.0.1 port {port}")
    assert found.phases.connect is not None


async def test_words_are_awaited_across_pieces() -> None:
    async with serving(smtp) as port:
        found = await connect(port, awaiting(port, "mail.example"))
    assert found.assertions == (Assertion("contains", "mail.example", "found", holds=True),)
    assert found.reason == state.OK


async def test_what_is_sent_is_answered() -> None:
    async with serving(smtp) as port:
        found = await connect(port, awaiting(port, "250 HELO", send="HELO us\r\n"))
    assert found.reason == state.OK


async def test_another_reply_is_shown_when_the_target_closes() -> None:
    async with serving(smtp) as port:
        found = await connect(port, awaiting(port, "nope", send="x\r\n"))
    assert found.reason == state.UNEXPECTED_REPLY
    assert found.assertions[0].seen.startswith("a reply that begins with '220 mail")


async def test_another_reply_is_shown_when_the_deadline_comes() -> None:
    async with serving(smtp) as port:
        found = await connect(port, awaiting(port, "nope"), SHORT)
    assert (found.reason, found.assertions[0].holds) == (state.UNEXPECTED_REPLY, False)
    assert 0.3 <= found.phases.total < 1


async def test_no_reply_at_all_is_a_timeout() -> None:
    async with serving(silence) as port:
        found = await connect(port, awaiting(port, "nope"), SHORT)
    assert (found.reason, found.assertions[0].seen) == (state.TIMEOUT, "no reply")


async def test_an_endless_reply_is_read_for_64_kib() -> None:
    async with serving(for_ever(b"no " * 1000)) as port:
        found = await connect(port, awaiting(port, "yes"))
    assert found.reason == state.UNEXPECTED_REPLY


async def test_a_cut_connection_is_a_reset() -> None:
    async with serving(cut) as port:
        found = await connect(port, awaiting(port, "yes", send="x"))
    assert found.reason == state.CONNECTION_RESET


async def test_a_slow_connection_is_degraded() -> None:
    async with serving(silence) as port:
        limit = TcpExpect(latency=timedelta(microseconds=1))
        found = await connect(port, Tcp("127.0.0.1", port, expect=limit))
    assert found.reason == state.SLOW


async def test_a_refused_address_is_not_dialled() -> None:
    async with serving(silence) as port:
        found = await Prober(AddressPolicy()).check(Tcp("localhost", port), SOON, {})
    assert found.reason == state.ADDRESS_REFUSED
