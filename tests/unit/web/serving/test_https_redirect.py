from collections.abc import Iterable
from ipaddress import ip_network
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from allswell_web.serving.https_redirect import HttpsRedirect

PROXY = "10.0.0.1"


def application(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    del environ
    start("200 OK", [])
    return [b"page"]


def ask(path: str = "/", **more: str) -> tuple[str, str]:
    """Return the status and the redirect's target."""
    answers: list[tuple[str, dict[str, str]]] = []

    def start(status: str, headers: list[tuple[str, str]], *_: object) -> Writer:
        answers.append((status[:3], dict(headers)))
        return Writer()

    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "HTTP_HOST": "Status.Example:80",
        "REMOTE_ADDR": PROXY,
        "HTTP_X_FORWARDED_PROTO": "http",
        **more,
    }
    known_hosts = ("Status.Example:80", "status.example")
    HttpsRedirect(application, known_hosts.__contains__, (ip_network("10.0.0.0/8"),))(
        environ, start
    )
    ((status, headers),) = answers
    return status, headers.get("Location", "")


class Writer:
    def __call__(self, data: bytes, /) -> object:
        raise AssertionError(data)


def test_who_comes_to_our_proxy_without_tls_is_sent_to_the_same_address_with_it() -> None:
    assert ask("/history") == ("308", "https://status.example/history")
    assert ask("/é\r\n?#") == ("308", "https://status.example/%E9%0D%0A%3F%23")


@pytest.mark.parametrize(
    "more",
    [
        {"HTTP_X_FORWARDED_PROTO": "https"},
        {"REMOTE_ADDR": "192.0.2.1"},
        {"HTTP_HOST": "evil.example"},
        {"REQUEST_METHOD": "POST"},
    ],
)
def test_nobody_else_is_sent_anywhere(more: dict[str, str]) -> None:
    assert ask(**more) == ("200", "")


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "*"])
def test_machines_are_answered_where_they_ask(path: str) -> None:
    assert ask(path) == ("200", "")
