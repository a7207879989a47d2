"""Post messages to the collector, one JSON request each; the token is read again each time.

A request has one deadline as a whole, and its response is bounded, whatever the collector does.
"""

import asyncio
import json
import ssl
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from allswell.checker.collector_transport import CollectorTransport
from allswell.checker.errors import CollectorUnreachable
from allswell.domain.report import Json
from allswell.probe import fault
from allswell.probe.fault import Fault
from allswell.probe.lean_httpx import httpx

TIMEOUT = timedelta(seconds=10)
HEADERS = {
    "User-Agent": "allswell",
    "Accept-Encoding": "identity",
    "Content-Type": "application/json",
}


@dataclass(frozen=True, slots=True)
class CollectorReply:
    """The collector's answer; `body` is None when it is not JSON."""

    status: int
    body: object = None


class CollectorClient(Protocol):
    """Sends a message to the collector."""

    async def post(self, path: str, message: Json) -> CollectorReply:
        """Post and await the answer. Raises `CollectorUnreachable`."""
        ...


class HttpCollectorClient:
    """The real client: HTTP or HTTPS with the installation's own CA, connections kept open."""

    def __init__(
        self,
        url: str,
        token_file: Path,
        ca_file: Path | None = None,
        timeout: timedelta = TIMEOUT,
    ) -> None:
        context = None
        if urlsplit(url).scheme == "https":
            context = ssl.create_default_context(cafile=ca_file)
        self._url = url.rstrip("/")
        self._token_file = token_file
        self._timeout = timeout.total_seconds()
        self._transport = CollectorTransport(context, timeout)
        self._http = httpx.AsyncClient(
            transport=self._transport, headers=HEADERS, timeout=None, trust_env=False
        )

    async def post(self, path: str, message: Json) -> CollectorReply:
        """Post and await the answer. Raises `CollectorUnreachable`."""
        content = json.dumps(message, separators=(",", ":")).encode()
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._http.post(
                    self._url + path, content=content, headers=self._authorization()
                )
        except TimeoutError as error:
            raise CollectorUnreachable(f"no answer within {self._timeout:g} s") from error
        except (Fault, OSError, *fault.HTTP_ERRORS) as error:
            raise CollectorUnreachable(f"{type(error).__name__}: {error}"[:200]) from error
        return CollectorReply(response.status_code, _decode(response.content))

    def close(self) -> None:
        """Close every connection; pending requests fail."""
        self._transport.close()

    def _authorization(self) -> dict[str, str]:
        # A few hundred bytes from memory (a projected volume): not worth a thread.
        return {"Authorization": f"Bearer {self._token_file.read_text().strip()}"}


def _decode(content: bytes) -> object:
    try:
        return json.loads(content)
    except ValueError:
        return None
