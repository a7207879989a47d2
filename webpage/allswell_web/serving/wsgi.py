"""Answer a cache hit with two dictionary reads in front of Flask, and dispatch everything else.

It compares methods, codings and ETags; it never parses a path, a query or a cookie. Everything that
takes longer is done by `PageCache.find`.
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
MAX_CODINGS = 500
# Scripts of other sites may read these.
CORS_SUFFIXES = (".json", ".atom", ".rss", ".svg")
Endpoint = Callable[[], ConstantResponse]


class FrontLayer:
    """The WSGI application. `endpoints` answer paths that belong to no page."""

    def __init__(
        self,
        pages: PageCache,
        access_control: AccessControl,
        ticks: Callable[[], float],
        endpoints: dict[str, Endpoint],
    ) -> None:
        self._pages = pages
        self._access_control = access_control
        self._ticks = ticks
        self._endpoints = endpoints
        self._codings: dict[str, int] = {}

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer a request: a hit here, everything else in `_other`."""
        host = self._pages.hosts.get(environ.get("HTTP_HOST", ""))
        if host is not None and environ["REQUEST_METHOD"] == "GET":
            prepared = host.public.get(environ["PATH_INFO"])
            if prepared is not None and "HTTP_IF_NONE_MATCH" not in environ:
                now = self._ticks()
                if now < prepared.fresh_until:
                    aged_headers = prepared.age(now)
                    coding = self._codings.get(environ.get("HTTP_ACCEPT_ENCODING", ""))
                    if coding is not None:
                        start(OK, aged_headers.headers[coding])
                        return prepared.bodies[coding]
        return self._other(environ, start)

    def _other(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        host = environ.get("HTTP_HOST", "")
        response: PreparedResponse | ConstantResponse
        if method == "OPTIONS" and path.endswith(CORS_SUFFIXES):
            response = constant_responses.PREFLIGHT
        elif method not in ("GET", "HEAD"):
            response = constant_responses.METHOD_NOT_ALLOWED
        elif path in self._endpoints and (path == "/healthz" or self._may_read_metrics(environ)):
            response = self._endpoints[path]()
        else:
            response = self._pages.find(
                host, path, lambda page: self._access_control.judge(page, environ)
            )
        if isinstance(response, PreparedResponse):
            return self._send(response, environ, start)
        start(response.status, response.all_headers())
        return [] if method == "HEAD" else [response.body]

    def _may_read_metrics(self, environ: WSGIEnvironment) -> bool:
        """Decide whether metrics may be read: at an own host, and not through a proxy."""
        is_forwarded = "HTTP_X_FORWARDED_FOR" in environ
        return not is_forwarded and self._pages.is_own_host(environ.get("HTTP_HOST", ""))

    def _send(
        self, prepared: PreparedResponse, environ: WSGIEnvironment, start: StartResponse
    ) -> Iterable[bytes]:
        now = self._ticks()
        if prepared.etag and negotiate.has_copy(
            environ.get("HTTP_IF_NONE_MATCH", ""), prepared.etag
        ):
            start(NOT_MODIFIED, prepared.not_modified(now))
            return []
        coding = self._coding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        start(OK, prepared.age(now).headers[coding])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else prepared.bodies[coding]

    def _coding(self, header: str) -> int:
        """Return the negotiated coding, cached for each value that browsers send."""
        coding = self._codings.get(header)
        if coding is None:
            coding = negotiate.coding(header)
            if len(self._codings) >= MAX_CODINGS:
                self._codings = {}
            self._codings[header] = coding
        return coding
