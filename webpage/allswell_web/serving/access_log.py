"""The access log: a line of JSON for each request, without what tells who a visitor is.

No cookie, no password, no query and no referrer is in it, and of an address only the network: /24
of IPv4, /48 of IPv6. Where it is off it is not on a request's way at all.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TextIO
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from allswell.domain import instant
from allswell_web.serving import client_address
from allswell_web.serving.client_address import Network

LONGEST = 512


class AccessLog:
    """An application whose requests are written to a stream."""

    def __init__(
        self,
        application: WSGIApplication,
        stream: TextIO,
        clock: Callable[[], datetime],
        ticks: Callable[[], float],
        proxies: Sequence[Network] = (),
    ) -> None:
        self._application = application
        self._stream = stream
        self._clock = clock
        self._ticks = ticks
        self._proxies = proxies

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer, and write the line."""
        began, statuses = self._ticks(), ["-"]

        def noting(status: str, headers: list[tuple[str, str]], /) -> Callable[[bytes], object]:
            statuses.append(status[:3])
            return start(status, headers)

        body = self._application(environ, noting)  # type: ignore[arg-type] # nobody passes exc_info
        parts = body if isinstance(body, list) else list(body)
        self._write(environ, statuses[-1], sum(map(len, parts)), self._ticks() - began)
        return parts

    def _write(self, environ: WSGIEnvironment, status: str, size: int, seconds: float) -> None:
        line = {
            "time": instant.text(self._clock()),
            "client": client_address.short(client_address.address(environ, self._proxies)),
            "host": environ.get("HTTP_HOST", "")[:LONGEST],
            "method": environ["REQUEST_METHOD"][:LONGEST],
            "path": environ["PATH_INFO"][:LONGEST],
            "status": status,
            "bytes": size,
            "ms": round(seconds * 1000, 3),
        }
        try:
            self._stream.write(json.dumps(line) + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            # A log that nobody takes any more is no reason to fail a visitor.
            return
