"""The line to the collector: one JSON request at a time, with the token read anew each time."""

import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpcore

from allswell.domain.report import Json

TIMEOUT = 10.0


class LineBroken(Exception):
    """No answer came from the collector."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The collector's answer; `body` is None when it is not JSON."""

    status: int
    body: object = None


class Line(Protocol):
    """Sends a message to the collector."""

    async def post(self, path: str, message: Json) -> Reply:
        """Post and await the answer. Raises `LineBroken`."""
        ...


class HttpLine:
    """The real line: HTTP or HTTPS with the installation's own CA."""

    def __init__(self, url: str, token_file: Path, ca_file: Path | None = None) -> None:
        self._url = url.rstrip("/")
        self._token_file = token_file
        context = ssl.create_default_context(cafile=ca_file) if ca_file else None
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context, max_connections=2, keepalive_expiry=60.0
        )

    async def post(self, path: str, message: Json) -> Reply:
        """Post and await the answer. Raises `LineBroken`."""
        phases = ("connect", "read", "write", "pool")
        try:
            token = self._token_file.read_text().strip()
            response = await self._pool.request(
                "POST",
                self._url + path,
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
                content=json.dumps(message, separators=(",", ":")).encode(),
                extensions={"timeout": dict.fromkeys(phases, TIMEOUT)},
            )
        except (
            httpcore.NetworkError,
            httpcore.TimeoutException,
            httpcore.ProtocolError,
            httpcore.ConnectionNotAvailable,
            OSError,
        ) as error:
            raise LineBroken(f"{type(error).__name__}: {error}"[:200]) from error
        return Reply(response.status, _decoded(response.content))

    async def close(self) -> None:
        """Close what is open."""
        await self._pool.aclose()


def _decoded(content: bytes) -> object:
    try:
        return json.loads(content)
    except ValueError:
        return None
