import contextlib
import gzip
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

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


@contextmanager
def speaking(
    speak: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """A collector that hears one request and then says what it likes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
                connection = stack.enter_context(listening.accept()[0])
                if tls is not None:
                    connection = stack.enter_context(tls.wrap_socket(connection, server_side=True))
                connection.recv(65_536)
                speak(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"{'http' if tls is None else 'https'}://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def drip(connection: socket.socket) -> None:
    """A byte now and then, until the other side has gone."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    connection.settimeout(0.01)
    while True:
        with contextlib.suppress(TimeoutError):
            connection.recv(1)
        connection.sendall(b"x")


def drip_the_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    drip(connection)


def say_nothing(connection: socket.socket) -> None:
    connection.recv(1)


def flood(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"a" * 65_536)


def bomb(connection: socket.socket) -> None:
    packed = gzip.compress(bytes(64 * 2**20))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    connection.sendall(head % len(packed) + packed)


@pytest.mark.parametrize("speak", [drip, drip_the_body, say_nothing])
def test_the_whole_of_a_request_has_one_deadline(
    tmp_path: Path, speak: Callable[[socket.socket], None]
) -> None:
    """Without it these would never end, nor would the test."""
    (tmp_path / "token").write_text("t")
    with speaking(speak) as url:
        asking = LatencyClient(
            CollectorAddress(url, tmp_path / "token"), Clock().ticks, timeout_s=0.3
        )
        with pytest.raises(LatencyUnavailable) as caught:
            asking.buckets(["a"])
    assert isinstance(caught.value.__cause__, TimeoutError)


@pytest.mark.parametrize(
    ("speak", "why"), [(flood, "over 16777216 bytes"), (bomb, "has a content coding")]
)
def test_an_answer_is_bounded_and_not_unpacked(
    tmp_path: Path, speak: Callable[[socket.socket], None], why: str
) -> None:
    (tmp_path / "token").write_text("t")
    with speaking(speak) as url:
        asking = LatencyClient(
            CollectorAddress(url, tmp_path / "token"), Clock().ticks, timeout_s=60
        )
        with pytest.raises(LatencyUnavailable) as caught:
            asking.buckets(["a"])
    assert why in str(caught.value.__cause__)


@pytest.mark.parametrize("trusted", [True, False])
def test_only_the_installations_own_authority_is_trusted(tmp_path: Path, trusted: bool) -> None:
    (tmp_path / "token").write_text("t")
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    (authority if trusted else trustme.CA()).cert_pem.write_to_path(str(tmp_path / "ca.pem"))

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + ANSWER)

    with speaking(answer, tls) as url:
        address = CollectorAddress(url, tmp_path / "token", tmp_path / "ca.pem")
        asking = LatencyClient(address, Clock().ticks, timeout_s=60)
        if trusted:
            assert list(asking.buckets(["a"])) == ["a"]
        else:
            with pytest.raises(LatencyUnavailable):
                asking.buckets(["a"])


def test_proxies_of_the_environment_are_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with answering(200, ANSWER) as (url, _):
        assert list(client(url, tmp_path, Clock()).buckets(["a"])) == ["a"]


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
    with pytest.raises(ValueError, match="the response is not buckets"):
        latency_client.read(body)


def test_a_monitor_without_a_bucket_has_none() -> None:
    assert latency_client.read(b'{"monitors": {"a": []}}') == {"a": ()}
