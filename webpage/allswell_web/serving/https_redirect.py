"""Redirect to HTTPS: for single pages' hosts, or wherever the settings say so.

Only the installation's own proxy can know a visitor's scheme, and an Ingress has no field for it.
Unknown hosts get their usual 404.
"""

from collections.abc import Callable, Iterable, Sequence
from urllib.parse import quote
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from allswell_web.cache import directory
from allswell_web.responses.constant_responses import ConstantResponse
from allswell_web.serving import client_address
from allswell_web.serving.client_address import Network

MOVED = "308 Permanent Redirect"
QUERY = "/?:@!$&'()*+,;=-._~%"
# Requests from within the cluster.
PLAIN_PATHS = frozenset({"/healthz", "/metrics"})


class HttpsRedirect:
    """A wrapper of an application behind proxies that set X-Forwarded-Proto."""

    def __init__(
        self,
        application: WSGIApplication,
        is_known: Callable[[str], bool],
        proxies: Sequence[Network],
    ) -> None:
        self._application = application
        self._is_known = is_known
        self._proxies = proxies

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer, or redirect to the same address with HTTPS."""
        if environ.get("HTTP_X_FORWARDED_PROTO") != "http" or not self._must_redirect(environ):
            return self._application(environ, start)
        host = directory.normal(environ.get("HTTP_HOST", ""))
        path = quote(environ["PATH_INFO"], encoding="latin-1")
        query = quote(environ.get("QUERY_STRING", ""), safe=QUERY, encoding="latin-1")
        target = f"{path}?{query}" if query else path
        redirect = ConstantResponse(MOVED, headers=(("Location", f"https://{host}{target}"),))
        start(redirect.status, redirect.all_headers())
        return []

    def _must_redirect(self, environ: WSGIEnvironment) -> bool:
        proxy = client_address.parse(environ.get("REMOTE_ADDR", ""))
        is_trusted = proxy is not None and client_address.is_in(proxy, self._proxies)
        path = environ["PATH_INFO"]
        is_read = environ["REQUEST_METHOD"] in ("GET", "HEAD") and path.startswith("/")
        may_redirect = is_trusted and is_read and path not in PLAIN_PATHS
        return may_redirect and self._is_known(environ.get("HTTP_HOST", ""))
