import asyncio
import contextlib
import gzip
import json
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from allswell.checker.collector_client import CollectorReply, HttpCollectorClient
from allswell.checker.errors import CollectorUnreachable

Requests = list[tuple[str, str, object]]


@contextmanager
def collector(requests: Requests, content: bytes = b'{"ok": true}') -> Iterator[int]:
    """Yield an HTTP server that answers everything alike and closes every second connection."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            requests.append((self.path, self.headers["Authorization"], body))
            self.send_response(201)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            # Without a word, as a server does whose patience has ended.
            self.close_connection = len(requests) % 2 == 0

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_a_message_arrives_with_the_token_of_the_moment(tmp_path: Path) -> None:
    token = tmp_path / "token"
    requests: Requests = []

    async def story(port: int) -> None:
        client = HttpCollectorClient(f"http://127.0.0.1:{port}/base/", token)
        for word in ("one", "two", "three", "four", "five"):
            token.write_text(f"{word}\n")
            assert await client.post("/v1/beat", {"n": word}) == CollectorReply(201, {"ok": True})
        client.close()

    with collector(requests) as port:
        asyncio.run(story(port))
    words = ("one", "two", "three", "four", "five")
    assert requests == [("/base/v1/beat", f"Bearer {word}", {"n": word}) for word in words]


def test_an_answer_that_is_no_json_is_an_answer_without_a_body(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t")

    async def story(port: int) -> None:
        client = HttpCollectorClient(f"http://127.0.0.1:{port}", tmp_path / "token")
        assert await client.post("/", {}) == CollectorReply(201, None)
        client.close()

    with collector([], b"<html>") as port:
        asyncio.run(story(port))


@pytest.mark.parametrize("lacking", ["collector", "token"])
def test_without_a_collector_or_a_token_the_line_is_broken(tmp_path: Path, lacking: str) -> None:
    if lacking == "collector":
        (tmp_path / "token").write_text("t")

    async def story(port: int) -> None:
        client = HttpCollectorClient(f"http://127.0.0.1:{port}", tmp_path / "token")
        with pytest.raises(CollectorUnreachable):
            await client.post("/", {})
        client.close()

    with collector([]) as port:
        other = 1 if lacking == "collector" else port
        asyncio.run(story(other))


Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def running_collector(
    answer: Behaviour, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Yield a collector that treats each connection as it likes."""
    tasks: set[asyncio.Task[object]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await answer(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """Return one whole request."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
    return await reader.readexactly(length)


def response(body: bytes, *headers: bytes) -> bytes:
    lines = (b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers, b"", b"")
    return b"\r\n".join(lines) + body


@pytest.fixture
def token(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text("t")
    return file


@pytest.mark.asyncio
async def test_a_connection_is_kept_for_the_next_message(token: Path) -> None:
    connections: list[int] = []

    async def patient(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        while await read_request(reader):
            writer.write(response(b"{}"))

    async with running_collector(patient) as port:
        client = HttpCollectorClient(f"http://127.0.0.1:{port}", token)
        for _ in range(3):
            assert await client.post("/", {}) == CollectorReply(200, {})
        client.close()
    assert connections == [1]


@pytest.mark.asyncio
async def test_no_message_waits_for_another(token: Path) -> None:
    """Have the collector answer only after it has received all four."""
    messages: list[bytes] = []
    all_received = asyncio.Event()

    async def gathering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            messages.append(await read_request(reader))
            if len(messages) == 4:
                all_received.set()
            await all_received.wait()
            writer.write(response(b"{}"))

    async with running_collector(gathering) as port:
        client = HttpCollectorClient(f"http://127.0.0.1:{port}", token)
        replies = await asyncio.gather(*(client.post("/", {"n": n}) for n in range(4)))
        after = await client.post("/", {})
        client.close()
    assert [*replies, after] == [CollectorReply(200, {})] * 5


async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)


async def never_answer(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"a" * 65_536)
        await writer.drain()


async def bomb(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(response(gzip.compress(bytes(64 * 2**20)), b"Content-Encoding: gzip"))
    await writer.drain()


async def rubbish(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH\r\n")
    await writer.drain()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (drip, "no answer within 0.3 s"),
        (never_answer, "no answer within 0.3 s"),
        (flood, "KiB"),
        (bomb, "when unpacked"),
        (rubbish, "does not begin with HTTP/"),
    ],
)
async def test_whatever_the_collector_does_is_told_within_the_deadline(
    token: Path, answer: Behaviour, words: str
) -> None:
    slow = answer in (drip, never_answer)
    async with running_collector(answer) as port:
        client = HttpCollectorClient(
            f"http://127.0.0.1:{port}", token, timeout=timedelta(seconds=0.3 if slow else 60)
        )
        with pytest.raises(CollectorUnreachable, match=words):
            await client.post("/", {})
        client.close()


@pytest.mark.asyncio
async def test_only_the_installations_own_authority_is_trusted(token: Path, tmp_path: Path) -> None:
    authority, other = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    contexts = [ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2)]
    authority.issue_cert("127.0.0.1").configure_cert(contexts[0])
    other.issue_cert("127.0.0.1").configure_cert(contexts[1])
    authorized = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while message := await read_request(reader):
            authorized.append(message)
            writer.write(response(b"{}"))

    async with (
        running_collector(answer, contexts[0]) as good,
        running_collector(answer, contexts[1]) as bad,
    ):
        lines = [
            HttpCollectorClient(f"{scheme}://127.0.0.1:{port}", token, tmp_path / "ca.pem")
            for scheme, port in (("https", good), ("HTTPS", good), ("https", bad))
        ]
        replies = [await client.post("/", {}) for client in lines[:2] for _ in range(2)]
        with pytest.raises(CollectorUnreachable, match="not trusted"):
            await lines[2].post("/", {})
        for client in lines:
            client.close()
    assert replies == [CollectorReply(200, {})] * 4
    assert len(authorized) == 4


@pytest.mark.asyncio
async def test_proxies_of_the_environment_are_not_asked(
    token: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(response(b"[]"))

    async with running_collector(answer) as port:
        client = HttpCollectorClient(f"http://127.0.0.1:{port}", token)
        assert await client.post("/", {}) == CollectorReply(200, [])
        client.close()


@pytest.mark.asyncio
@pytest.mark.parametrize("secret", ["two\nlines", "nul\0", "日本"])
async def test_a_token_that_no_header_can_hold_is_not_shown(tmp_path: Path, secret: str) -> None:
    (tmp_path / "token").write_text(f"s3cret{secret}")
    async with running_collector(never_answer) as port:
        client = HttpCollectorClient(f"http://127.0.0.1:{port}", tmp_path / "token")
        with pytest.raises(CollectorUnreachable) as caught:
            await client.post("/", {})
        client.close()
    assert "s3cret" not in str(caught.value)
