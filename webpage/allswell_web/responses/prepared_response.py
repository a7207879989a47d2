"""A sheet laid out for sending: what a cache hit needs is looked up, never computed."""

from dataclasses import dataclass

from allswell_web.responses.negotiate import CODINGS
from allswell_web.responses.rendered_response import Headers, RenderedResponse

VARY = ("Vary", "Accept-Encoding")
# What a 304 repeats, and what it leaves out: all that describes a body.
_OF_BODY = frozenset({"content-type", "content-length", "content-encoding"})


@dataclass(frozen=True, slots=True)
class AgedHeaders:
    """The headers of one whole second of age, for each coding in the order of `CODINGS`."""

    seconds: int
    headers: tuple[Headers, ...]


class PreparedResponse:
    """One sheet in this process; times are ticks. `until` is moved back when its page changes.

    `more` are headers of the host that it is sent at.
    """

    __slots__ = ("aged", "bodies", "etag", "made", "more", "page", "sheet", "tellable", "until")

    def __init__(
        self,
        sheet: RenderedResponse,
        page: int,
        *,
        made: float,
        until: float,
        tellable: float,
        more: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.sheet = sheet
        self.page = page
        self.made = made
        self.until = until
        self.tellable = tellable
        self.more = more
        self.etag = sheet.etag
        # WSGI answers are lists; these are handed out again and again.
        self.bodies = ([sheet.body], [sheet.gzip], [sheet.brotli])
        self.aged = self._headers(0)

    def age(self, now: float) -> AgedHeaders:
        """The headers as of now, made anew at most once per second."""
        seconds = max(0, int(now - self.made))
        aged = self.aged
        if aged.seconds != seconds:
            aged = self.aged = self._headers(seconds)
        return aged

    def not_modified(self, now: float) -> Headers:
        """The headers of a 304."""
        plain = self.age(now).headers[0]
        return [entry for entry in plain if entry[0].lower() not in _OF_BODY]

    def _headers(self, seconds: int) -> AgedHeaders:
        age = ("Age", str(seconds))
        tag = [("ETag", self.etag)] if self.etag else []
        common = [*self.sheet.headers, *self.more, *tag, VARY, age]
        lengths = [("Content-Length", str(len(body))) for (body,) in self.bodies]
        plain, *packed = ([*common, length] for length in lengths)
        named = [[("Content-Encoding", name)] for name in CODINGS[1:]]
        return AgedHeaders(seconds, (plain, *map(list.__add__, packed, named)))
