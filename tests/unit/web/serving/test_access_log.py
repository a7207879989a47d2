import io
import json
from collections.abc import Iterable
from ipaddress import ip_network
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from allswell_web.serving import client_address
from allswell_web.serving.access_log import AccessLog
from tests.unit.web import fakes

ENVIRON = {
    "REQUEST_METHOD": "GET",
    "PATH_INFO": "/api/v2/status.json",
    "QUERY_STRING": "token=secret",
    "HTTP_HOST": "status.example",
    "REMOTE_ADDR": "198.51.100.77",
    "HTTP_COOKIE": "session=secret",
    "HTTP_AUTHORIZATION": "Basic secret",
    "HTTP_REFERER": "https://secret.example/",
    "HTTP_USER_AGENT": "secret",
}


def application(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    del environ
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"four", b"teen bytes"]


class Closed(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(text)


def lines(stream: io.StringIO, **more: str) -> list[dict[str, object]]:
    clock = fakes.Clock()
    logged = AccessLog(application, stream, clock.wall, clock.ticks, (ip_network("10.0.0.0/8"),))
    body = logged({**ENVIRON, **more}, lambda *_: lambda _: None)
    assert b"".join(body) == b"fourteen bytes"
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_request_is_one_line_with_nothing_that_tells_who_it_was() -> None:
    stream = io.StringIO()
    assert lines(stream) == [
        {
            "time": "2026-11-23T15:26:08.000Z",
            "client": "198.51.100.0",
            "host": "status.example",
            "method": "GET",
            "path": "/api/v2/status.json",
            "status": "200",
            "bytes": 14,
            "ms": 0.0,
        }
    ]
    assert "secret" not in stream.getvalue()


def test_a_visitor_behind_our_proxy_is_the_one_that_it_names() -> None:
    more = {"REMOTE_ADDR": "10.1.2.3", "HTTP_X_FORWARDED_FOR": "2001:db8:1:2:3:4:5:6"}
    assert lines(io.StringIO(), **more)[0]["client"] == "2001:db8:1::"


def test_a_request_cannot_write_a_line_of_its_own() -> None:
    assert len(lines(io.StringIO(), PATH_INFO="/\n{}\r\n", HTTP_HOST="a\nb")) == 1


def test_no_request_makes_a_line_long() -> None:
    (line,) = lines(
        io.StringIO(), PATH_INFO="/" * 9999, HTTP_HOST="h" * 9999, REQUEST_METHOD="G" * 9999
    )
    assert len(json.dumps(line)) < 2048


def test_a_log_that_nobody_takes_fails_no_request() -> None:
    assert lines(Closed()) == []


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("192.0.2.255", "192.0.2.0"),
        ("::ffff:192.0.2.255", "192.0.2.0"),
        ("2001:db8:ffff:ffff::1", "2001:db8:ffff::"),
        ("unix", "-"),
    ],
)
def test_of_an_address_only_the_network_is_written(address: str, kept: str) -> None:
    assert client_address.short(client_address.parse(address)) == kept
