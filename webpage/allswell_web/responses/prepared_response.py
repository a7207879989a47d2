"""Lay out a rendered response for sending, so that a cache hit computes nothing."""

from dataclasses import dataclass

from allswell_web.responses.negotiate import CODINGS
from allswell_web.responses.rendered_response import Headers, RenderedResponse

VARY = ("Vary", "Accept-Encoding")
# A 304 leaves out what describes a body.
_OF_BODY = frozenset({"content-type", "content-length", "content-encoding"})


@dataclass(frozen=True, slots=True)
class AgedHeaders:
    """The headers of one whole second of age, for each coding in the order of `CODINGS`."""

    seconds: int
    headers: tuple[Headers, ...]


class PreparedResponse:
    """One response in this process; times are ticks.

    `fresh_until` is moved back when its page changes.

    `extra_headers` are those of the host that it is served at.
    """

    __slots__ = (
        "aged",
        "bodies",
        "etag",
        "extra_headers",
        "fresh_until",
        "page_id",
        "rendered",
        "rendered_at",
        "usable_until",
    )

    def __init__(
        self,
        rendered: RenderedResponse,
        page_id: int,
        *,
        rendered_at: float,
        fresh_until: float,
        usable_until: float,
        extra_headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.rendered = rendered
        self.page_id = page_id
        self.rendered_at = rendered_at
        self.fresh_until = fresh_until
        self.usable_until = usable_until
        self.extra_headers = extra_headers
        self.etag = rendered.etag
        # A WSGI response is a list; these are returned again and again.
        self.bodies = ([rendered.body], [rendered.gzip], [rendered.brotli])
        self.aged = self._headers(0)

    def age(self, now: float) -> AgedHeaders:
        """Return the headers as of now, rebuilt at most once per second."""
        seconds = max(0, int(now - self.rendered_at))
        aged = self.aged
        if aged.seconds != seconds:
            aged = self.aged = self._headers(seconds)
        return aged

    def not_modified(self, now: float) -> Headers:
        """Return the headers of a 304."""
        identity = self.age(now).headers[0]
        return [entry for entry in identity if entry[0].lower() not in _OF_BODY]

    def _headers(self, seconds: int) -> AgedHeaders:
        age = ("Age", str(seconds))
        tag = [("ETag", self.etag)] if self.etag else []
        common = [*self.rendered.headers, *self.extra_headers, *tag, VARY, age]
        lengths = [("Content-Length", str(len(body))) for (body,) in self.bodies]
        identity, *compressed = ([*common, length] for length in lengths)
        encodings = [[("Content-Encoding", name)] for name in CODINGS[1:]]
        return AgedHeaders(seconds, (identity, *map(list.__add__, compressed, encodings)))
