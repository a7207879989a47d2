"""The `http` check: requests along the redirects, then a verdict on the last answer."""

import time
from collections.abc import Mapping

from allswell.domain import state
from allswell.domain.spec.http import BodyExpect, Http, SecretKey
from allswell.probe import hop, pattern, trust
from allswell.probe.body import BodyReader
from allswell.probe.connector import Connector
from allswell.probe.exchange import Exchange, Head
from allswell.probe.fault import Fault
from allswell.probe.hop import Request
from allswell.probe.run import CheckRun
from allswell.probe.stream import Plain, Stream


async def probe(
    lines: Connector, check: Http, secrets: Mapping[SecretKey, str], run: CheckRun
) -> None:
    """Carry the check out, noting everything in `run`. Raises `Fault` when it cannot be judged."""
    request = hop.first(check, secrets)
    run.secrets = [field.value for field in request.headers if field.secret]
    for _ in range(check.max_redirects + 1):
        run.next_hop()
        async with lines.connect(run, request.target.host, request.target.port) as line:
            exchange = Exchange(await _stream(lines, line, request, check, run), lines.user_agent)
            head = await _ask(exchange, request, run)
            location = head.header("location") if head.status in hop.FOLLOWED else ""
            if not location or not check.max_redirects:
                await _judge(exchange, head, check, run)
                return
        request = hop.follow(request, head.status, location)
    words = f"more than {check.max_redirects} redirects, the last to {request.target.shown}"
    raise Fault(state.TOO_MANY_REDIRECTS, words)


async def _stream(
    lines: Connector, line: Plain, request: Request, check: Http, run: CheckRun
) -> Stream:
    if request.target.scheme == "http":
        return line
    return await lines.encrypt(run, line, request.target.host, check.tls, trust.HTTP)


async def _ask(exchange: Exchange, request: Request, run: CheckRun) -> Head:
    run.doing = f"waiting for the answer of {request.target.shown}"
    began = time.perf_counter()
    await exchange.send(request)
    head = await exchange.head()
    run.first_byte = time.perf_counter() - began
    run.summary = f"{request.method} {request.target.shown}: status {head.status}"
    return head


async def _judge(exchange: Exchange, head: Head, check: Http, run: CheckRun) -> None:
    """Judge the last answer; a body is read only when the status is as expected."""
    expect = check.expect
    wanted = ", ".join(map(str, expect.status))
    good = any(head.status in entry for entry in expect.status)
    run.expect(state.http(head.status), "status", wanted, str(head.status), holds=good)
    if good and expect.body != BodyExpect():
        await _judge_body(exchange, head, expect.body, run)
    run.expect_certificate(expect.certificate_days)
    run.expect_latency(expect.latency)


async def _judge_body(exchange: Exchange, head: Head, expect: BodyExpect, run: CheckRun) -> None:
    run.doing = "reading the body"
    reading = BodyReader(expect, head.header("content-encoding"), head.header("content-type"))
    while not reading.decided:
        data = await exchange.piece()
        if not data:
            reading.end()
            break
        reading.feed(data)
    await _expect_body(reading, expect, run)


async def _expect_body(reading: BodyReader, expect: BodyExpect, run: CheckRun) -> None:
    failed = state.BODY_MISMATCH
    begins = f"a body that begins with {reading.beginning!r}" if reading.beginning else "no body"
    if expect.contains is not None:
        found = reading.contains.found
        seen = "found" if found else begins
        run.expect(failed, "body.contains", expect.contains, seen, holds=found)
    if expect.not_contains is not None:
        found = reading.not_contains.found
        seen = "found" if found else "not found"
        run.expect(failed, "body.notContains", expect.not_contains, seen, holds=not found)
        if found:
            return
    if expect.matches is not None:
        run.doing = "matching the pattern of body.matches"
        found = await pattern.found(expect.matches, reading.text, run.remaining)
        seen = "matched" if found else begins
        run.expect(failed, "body.matches", expect.matches, seen, holds=found)
