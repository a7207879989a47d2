"""Check what a hostile visitor may send, byte by byte, to a live server."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from allswell.central.writer import CentralWriter
from tests.integration.web.running import Running, filled, serving

pytestmark = pytest.mark.integration
HOST = "status.acme.example"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    url = f"sqlite:///{tmp_path_factory.mktemp('central')}/central.db"
    filled(url, hostnames=[HOST])
    with serving(url, ALLSWELL_INDEX="0") as running:
        yield running


def raw(page: Running, text: bytes) -> bytes:
    """Return what comes back until the server closes or sends nothing more."""
    with socket.create_connection(("127.0.0.1", page.port), 5) as connection:
        connection.sendall(text)
        connection.settimeout(1)
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
        except TimeoutError:
            pass
        return received


def request(*headers: str, target: str = "/", method: str = "GET") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *headers, "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1")


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    "headers",
    [
        ("Host: evil.example",),
        ("Host: ",),
        (),
        (f"Host: {HOST}.evil.example",),
        (f"Host: evil.example, {HOST}",),
        (f"Host: {HOST}@evil.example",),
        (f"Host: {HOST}/x",),
        ("Host: evil.example", f"X-Forwarded-Host: {HOST}"),
        ("Host: evil.example", f"Forwarded: host={HOST}"),
        ("Host: evil.example", f"X-Host: {HOST}"),
        ("Host: evil.example", f"Host: {HOST}"),
    ],
)
def test_no_page_is_shown_for_a_host_that_is_not_its_own(
    page: Running, headers: tuple[str, ...]
) -> None:
    answer = raw(page, request(*headers))
    assert status(answer) in (0, 400, 404)
    assert b"Acme" not in answer
    assert HOST.encode() not in answer


def test_a_host_in_the_request_line_is_never_repeated(page: Running) -> None:
    answer = raw(page, request(f"Host: {HOST}", target="http://evil.example/"))
    assert b"evil" not in answer


@pytest.mark.parametrize(
    "header",
    [
        *("X-Forwarded-Host: evil.example", "X-Forwarded-Proto: evil", "X-Original-URL: /evil"),
        *("X-Rewrite-URL: /evil", "X-HTTP-Method-Override: EVIL", "Origin: https://evil.example"),
        *("Cookie: evil=evil", "Referer: https://evil.example/", "X-Forwarded-Prefix: /evil"),
        *("Accept-Language: evil", "Range: bytes=0-4", "Expect: evil", "TE: trailers, evil"),
    ],
)
def test_nobody_poisons_the_copy_that_others_get(page: Running, header: str) -> None:
    poisoned = raw(page, request(f"Host: {HOST}", header, target="/?evil=1#evil"))
    clean = raw(page, request(f"Host: {HOST}"))
    assert status(clean) == 200
    assert b"evil" not in poisoned.lower()
    assert b"evil" not in clean.lower()


@pytest.mark.parametrize(
    "target",
    [
        *("/%0d%0aSet-Cookie:%20a=b", "/%0d%0a%0d%0a<script>", "//evil.example", "/\\evil.example"),
        *("/acme%0d%0aX:y", "/..%2f..%2fetc/passwd", "/%00", "/" + "a" * 8000, "/%ff%fe", "*"),
        *("/components/%0d%0aX-Y:z", "/history/%2e%2e", "/badge/<script>"),
    ],
)
def test_a_path_writes_no_header_and_leads_nowhere_else(page: Running, target: str) -> None:
    answer = raw(page, request(f"Host: {HOST}", target=target))
    head = answer.partition(b"\r\n\r\n")[0].lower()
    assert status(answer) in (0, 400, 404, 414)
    assert b"set-cookie" not in head
    assert b"location" not in head
    assert b"<script>" not in body(answer)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "BREW"])
def test_other_methods_change_nothing_and_repeat_nothing(page: Running, method: str) -> None:
    answer = raw(page, request(f"Host: {HOST}", "X-Evil: evil", "Content-Length: 0", method=method))
    assert status(answer) in (0, 400, 405)
    assert b"evil" not in answer.lower()


@pytest.mark.parametrize(
    "smuggled",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        "Content-Length: 4\r\nContent-Length: 60\r\n\r\nabcdGET /evil HTTP/1.1\r\n\r\n",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Content-Length: -1\r\n\r\n",
        " Folded: evil\r\n\r\n",
        "X-A: b\0c\r\n\r\n",
    ],
)
def test_two_requests_in_one_are_not_two_pages(page: Running, smuggled: str) -> None:
    answer = raw(page, f"POST / HTTP/1.1\r\nHost: {HOST}\r\n{smuggled}".encode("latin-1"))
    assert b"200 OK" not in answer
    assert page.get("/healthz").status == 200


def test_metrics_are_not_told_at_a_customers_host(page: Running) -> None:
    assert status(raw(page, request(f"Host: {HOST}", target="/metrics"))) == 404
    assert status(raw(page, request("Host: localhost", target="/metrics"))) == 200


def test_an_unknown_host_an_unknown_path_and_an_unknown_page_are_told_alike(page: Running) -> None:
    answers = [
        raw(page, request("Host: evil.example")),
        raw(page, request(f"Host: {HOST}", target="/nothing")),
        raw(page, request("Host: localhost", target="/other/page/")),
        raw(page, request("Host: localhost")),
    ]
    assert {status(answer) for answer in answers} == {404}
    heads = {b"\r\n".join(sorted(_undated(answer))) for answer in answers}
    assert len(heads) == 1
    assert len({body(answer) for answer in answers}) == 1


def _undated(answer: bytes) -> list[bytes]:
    head = answer.partition(b"\r\n\r\n")[0]
    return [line for line in head.split(b"\r\n") if not line.lower().startswith(b"date")]


def test_the_access_log_holds_neither_cookie_nor_query_nor_a_whole_address(
    central: tuple[str, CentralWriter],
) -> None:
    proxies = {"ALLSWELL_ACCESS_LOG": "1", "ALLSWELL_TRUSTED_PROXIES": "127.0.0.0/8"}
    with serving(central[0], **proxies) as running:
        sent = {"Cookie": "secret", "Authorization": "secret", "X_Forwarded_For": "192.0.2.77"}
        assert running.get("/?token=secret", **sent).status == 200
        running.process.terminate()
        out, _ = running.process.communicate(timeout=10)
    text = out.decode()
    assert '"client": "192.0.2.0"' in text
    assert '"status": "200"' in text
    assert "secret" not in text
    assert "192.0.2.77" not in text


def test_a_private_page_is_opened_by_what_hash_password_prints(tmp_path: Path) -> None:
    hashing = subprocess.run(
        [sys.executable, "-m", "allswell.cli", "hash-password"],
        input="open sesame\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    url = f"sqlite:///{tmp_path}/central.db"
    filled(url, access={"passwordHash": hashing.stdout.strip()})
    with serving(url) as running:
        response = running.get("/")
        assert (response.status, response.headers["www-authenticate"][:5]) == (401, "Basic")
        wrong = running.get("/", Authorization="Basic Og==")
        assert wrong.status == 401
        # anybody:open sesame
        right = running.get("/", Authorization="Basic YW55Ym9keTpvcGVuIHNlc2FtZQ==")
        assert right.status == 200
        assert right.headers["cache-control"] == "private, no-store"
        assert [running.get("/", Authorization=f"Basic Og{n}=").status for n in range(9)][-1] == 429
