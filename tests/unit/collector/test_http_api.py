import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import islice
from threading import Event
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request
from sqlalchemy import event

from allswell.central.errors import (
    CentralConflict,
    DatabaseFailed,
    DatabaseFull,
    DatabaseUnavailable,
    MonitorMissing,
)
from allswell.collector.authentication import (
    CheckerGone,
    LocalTokens,
    NotInSync,
    RequestRefused,
    Sender,
    Unauthorized,
)
from allswell.collector.http_api import HttpApi
from allswell.collector.messages import refusal
from allswell.collector.rate_limit import MAX_UNANSWERED, RateLimit
from allswell.collector.server import CollectorServer
from allswell.collector.state import CollectorState
from allswell.domain import instant, latency, report
from allswell.domain.health import HealthClaim
from allswell.domain.latency import LatencyBucket
from allswell.domain.message import MalformedMessage
from allswell.domain.report import Heartbeat, Hello, Transition
from allswell.domain.state import State
from tests import central_database
from tests.central_database import DAY, NOON, Central, day_report

TOKENS = {
    "acme": Sender("acme"),
    "api": Sender("acme", "api"),
    "db": Sender("acme", "db"),
    "page": Sender("", page=True),
}
SENT = {"sent_at": instant.text(NOON)}
MINUTE = timedelta(minutes=1)
UP = Transition("api", "s1", 1, HealthClaim(State.UP, NOON))
Client = TestClient[Request, Application]
Story = Callable[[Client, CollectorState], Awaitable[None]]


def serve(
    central: Central,
    story: Story,
    *,
    started: bool = True,
    rate_limit: RateLimit | None = None,
) -> None:
    """Let a story happen to a collector that listens."""

    async def told() -> None:
        state = CollectorState(central.writer)
        if started:
            state.start(NOON)
        with ThreadPoolExecutor(1) as writing:
            tokens = LocalTokens(TOKENS)
            intake = HttpApi(state, tokens, writing, lambda: NOON + MINUTE, rate_limit=rate_limit)
            async with TestClient(TestServer(intake.application())) as client:
                await story(client, state)

    asyncio.run(told())


