import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from allswell.checker.collector_client import CollectorReply, HttpCollectorClient
from allswell.checker.errors import CollectorUnreachable

Seen = list[tuple[str, str, object]]


@contextmanager
def collector(seen: Seen, content: bytes = b'{"ok": true}') -> Iterator[int]:
    """An HTTP server that answers everything alike and closes every second connection."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append((self.path, self.headers["Authorization"], body))
            self.send_response(201)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            # Without a word, as a server does whose patience has ended.
            self.close_connection = len(seen) % 2 == 0

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_a_message_arrives_with_the_token_of_the_moment(tmp_path: Path) -> None:
    token = tmp_path / "token"
    seen: Seen = []

    async def story(port: int) -> None:
        line = HttpCollectorClient(f"http://127.0.0.1:{port}/base/", token)
        for word in ("one", "two", "three", "four", "five"):
            token.write_text(f"{word}\n")
            assert await line.post("/v1/beat", {"n": word}) == CollectorReply(201, {"ok": True})
        line.close()

    with collector(seen) as port:
        asyncio.run(story(port))
    words = ("one", "two", "three", "four", "five")
    assert seen == [("/base/v1/beat", f"Bearer {word}", {"n": word}) for word in words]


def test_an_answer_that_is_no_json_is_an_answer_without_a_body(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t")

    async def story(port: int) -> None:
        line = HttpCollectorClient(f"http://127.0.0.1:{port}", tmp_path / "token")
        assert await line.post("/", {}) == CollectorReply(201, None)
        line.close()

    with collector([], b"<html>") as port:
        asyncio.run(story(port))


@pytest.mark.parametrize("lacking", ["collector", "token"])
def test_without_a_collector_or_a_token_the_line_is_broken(tmp_path: Path, lacking: str) -> None:
    if lacking == "collector":
        (tmp_path / "token").write_text("t")

    async def story(port: int) -> None:
        line = HttpCollectorClient(f"http://127.0.0.1:{port}", tmp_path / "token")
        with pytest.raises(CollectorUnreachable):
            await line.post("/", {})
        line.close()

    with collector([]) as port:
        other = 1 if lacking == "collector" else port
        asyncio.run(story(other))
