"""Put a day file where a permit says, with the standard library's client, on a thread.

The bytes are made while they are sent: none of them are kept in memory or on the volume.
"""

import contextlib
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from socket import SHUT_RDWR
from typing import Protocol
from urllib.parse import urlsplit

from allswell.checker.errors import UploadFailed
from allswell.domain.archive_upload import UploadPermit

TIMEOUT = 15.0
MAX_RESPONSE_BYTES = 4_096
Write = Callable[["UploadSink"], object]


class UploadSink(Protocol):
    """Where a day file's bytes go."""

    def write(self, chunk: bytes, /) -> int:
        """Take some bytes; return how many."""
        ...


class UploadTarget(Protocol):
    """Takes permitted uploads; called on a thread."""

    def put(self, permit: UploadPermit, write: Write) -> bool:
        """Put a day file; False when there is one already. Raises `UploadFailed`."""
        ...


@dataclass(slots=True)
class _RequestBody:
    """The body of a request that is being sent."""

    connection: HTTPConnection

    def write(self, chunk: bytes) -> int:
        """Send some bytes."""
        self.connection.send(chunk)
        return len(chunk)


@dataclass(slots=True)
class HttpUploadTarget:
    """The real one. A connection and its TLS context live for one file: there is one a day."""

    ca_file: Path | None = None
    timeout: float = TIMEOUT
    _closed: bool = False
    _current: HTTPConnection | None = None

    def close(self) -> None:
        """Abort the upload that is under way, so that its thread can end."""
        self._closed = True
        socket = self._current.sock if self._current is not None else None
        if socket is not None:
            with contextlib.suppress(OSError):
                socket.shutdown(SHUT_RDWR)

    def put(self, permit: UploadPermit, write: Write) -> bool:
        """Put a day file; False when there is one already. Raises `UploadFailed`."""
        with self._connect(permit.url) as (connection, path_and_query):
            connection.putrequest("PUT", path_and_query, skip_accept_encoding=True)
            for name, value in permit.headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            # A server that refuses may do so before it has read everything.
            with contextlib.suppress(ConnectionError):
                write(_RequestBody(connection))
            return _is_new(*_response(connection))

    @contextlib.contextmanager
    def _connect(self, url: str) -> Iterator[tuple[HTTPConnection, str]]:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=self.ca_file)
            connection: HTTPConnection = HTTPSConnection(
                host, port, timeout=self.timeout, context=context
            )
        else:
            connection = HTTPConnection(host, port, timeout=self.timeout)
        try:
            if self._closed:
                raise UploadFailed("the checker is stopping")
            self._current = connection
            yield connection, f"{parts.path}?{parts.query}"
        except (HTTPException, OSError, ValueError) as error:
            raise UploadFailed(f"{host} cannot be reached: {type(error).__name__}") from error
        finally:
            self._current = None
            connection.close()


def _response(connection: HTTPConnection) -> tuple[int, bytes]:
    response = connection.getresponse()
    return response.status, response.read(MAX_RESPONSE_BYTES)


def _is_new(status: int, body: bytes) -> bool:
    """Tell whether the object is new. Raises `UploadFailed` with the object store's error code."""
    if 200 <= status < 300:  # noqa: PLR2004 - the 2xx class
        return True
    if status == 412:  # noqa: PLR2004 - Precondition Failed
        return False
    code = body.partition(b"<Code>")[2].partition(b"</Code>")[0].decode(errors="replace")
    detail = f" ({code[:60]})" if code.isascii() and code else ""
    raise UploadFailed(f"the object store answers {status}{detail}")