async def post(client: Client, path: str, body: object, token: str = "acme") -> tuple[int, Any]:
    """Return the status and body of an answer."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}"}
    async with client.post(path, data=content, headers=headers) as answer:
        text = await answer.text()
        return answer.status, json.loads(text) if text.startswith("{") else text


def test_a_report_is_new_once(central: Central) -> None:
    async def story(client: Client, _: CollectorState) -> None:
        message = {**report.envelope_json(UP), **SENT}
        assert await post(client, "/v1/report", message) == (201, {"new": True})
        assert await post(client, "/v1/report", message) == (200, {"new": False})

    serve(central, story)


def test_the_body_never_says_whose_monitor_it_is(central: Central) -> None:
    async def story(client: Client, _: CollectorState) -> None:
        stranger = central_database.monitor("other", "evil")
        central.writer.register(stranger, namespace_uid="ns", now=NOON)
        envelope = report.envelope_json(Transition("other", "s1", 1, UP.claim))
        message = {**envelope, **SENT, "namespace": "evil"}
        assert (await post(client, "/v1/report", message))[0] == 410

    serve(central, story)


REPORT = {**report.envelope_json(UP), **SENT}
TOMORROW = {**report.envelope_json(day_report(NOON.date() + DAY)), **SENT}
REFUSED = [
    (410, {**REPORT, "monitor": "gone"}),
    (422, {**REPORT, "v": 2}),
    (422, {**REPORT, "kind": "song"}),
    (422, {**REPORT, "sent_at": "yesterday"}),
    (422, {**REPORT, "state": "down"}),
    (422, b"no json"),
    (422, b"\xff\xfe"),
    (422, b"[" * 50_000),
    (422, []),
    (409, TOMORROW),
    (413, b" " * (report.MOST_BYTES + 1)),
]


@pytest.mark.parametrize(("status", "body"), REFUSED)
def test_a_report_that_can_never_be_right_is_refused_for_good(
    central: Central, status: int, body: object
) -> None:
    async def story(client: Client, _: CollectorState) -> None:
        assert (await post(client, "/v1/report", body))[0] == status

    serve(central, story)


def test_a_body_that_comes_in_pieces_is_bounded_as_well(
    central: Central,
) -> None:
    async def story(client: Client, _: CollectorState) -> None:
        async def pieces() -> Any:  # noqa: ANN401 - an asynchronous generator
            for _ in range(report.MOST_BYTES // 1024 + 1):
                yield b" " * 1024

        headers = {"Authorization": "Bearer acme"}
        async with client.post("/v1/report", data=pieces(), headers=headers) as answer:
            assert answer.status == 413

    serve(central, story)


def test_who_speaks_must_be_known_and_may_do_only_his_own(
    central: Central,
) -> None:
    async def story(client: Client, _: CollectorState) -> None:
        for path in ("/v1/hello", "/v1/beat", "/v1/report"):
            assert (await post(client, path, REPORT, "nobody"))[0] == 401
            assert (await client.post(path, json={})).status == 401
            body = {"monitors": [], **SENT} if path != "/v1/report" else REPORT
            assert (await post(client, path, body, "page"))[0] == 403
        refused = await client.get("/v1/latency", headers={"Authorization": "Bearer acme"})
        assert refused.status == 403
        basic = await client.get("/v1/latency", headers={"Authorization": "Basic page"})
        assert basic.status == 401
        assert (await client.get("/v1/other")).status == 404
        assert (await client.get("/healthz")).status == 200

    serve(central, story)


def test_nobody_is_heard_before_the_collector_knows_where_it_stood(
    central: Central,
) -> None:
    async def story(client: Client, _: CollectorState) -> None:
        for path in ("/v1/hello", "/v1/beat", "/v1/report"):
            assert (await post(client, path, REPORT))[0] == 503

    serve(central, story, started=False)


def test_a_hello_is_answered_for_each_monitor(central: Central) -> None:
    async def story(client: Client, _: CollectorState) -> None:
        hello = report.hello_json([Hello("api", "s1", 0), Hello("other", "s2", 0)])
        status, body = await post(client, "/v1/hello", hello)
        assert status == 200
        assert [entry.gone for entry in report.read_hello_reply(body)] == [False, True]

    serve(central, story)


def test_a_page_reads_the_latencies_that_beats_have_brought(
    central: Central,
) -> None:
    async def story(client: Client, _: CollectorState) -> None:
        bucket = LatencyBucket(NOON, 1, 2, 3)
        beats = report.heartbeats_json([Heartbeat("api", "s1", NOON, NOON, (bucket,))])
        status, body = await post(client, "/v1/beat", {**beats, **SENT})
        assert (status, report.read_heartbeat_reply(body).greet) == (200, True)
        public = next(row.public_id for row in central.writer.living() if row.name == "api")
        headers = {"Authorization": "Bearer page"}
        answer = await client.get(f"/v1/latency?monitor={public}&monitor=x", headers=headers)
        found = await answer.json()
        # The sender's clock is a minute behind ours.
        assert found == {"monitors": {public: [[instant.to_ms(NOON + MINUTE), 1, 2, 3]]}}

    serve(central, story)


def test_beats_are_taken_while_the_database_hangs(
    central: Central,
) -> None:
    hangs = Event()

    async def story(client: Client, _: CollectorState) -> None:
        event.listen(central.engine, "begin", lambda _: hangs.wait(20))
        waiting = asyncio.create_task(post(client, "/v1/report", REPORT))
        beats = report.heartbeats_json([Heartbeat("api", "s1", NOON, NOON)])
        assert (await post(client, "/v1/beat", {**beats, **SENT}))[0] == 200
        assert not waiting.done()
        hangs.set()
        assert (await waiting)[0] == 201

    serve(central, story)


def test_who_asks_for_more_at_once_than_a_checker_does_holds_up_nobody(
    central: Central,
) -> None:
    hangs, refused = Event(), []

    async def story(client: Client, _: CollectorState) -> None:
        event.listen(central.engine, "begin", lambda _: hangs.wait(20))
        waiting = [asyncio.create_task(post(client, "/v1/report", REPORT, "api")) for _ in range(9)]
        for answer in islice(asyncio.as_completed(waiting), len(waiting) - MAX_UNANSWERED):
            assert (await answer)[0] == 429
        beats = report.heartbeats_json([Heartbeat("api", "s1", NOON, NOON)])
        assert (await post(client, "/v1/beat", {**beats, **SENT}, "api"))[0] == 200
        other = report.hello_json([Hello("db", "s1", 0)])
        asked = asyncio.create_task(post(client, "/v1/hello", other, "db"))
        hangs.set()
        assert (await asked)[0] == 200
        found = sorted([(await task)[0] for task in waiting])
        assert found == [200] * (MAX_UNANSWERED - 1) + [201] + [429] * (9 - MAX_UNANSWERED)
        assert (await post(client, "/v1/report", REPORT, "api"))[0] == 200

    serve(central, story, rate_limit=RateLimit(lambda: refused.append(1)))
    assert len(refused) == 9 - MAX_UNANSWERED


def test_who_sends_without_end_is_told_when_to_come_again(
    central: Central,
) -> None:
    async def story(client: Client, _: CollectorState) -> None:
        headers = {"Authorization": "Bearer api"}
        for path in ("/v1/hello", "/v1/beat", "/v1/report", "/v1/archive"):
            await client.post(path, json={}, headers=headers)
        for path in ("/v1/hello", "/v1/beat", "/v1/report", "/v1/archive"):
            answer = await client.post(path, data=b"not read", headers=headers)
            assert answer.status == 429
            assert 3000 < int(answer.headers["Retry-After"]) <= 3600
        assert (await post(client, "/v1/report", REPORT, "acme"))[0] == 201

    serve(central, story, rate_limit=RateLimit(most=4, every=3600))


def test_the_longest_beat_of_one_monitor_is_taken_and_none_that_is_longer(
    central: Central,
) -> None:
    async def story(client: Client, _: CollectorState) -> None:
        buckets = tuple(
            LatencyBucket(NOON - number * latency.WIDTH, 2**53, 2**53, 2**53)
            for number in range(289)
        )
        beat = {
            **report.heartbeats_json([Heartbeat("api", "s" * 128, NOON, NOON, buckets)]),
            **SENT,
        }
        assert (await post(client, "/v1/beat", beat, "api"))[0] == 200
        much = json.dumps(beat).encode() + b" " * report.MOST_BYTES
        assert (await post(client, "/v1/beat", much, "api"))[0] == 413
        assert (await post(client, "/v1/hello", much, "api"))[0] == 413
        assert (await post(client, "/v1/beat", much, "acme"))[0] == 200

    serve(central, story)


def test_a_message_names_each_monitor_once(central: Central) -> None:
    async def story(client: Client, _: CollectorState) -> None:
        hello = report.hello_json([Hello("api", f"s{number}", 0) for number in range(2)])
        assert (await post(client, "/v1/hello", hello, "api"))[0] == 422
        beats = report.heartbeats_json([Heartbeat("api", "s1", NOON, NOON)] * 2)
        assert (await post(client, "/v1/beat", {**beats, **SENT}, "api"))[0] == 422

    serve(central, story)


ANSWERS = [
    (RequestRefused("x"), 403),
    (Unauthorized("x"), 401),
    (CheckerGone("x"), 410),
    (NotInSync("x"), 503),
    (MalformedMessage("x"), 422),
    (CentralConflict("x"), 409),
    (DatabaseUnavailable("x"), 503),
    (DatabaseFull("x"), 503),
    (MonitorMissing("x"), 503),
    (DatabaseFailed("x"), 500),
]


@pytest.mark.parametrize(("error", "status"), ANSWERS)
def test_every_error_has_an_answer(error: Any, status: int) -> None:  # noqa: ANN401 - of three trees
    assert refusal(error).status == status


def test_a_database_that_is_away_is_said_without_its_words(
    central: Central,
) -> None:
    async def story(client: Client, _: CollectorState) -> None:
        def away(_: object) -> None:
            raise DatabaseUnavailable("password=secret")

        event.listen(central.engine, "begin", away, insert=True)
        status, body = await post(client, "/v1/report", REPORT)
        assert (status, body) == (503, {"error": "the central database is unavailable"})

    serve(central, story)


def test_a_collector_starts_listens_and_stops(central: Central) -> None:
    async def story() -> None:
        state = CollectorState(central.writer)
        now = [NOON]
        collector = CollectorServer(central.writer, state, LocalTokens(TOKENS), lambda: now[0])
        await collector.start("127.0.0.1", 0)
        async with ClientSession() as session:
            answer = await session.get(f"http://127.0.0.1:{collector.port}/healthz")
            assert await answer.text() == "ok\n"
        now[0] = NOON + MINUTE
        await collector.stop()
        assert central.reader.observed_through() == NOON + MINUTE

    asyncio.run(story())
