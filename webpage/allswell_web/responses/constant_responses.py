"""Define responses that are never cached: constant notices, and health and metrics."""

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
    """A whole response; `headers` without the length."""

    status: str
    body: bytes = b""
    content_type: str = PLAIN
    headers: tuple[tuple[str, str], ...] = ()

    def all_headers(self) -> Headers:
        """Return the headers as they are sent."""
        length = ("Content-Length", str(len(self.body)))
        of_body = [("Content-Type", self.content_type), length] if self.body else []
        return [*of_body, NO_STORE, NOSNIFF, *self.headers]

    def with_header(self, name: str, value: str) -> "ConstantResponse":
        """Return the same response with one more header."""
        return replace(self, headers=(*self.headers, (name, value)))


PASSWORD = ConstantResponse(
    "401 Unauthorized",
    b"This page requires a password.\n",
    headers=(("WWW-Authenticate", 'Basic realm="Status page", charset="UTF-8"'),),
)
TOO_MANY_TRIES = ConstantResponse(
    "429 Too Many Requests",
    b"Too many failed attempts. Try again in a few minutes.\n",
)


@dataclass(frozen=True, slots=True)
class ConstantResponses:
    """The constant responses: for unknown addresses, and for when there is no data.

    `password` requests one, `too_many_tries` is for clients that have tried too often.
    """

    not_found: ConstantResponse
    unavailable: ConstantResponse
    password: ConstantResponse = PASSWORD
    too_many_tries: ConstantResponse = TOO_MANY_TRIES


def notices(not_found: str, unavailable: str, policy: str) -> ConstantResponses:
    """Build the notices from their HTML and their content security policy."""
    headers = (("Content-Security-Policy", policy), ("Referrer-Policy", "no-referrer"))
    retry = ("Retry-After", str(RETRY_S))
    return ConstantResponses(
        ConstantResponse("404 Not Found", not_found.encode(), HTML, headers),
        ConstantResponse("503 Service Unavailable", unavailable.encode(), HTML, (*headers, retry)),
    )


METHOD_NOT_ALLOWED = ConstantResponse(
    "405 Method Not Allowed", b"", PLAIN, (("Allow", "GET, HEAD"),)
)
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
    """Redirect to the same resource under its canonical path."""
    return ConstantResponse("308 Permanent Redirect", headers=(("Location", to),))
