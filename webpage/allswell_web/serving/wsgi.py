"""The WSGI layer in front: answers a hit with two look-ups, and decides what else a request is.

It compares methods, codings and tags; it never parses a path, a query or a cookie. Everything that
takes longer lies behind `Shelf.find`.
"""

from collections.abc import Callable, Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from allswell_web.cache.page_cache import PageCache
from allswell_web.responses import constant_responses, negotiate
from allswell_web.responses.constant_responses import ConstantResponse
from allswell_web.responses.prepared_response import PreparedResponse
from allswell_web.serving.access_control import AccessControl

OK = "200 OK"
NOT_MODIFIED = "304 Not Modified"
MOST_CODINGS = 500
# What scripts of other sites may read.
OPEN = (".json", ".atom", ".rss", ".svg")
Machine = Callable[[], ConstantResponse]


class FrontLayer:
    """The WSGI application. `machine` answers paths that are no page's."""

    def __init__(
        self,
        shelf: PageCache,
        gate: AccessControl,
        ticks: Callable[[], float],
        machine: dict[str, Machine],
    ) -> None:
        self._shelf = shelf
        self._gate = gate
        self._ticks = ticks
        self._machine = machine
        self._codings: dict[str, int] = {}

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer a request: a hit here, all else in `_other`."""
        site = self._shelf.sites.get(environ.get("HTTP_HOST", ""))
        if site is not None and environ["REQUEST_METHOD"] == "GET":
            ready = site.copies.get(environ["PATH_INFO"])
            if ready is not None and "HTTP_IF_NONE_MATCH" not in environ:
                now = self._ticks()
                if now < ready.until:
                    aged = ready.age(now)
                    coding = self._codings.get(environ.get("HTTP_ACCEPT_ENCODING", ""))
                    if coding is not None:
                        start(OK, aged.headers[coding])
                        return ready.bodies[coding]
        return self._other(environ, start)

    def _other(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        host = environ.get("HTTP_HOST", "")
        found: PreparedResponse | ConstantResponse
        if method == "OPTIONS" and path.endswith(OPEN):
            found = constant_responses.PREFLIGHT
        elif method not in ("GET", "HEAD"):
            found = constant_responses.REFUSED
        elif path in self._machine and (path == "/healthz" or self._may_measure(environ)):
            found = self._machine[path]()
        else:
            found = self._shelf.find(host, path, lambda page: self._gate.judge(page, environ))
        if isinstance(found, PreparedResponse):
            return self._send(found, environ, start)
        start(found.status, found.all_headers())
        return [] if method == "HEAD" else [found.body]

    def _may_measure(self, environ: WSGIEnvironment) -> bool:
        """Whether somebody may read the figures: at an own host, and not through a proxy."""
        is_forwarded = "HTTP_X_FORWARDED_FOR" in environ
        return not is_forwarded and self._shelf.is_own(environ.get("HTTP_HOST", ""))

    def _send(
        self, ready: PreparedResponse, environ: WSGIEnvironment, start: StartResponse
    ) -> Iterable[bytes]:
        now = self._ticks()
        if ready.etag and negotiate.has_copy(environ.get("HTTP_IF_NONE_MATCH", ""), ready.etag):
            start(NOT_MODIFIED, ready.not_modified(now))
            return []
        coding = self._coding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        start(OK, ready.age(now).headers[coding])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else ready.bodies[coding]

    def _coding(self, header: str) -> int:
        """Decided once for each spelling that browsers send."""
        known = self._codings.get(header)
        if known is None:
            known = negotiate.coding(header)
            if len(self._codings) >= MOST_CODINGS:
                self._codings = {}
            self._codings[header] = known
        return known
