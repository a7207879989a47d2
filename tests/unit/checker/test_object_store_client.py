"""Test that a day file is sent as permitted, and that no error shows the URL's signature."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from allswell.checker.errors import UploadFailed
from allswell.checker.object_store_client import HttpUploadTarget, UploadSink
from allswell.domain.archive_upload import UploadPermit

BODY = b"a day of results"
Requests = list[tuple[str, dict[str, str], bytes]]


@contextmanager
def store(status: int, text: bytes = b"") -> Iterator[tuple[str, Requests]]:
    """Yield a store that answers so; its address, and what it was sent."""
    requests: Requests = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            length = int(self.headers["Content-Length"])
            requests.append((self.path, dict(self.headers.items()), self.rfile.read(length)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/b/k?X-Amz-Signature=hush", requests
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def permit(url: str) -> UploadPermit:
    headers = {"Content-Length": str(len(BODY)), "If-None-Match": "*"}
    return UploadPermit(revision=1, url=url, headers=headers)


def write(out: UploadSink) -> None:
    for place in range(0, len(BODY), 5):
        out.write(BODY[place : place + 5])


def test_what_is_sent_is_what_was_permitted() -> None:
    with store(200) as (url, requests):
        assert HttpUploadTarget().put(permit(url), write)
    ((path, headers, body),) = requests
    assert (path, body) == ("/b/k?X-Amz-Signature=hush", BODY)
    assert headers["If-None-Match"] == "*"
    assert "Authorization" not in headers


def test_what_is_there_already_is_no_failure() -> None:
    with store(412) as (url, _):
        assert not HttpUploadTarget().put(permit(url), write)


@pytest.mark.parametrize(
    ("status", "text", "error"),
    [
        (
            403,
            b"<Error><Code>SignatureDoesNotMatch</Code></Error>",
            r"403 \(SignatureDoesNotMatch\)",
        ),
        (503, b"", "503$"),
        (307, b"", "307$"),
    ],
)
def test_another_answer_is_reported_with_the_stores_error_code(
    status: int, text: bytes, error: str
) -> None:
    with store(status, text) as (url, _), pytest.raises(UploadFailed, match=error) as caught:
        HttpUploadTarget().put(permit(url), write)
    assert "hush" not in str(caught.value)


def test_a_body_that_is_too_short_is_not_delivered() -> None:
    with store(200) as (url, requests):
        with pytest.raises(UploadFailed):
            HttpUploadTarget(timeout=0.2).put(permit(url), lambda out: out.write(BODY[:5]))
        assert not [body for _, _, body in requests if body == BODY]


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/k?hush", "http:///k?hush", "nonsense?hush"])
def test_a_store_that_cannot_be_reached_is_named_without_its_address(url: str) -> None:
    with pytest.raises(UploadFailed) as caught:
        HttpUploadTarget(timeout=1).put(permit(url), write)
    assert "hush" not in str(caught.value)


def test_what_hangs_is_broken_off_when_the_checker_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = HttpUploadTarget(timeout=60)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/k"
        errors: list[BaseException] = []

        def send() -> None:
            try:
                target.put(permit(url), write)
            except UploadFailed as error:
                errors.append(error)

        thread = threading.Thread(target=send)
        thread.start()
        with silent.accept()[0] as accepted:
            accepted.recv(1)
            target.close()
            thread.join(10)
        assert len(errors) == 1
        with pytest.raises(UploadFailed, match="stopping"):
            target.put(permit(url), write)
