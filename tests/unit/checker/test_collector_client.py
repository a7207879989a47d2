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


Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(answer: Answering, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A collector that treats each connection as it likes."""
    tasks: set[asyncio.Task[object]] = set()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await answer(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(accepted, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def received(reader: asyncio.StreamReader) -> bytes:
    """One whole request."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
    return await reader.readexactly(length)


def said(body: bytes, *headers: bytes) -> bytes:
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
        while await received(reader):
            writer.write(said(b"{}"))

    async with serving(patient) as port:
        line = HttpCollectorClient(f"http://127.0.0.1:{port}", token)
        for _ in range(3):
            assert await line.post("/", {}) == CollectorReply(200, {})
        line.close()
    assert connections == [1]


@pytest.mark.asyncio
async def test_no_message_waits_for_another(token: Path) -> None:
    """The collector answers nobody before it has heard all four."""
    heard: list[bytes] = []
    all_heard = asyncio.Event()

    async def gathering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            heard.append(await received(reader))
            if len(heard) == 4:
                all_heard.set()
            await all_heard.wait()
            writer.write(said(b"{}"))

    async with serving(gathering) as port:
        line = HttpCollectorClient(f"http://127.0.0.1:{port}", token)
        replies = await asyncio.gather(*(line.post("/", {"n": n}) for n in range(4)))
        after = await line.post("/", {})
        line.close()
    assert [*replies, after] == [CollectorReply(200, {})] * 5


async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)


async def silence(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await received(reader)
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"a" * 65_536)
        await writer.drain()


async def bomb(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await received(reader)
    writer.write(said(gzip.compress(bytes(64 * 2**20)), b"Content-Encoding: gzip"))
    await writer.drain()


async def rubbish(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH\r\n")
    await writer.drain()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (drip, "no answer within 0.3 s"),
        (silence, "no answer within 0.3 s"),
        (flood, "KiB"),
        (bomb, "when unpacked"),
        (rubbish, "does not begin with HTTP/"),
    ],
)
async def test_whatever_the_collector_does_is_told_within_the_deadline(
    token: Path, answer: Answering, words: str
) -> None:
    slow = answer in (drip, silence)
    async with serving(answer) as port:
        line = HttpCollectorClient(
            f"http://127.0.0.1:{port}", token, timeout=timedelta(seconds=0.3 if slow else 60)
        )
        with pytest.raises(CollectorUnreachable, match=words):
            await line.post("/", {})
        line.close()


@pytest.mark.asyncio
async def test_only_the_installations_own_authority_is_trusted(token: Path, tmp_path: Path) -> None:
    authority, other = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    contexts = [ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2)]
    authority.issue_cert("127.0.0.1").configure_cert(contexts[0])
    other.issue_cert("127.0.0.1").configure_cert(contexts[1])
    authorized = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while message := await received(reader):
            authorized.append(message)
            writer.write(said(b"{}"))

    async with serving(answer, contexts[0]) as good, serving(answer, contexts[1]) as bad:
        lines = [
            HttpCollectorClient(f"{scheme}://127.0.0.1:{port}", token, tmp_path / "ca.pem")
            for scheme, port in (("https", good), ("HTTPS", good), ("https", bad))
        ]
        replies = [await line.post("/", {}) for line in lines[:2] for _ in range(2)]
        with pytest.raises(CollectorUnreachable, match="not trusted"):
            await lines[2].post("/", {})
        for line in lines:
            line.close()
    assert replies == [CollectorReply(200, {})] * 4
    assert len(authorized) == 4


@pytest.mark.asyncio
async def test_proxies_of_the_environment_are_not_asked(
    token: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await received(reader)
        writer.write(said(b"[]"))

    async with serving(answer) as port:
        line = HttpCollectorClient(f"http://127.0.0.1:{port}", token)
        assert await line.post("/", {}) == CollectorReply(200, [])
        line.close()


@pytest.mark.asyncio
@pytest.mark.parametrize("secret", ["two\nlines", "nul\0", "日本"])
async def test_a_token_that_no_header_can_hold_is_not_shown(tmp_path: Path, secret: str) -> None:
    (tmp_path / "token").write_text(f"s3cret{secret}")
    async with serving(silence) as port:
        line = HttpCollectorClient(f"http://127.0.0.1:{port}", tmp_path / "token")
        with pytest.raises(CollectorUnreachable) as caught:
            await line.post("/", {})
        line.close()
    assert "s3cret" not in str(caught.value)
