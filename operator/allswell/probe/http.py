"""Carry out the `http` check: follow redirects, then judge the last response."""

from collections.abc import Mapping

from allswell.domain import state
from allswell.domain.spec.http import BodyExpect, Http, SecretKey
from allswell.probe import fault, hop, pattern
from allswell.probe.body import BodyReader
from allswell.probe.check_run import CheckRun
from allswell.probe.client import ClientPool
from allswell.probe.connector import Connector
from allswell.probe.exchange import header_value, text
from allswell.probe.fault import Fault
from allswell.probe.hop import Hop
from allswell.probe.lean_httpx import httpx
from allswell.probe.transport import Transport

CLIENTS = ClientPool()
NO_BODY = httpx.ByteStream(b"")


async def probe(
    connector: Connector, check: Http, secrets: Mapping[SecretKey, str], run: CheckRun
) -> None:
    """Carry the check out, recording everything in `run`. Raises `Fault` without a verdict."""
    start = hop.first(check, secrets, connector.user_agent)
    run.secrets = start.secret_values
    hook = hop.read_location if check.max_redirects else hop.drop_location
    try:
        with CLIENTS.client(Transport(connector, run, check.tls), hook) as client:
            await _follow(client, start, check, run)
    except fault.HTTP_ERRORS as error:
        raise fault.of_http_error(error, run.doing) from error


async def _follow(client: httpx.AsyncClient, start: Hop, check: Http, run: CheckRun) -> None:
    """Follow redirects hop by hop; each address is judged before it is dialled."""
    current = start
    for _ in range(check.max_redirects + 1):
        response = await client.send(current.request, stream=True)
        try:
            if response.next_request is None:
                await _judge(response, check, run)
                return
        finally:
            await response.aclose()
            # httpx's stream holds its response: a circle that would live until the next collection.
            response.stream = NO_BODY
        current = hop.follow(current, response)
    words = f"more than {check.max_redirects} redirects, the last to {current.target.shown}"
    raise Fault(state.TOO_MANY_REDIRECTS, words)


async def _judge(response: httpx.Response, check: Http, run: CheckRun) -> None:
    """Judge the last response; its body is read only when the status is as expected."""
    expect, status = check.expect, response.status_code
    wanted = ", ".join(map(str, expect.status))
    good = any(status in entry for entry in expect.status)
    run.expect(state.http(status), "status", wanted, str(status), holds=good)
    if good and expect.body != BodyExpect():
        await _judge_body(response, expect.body, run)
    run.expect_certificate(expect.certificate_days)
    run.expect_latency(expect.latency)


async def _judge_body(response: httpx.Response, expect: BodyExpect, run: CheckRun) -> None:
    run.doing = "reading the body"
    reader = BodyReader(expect, text(header_value(response.headers.raw, b"content-type")))
    async for piece in response.aiter_bytes():
        reader.feed(piece)
        if reader.decided:
            # The rest can change nothing. The loop goes on and finds the end, as httpx wants it.
            await response.aclose()
    if not reader.decided:
        reader.end()
    await _expect_body(reader, expect, run)


async def _expect_body(reader: BodyReader, expect: BodyExpect, run: CheckRun) -> None:
    failed = state.BODY_MISMATCH
    begins = f"a body that begins with {reader.beginning!r}" if reader.beginning else "no body"
    if expect.contains is not None:
        found = reader.contains.found
        seen = "found" if found else begins
        run.expect(failed, "body.contains", expect.contains, seen, holds=found)
    if expect.not_contains is not None:
        found = reader.not_contains.found
        seen = "found" if found else "not found"
        run.expect(failed, "body.notContains", expect.not_contains, seen, holds=not found)
        if found:
            return
    if expect.matches is not None:
        run.doing = "matching the pattern of body.matches"
        found = await pattern.search(expect.matches, reader.text, run.remaining)
        seen = "matched" if found else begins
        run.expect(failed, "body.matches", expect.matches, seen, holds=found)
