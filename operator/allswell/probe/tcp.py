"""Carry out the `tcp` check: connect, optionally TLS, optionally send and await a reply."""

from collections.abc import Mapping

from allswell.domain import state
from allswell.domain.spec.http import SecretKey
from allswell.domain.spec.tcp import Tcp
from allswell.probe.check_run import CheckRun
from allswell.probe.connector import Connector
from allswell.probe.fault import Fault
from allswell.probe.stream import Stream

MAX_REPLY = 64 * 1024
SNIPPET = 80


async def probe(
    connector: Connector, check: Tcp, _: Mapping[SecretKey, str], run: CheckRun
) -> None:
    """Carry the check out, recording everything in `run`. Raises `Fault` without a verdict."""
    async with connector.connect(run, check.host, check.port) as line:
        stream: Stream = line
        if check.tls is not None:
            stream = await connector.encrypt(run, line, check.host, check.tls)
        run.summary = f"connected to {run.address} port {check.port}"
        if check.send is not None:
            run.doing = "sending"
            await stream.write(check.send.encode())
        if check.expect.contains is not None:
            await _await_reply(stream, check.expect.contains, run)
    run.expect_certificate(check.expect.certificate_days)
    run.expect_latency(check.expect.latency)


async def _await_reply(stream: Stream, wanted: str, run: CheckRun) -> None:
    """Read until the words have come; what came instead explains a deadline too."""
    run.doing = "waiting for a reply"
    needle, reply = wanted.encode(), b""
    try:
        while needle not in reply and len(reply) < MAX_REPLY:
            data = await stream.read()
            if not data:
                break
            reply += data
            words = "the target replied, but not with the expected words"
            run.when_late = Fault(state.UNEXPECTED_REPLY, words)
    finally:
        found = needle in reply[:MAX_REPLY]
        seen = "found" if found else _beginning(reply)
        run.expect(state.UNEXPECTED_REPLY, "contains", wanted, seen, holds=found)


def _beginning(reply: bytes) -> str:
    text = reply[:SNIPPET].decode(errors="replace")
    return f"a reply that begins with {text!r}" if reply else "no reply"
