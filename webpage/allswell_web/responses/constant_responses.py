"""Answers that are never kept: constant notices, and what machines ask."""

from dataclasses import dataclass, replace

from allswell_web.responses.rendered_response import Headers

NOSNIFF = ("X-Content-Type-Options", "nosniff")
NO_STORE = ("Cache-Control", "no-store")
CORS = ("Access-Control-Allow-Origin", "*")
HTML = "text/html; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"
RETRY_S = 10


@dataclass(frozen=True, slots=True)
class ConstantResponse:
    """A whole answer; `headers` without the length."""

    status: str
    body: bytes = b""
    content_type: str = PLAIN
    headers: tuple[tuple[str, str], ...] = ()

    def all_headers(self) -> Headers:
        """The headers as they are sent."""
        length = ("Content-Length", str(len(self.body)))
        about = [("Content-Type", self.content_type), length] if self.body else []
        return [*about, NO_STORE, NOSNIFF, *self.headers]

    def with_header(self, name: str, value: str) -> "ConstantResponse":
        """The same answer with one header more."""
        return replace(self, headers=(*self.headers, (name, value)))


PASSWORD = ConstantResponse(
    "401 Unauthorized",
    b"This page asks for a password.\n",
    headers=(("WWW-Authenticate", 'Basic realm="Status page", charset="UTF-8"'),),
)
SLOWER = ConstantResponse(
    "429 Too Many Requests",
    b"Too many passwords were tried from here. Wait a few minutes.\n",
)


@dataclass(frozen=True, slots=True)
class ConstantResponses:
    """The constant answers: one for all that is unknown, one for when nothing can be said.

    `password` asks for one, `slower` is for who has tried too often.
    """

    not_found: ConstantResponse
    unavailable: ConstantResponse
    password: ConstantResponse = PASSWORD
    slower: ConstantResponse = SLOWER


def notices(not_found: str, unavailable: str, policy: str) -> ConstantResponses:
    """The notices from their HTML and their content security policy."""
    headers = (("Content-Security-Policy", policy), ("Referrer-Policy", "no-referrer"))
    retry = ("Retry-After", str(RETRY_S))
    return ConstantResponses(
        ConstantResponse("404 Not Found", not_found.encode(), HTML, headers),
        ConstantResponse("503 Service Unavailable", unavailable.encode(), HTML, (*headers, retry)),
    )


REFUSED = ConstantResponse("405 Method Not Allowed", b"", PLAIN, (("Allow", "GET, HEAD"),))
PREFLIGHT = ConstantResponse(
    "204 No Content",
    headers=(
        CORS,
        ("Access-Control-Allow-Methods", "GET, HEAD"),
        ("Access-Control-Allow-Headers", "If-None-Match"),
        ("Access-Control-Max-Age", "86400"),
    ),
)


def moved(to: str) -> ConstantResponse:
    """The same thing under its right path."""
    return ConstantResponse("308 Permanent Redirect", headers=(("Location", to),))
