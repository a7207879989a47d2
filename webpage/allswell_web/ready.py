"""A sheet laid out for sending: what a cache hit needs is looked up, never computed."""

from dataclasses import dataclass

from allswell_web.sheet import Headers, Sheet

VARY = ("Vary", "Accept-Encoding")
# What a 304 repeats, and what it leaves out: all that describes a body.
_OF_BODY = frozenset({"content-type", "content-length", "content-encoding"})


@dataclass(frozen=True, slots=True)
class Aged:
    """The headers of one whole second of age, for each coding."""

    seconds: int
    plain: Headers
    packed: Headers


class Ready:
    """One sheet in this process; times are ticks. `until` is moved back when its page changes."""

    __slots__ = ("aged", "body", "etag", "made", "packed", "page", "sheet", "tellable", "until")

    def __init__(
        self, sheet: Sheet, page: int, *, made: float, until: float, tellable: float
    ) -> None:
        self.sheet = sheet
        self.page = page
        self.made = made
        self.until = until
        self.tellable = tellable
        self.etag = sheet.etag
        # WSGI answers are lists; these are handed out again and again.
        self.body = [sheet.body]
        self.packed = [sheet.packed]
        self.aged = self._headers(0)

    def age(self, now: float) -> Aged:
        """The headers as of now, made anew at most once per second."""
        seconds = max(0, int(now - self.made))
        aged = self.aged
        if aged.seconds != seconds:
            aged = self.aged = self._headers(seconds)
        return aged

    def not_modified(self, now: float) -> Headers:
        """The headers of a 304."""
        return [entry for entry in self.age(now).plain if entry[0].lower() not in _OF_BODY]

    def _headers(self, seconds: int) -> Aged:
        common = [*self.sheet.headers, ("ETag", self.etag), VARY, ("Age", str(seconds))]
        plain = [*common, ("Content-Length", str(len(self.sheet.body)))]
        length = ("Content-Length", str(len(self.sheet.packed)))
        return Aged(seconds, plain, [*common, ("Content-Encoding", "gzip"), length])
