import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from allswell.domain.latency import LatencyBucket
from allswell_web.cache import latency_client
from allswell_web.cache.latency_client import CollectorAddress, LatencyClient
from allswell_web.errors import LatencyUnavailable
from tests.unit.web.fakes import NOW, Clock

MS = int(NOW.timestamp() * 1000)
ANSWER = json.dumps({"monitors": {"a": [[MS // 1000 * 1000, 10, 120_000, 180_000]]}}).encode()


@contextmanager
def answering(status: int, body: bytes) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Authorization"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def client(url: str, tmp_path: Path, clock: Clock) -> LatencyClient:
    token = tmp_path / "token"
    token.write_text("secret\n")
    return LatencyClient(CollectorAddress(url, token), clock.ticks)


def test_it_asks_for_every_monitor_at_once_with_its_token(tmp_path: Path) -> None:
    with answering(200, ANSWER) as (url, asked):
        found = client(url, tmp_path, Clock()).buckets(["a", "b"])
    assert found == {"a": (LatencyBucket(NOW.replace(microsecond=0), 10, 120_000, 180_000),)}
    assert asked == [("/v1/latency?monitor=a&monitor=b", "Bearer secret")]


@pytest.mark.parametrize(("status", "body"), [(401, b"{}"), (200, b"<html>"), (200, b"[]")])
def test_a_wrong_answer_fails_and_it_is_left_in_peace_for_a_while(
    tmp_path: Path, status: int, body: bytes
) -> None:
    clock = Clock()
    with answering(status, body) as (url, asked):
        it = client(url, tmp_path, clock)
        for seconds in (0, 29, 1):
            clock.advance(seconds)
            with pytest.raises(LatencyUnavailable):
                it.buckets(["a"])
    assert len(asked) == 2


def test_nobody_there_and_no_token_fail_alike(tmp_path: Path) -> None:
    with pytest.raises(LatencyUnavailable):
        client("http://127.0.0.1:1", tmp_path, Clock()).buckets(["a"])
    with pytest.raises(LatencyUnavailable):
        LatencyClient(
            CollectorAddress("http://127.0.0.1:1", tmp_path / "none"), Clock().ticks
        ).buckets(["a"])


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"{}",
        b'{"monitors": 3}',
        b'{"monitors": {"a": 1}}',
        b'{"monitors": {"a": [[1, 2]]}}',
        b'{"monitors": {"a": [[1, 2, 3, 4], [1, 2, 3]]}}',
        b'{"monitors": {"a": [[1, 2, 3, "4"]]}}',
        b'{"monitors": {"a": [[1, 2, 3, 4.5]]}}',
        b'{"monitors": {"a": [[99999999999999999, 2, 3, 4]]}}',
    ],
)
def test_an_answer_of_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="this is not buckets"):
        latency_client.read(body)


def test_a_monitor_without_a_bucket_has_none() -> None:
    assert latency_client.read(b'{"monitors": {"a": []}}') == {"a": ()}
