"""Sends to TLS who came without it: to single pages' hosts, or wherever an installation says so.

Only its own proxy can know how a visitor came, and an Ingress has no field for it. Hosts that are
not known get what they always get.
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
# What machines of the cluster ask.
PLAIN_PATHS = frozenset({"/healthz", "/metrics"})


class HttpsRedirect:
    """An application behind proxies that say in X-Forwarded-Proto how a visitor came."""

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
        """Answer, or redirect to the same address with TLS."""
        if environ.get("HTTP_X_FORWARDED_PROTO") != "http" or not self._moves(environ):
            return self._application(environ, start)
        host = directory.normal(environ.get("HTTP_HOST", ""))
        path = quote(environ["PATH_INFO"], encoding="latin-1")
        query = quote(environ.get("QUERY_STRING", ""), safe=QUERY, encoding="latin-1")
        target = f"{path}?{query}" if query else path
        to = ConstantResponse(MOVED, headers=(("Location", f"https://{host}{target}"),))
        start(to.status, to.all_headers())
        return []

    def _moves(self, environ: WSGIEnvironment) -> bool:
        proxy = client_address.parsed(environ.get("REMOTE_ADDR", ""))
        is_ours = proxy is not None and client_address.is_in(proxy, self._proxies)
        path = environ["PATH_INFO"]
        asks = environ["REQUEST_METHOD"] in ("GET", "HEAD") and path.startswith("/")
        known = is_ours and asks and path not in PLAIN_PATHS
        return known and self._is_known(environ.get("HTTP_HOST", ""))
