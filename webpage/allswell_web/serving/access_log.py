"""Write the access log: a line of JSON for each request, without data that identifies a visitor.

It holds no cookie, password, query or referrer, and of an address only the network: /24 of IPv4,
/48 of IPv6. Where it is off, requests do not pass through it at all.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TextIO
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from allswell.domain import instant
from allswell_web.serving import client_address
from allswell_web.serving.client_address import Network

MAX_LENGTH = 512


class AccessLog:
    """A wrapper of an application that writes each request to a stream."""

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
        """Answer a request, and write its line."""
        started, statuses = self._ticks(), ["-"]

        def record_status(
            status: str, headers: list[tuple[str, str]], /
        ) -> Callable[[bytes], object]:
            statuses.append(status[:3])
            return start(status, headers)

        # Nobody passes exc_info.
        body = self._application(environ, record_status)  # type: ignore[arg-type]
        parts = body if isinstance(body, list) else list(body)
        self._write(environ, statuses[-1], sum(map(len, parts)), self._ticks() - started)
        return parts

    def _write(self, environ: WSGIEnvironment, status: str, size: int, seconds: float) -> None:
        line = {
            "time": instant.text(self._clock()),
            "client": client_address.short(client_address.address(environ, self._proxies)),
            "host": environ.get("HTTP_HOST", "")[:MAX_LENGTH],
            "method": environ["REQUEST_METHOD"][:MAX_LENGTH],
            "path": environ["PATH_INFO"][:MAX_LENGTH],
            "status": status,
            "bytes": size,
            "ms": round(seconds * 1000, 3),
        }
        try:
            self._stream.write(json.dumps(line) + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            # A log that cannot be written is no reason to fail a request.
            return
