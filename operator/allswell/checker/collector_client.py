"""The line to the collector: one JSON request at a time, with the token read anew each time.

The standard library's client on a thread: one request in 30 seconds needs no more, and an
asynchronous one costs every checker pod several megabytes.
"""

import asyncio
import contextlib
import json
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from allswell.checker.errors import CollectorUnreachable
from allswell.domain.report import Json

TIMEOUT = 10.0
MOST_BYTES = 4 * 2**20
# The courier, the pulse and the archivist: none waits for another.
AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class CollectorReply:
    """The collector's answer; `body` is None when it is not JSON."""

    status: int
    body: object = None


class CollectorClient(Protocol):
    """Sends a message to the collector."""

    async def post(self, path: str, message: Json) -> CollectorReply:
        """Post and await the answer. Raises `LineBroken`."""
        ...


class HttpCollectorClient:
    """The real line: HTTP or HTTPS with the installation's own CA, connections kept open."""

    def __init__(self, url: str, token_file: Path, ca_file: Path | None = None) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._prefix = parts.path.rstrip("/")
        self._context = None
        if parts.scheme == "https":
            self._context = ssl.create_default_context(cafile=ca_file)
        self._token_file = token_file
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="line")
        self._own = threading.local()
        self._open: set[HTTPConnection] = set()

    async def post(self, path: str, message: Json) -> CollectorReply:
        """Post and await the answer. Raises `LineBroken`."""
        content = json.dumps(message, separators=(",", ":")).encode()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._post, path, content)

    def close(self) -> None:
        """Close what is open; what is waited for is given up."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for connection in tuple(self._open):
            connection.close()

    def _post(self, path: str, content: bytes) -> CollectorReply:
        connection: HTTPConnection | None = getattr(self._own, "connection", None)
        if connection is not None:
            # The collector may have closed what was kept open; only then it is tried once more.
            with contextlib.suppress(CollectorUnreachable):
                return self._exchange(connection, path, content)
        self._own.connection = self._connection()
        self._open.add(self._own.connection)
        return self._exchange(self._own.connection, path, content)

    def _connection(self) -> HTTPConnection:
        if self._context is None:
            return HTTPConnection(self._host, self._port, timeout=TIMEOUT)
        return HTTPSConnection(self._host, self._port, timeout=TIMEOUT, context=self._context)

    def _exchange(self, connection: HTTPConnection, path: str, content: bytes) -> CollectorReply:
        try:
            token = self._token_file.read_text().strip()
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            connection.request("POST", self._prefix + path, content, headers)
            answer = connection.getresponse()
            return CollectorReply(answer.status, _decoded(answer.read(MOST_BYTES)))
        except (HTTPException, OSError, ValueError) as error:
            connection.close()
            self._open.discard(connection)
            self._own.connection = None
            raise CollectorUnreachable(f"{type(error).__name__}: {error}"[:200]) from error


def _decoded(content: bytes) -> object:
    try:
        return json.loads(content)
    except ValueError:
        return None
