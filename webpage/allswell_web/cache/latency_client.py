"""Ask the collector for today's latency. If it fails, the charts are left out.

Pages are rendered in threads that may block, and this is called once in 30 seconds. Each request
has an event loop of its own, because only there all of it can have one deadline.
"""

import asyncio
import json
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx

from allswell.domain import instant
from allswell.domain.latency import LatencyBucket
from allswell_web.errors import LatencyUnavailable

TIMEOUT_S = 2.0
# After a failure the collector is not asked for this long, so that not each refresh waits.
PAUSE_S = 30.0
MAX_BYTES = 16 * 1024 * 1024
OK = 200
# httpx would decompress a small body to any size.
REQUEST_HEADERS = {
    "Accept-Encoding": "identity",
    "Accept": "application/json",
    "User-Agent": "allswell",
}


@dataclass(frozen=True, slots=True)
class CollectorAddress:
    """The collector's address and our credentials. The token is read again for each request."""

    url: str
    token_file: Path
    ca_file: Path | None = None


class LatencyClient:
    """A client for latency buckets; `ticks` are seconds that only grow."""

    def __init__(
        self, address: CollectorAddress, ticks: Callable[[], float], timeout_s: float = TIMEOUT_S
    ) -> None:
        self._address = address
        self._ticks = ticks
        self._timeout_s = timeout_s
        self._not_before = float("-inf")

    def buckets(self, public_ids: Sequence[str]) -> Mapping[str, tuple[LatencyBucket, ...]]:
        """Return five-minute buckets by public id. Raises `LatencyUnavailable`."""
        if self._ticks() < self._not_before:
            raise LatencyUnavailable("the collector failed a moment ago")
        try:
            return read(asyncio.run(self._ask(public_ids, self._token())))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as problem:
            self._not_before = self._ticks() + PAUSE_S
            raise LatencyUnavailable("the collector returned no latency") from problem

    def _token(self) -> str:
        return self._address.token_file.read_text(encoding="utf-8").strip()

    async def _ask(self, public_ids: Sequence[str], token: str) -> bytes:
        params = {"monitor": list(public_ids)}
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self._address.url.rstrip('/')}/v1/latency"
        async with (
            asyncio.timeout(self._timeout_s),
            self._client() as client,
            client.stream("GET", url, params=params, headers=headers) as response,
        ):
            if response.status_code != OK:
                raise ValueError(f"the collector returned status {response.status_code}")
            return await read_body(response, MAX_BYTES)

    def _client(self) -> httpx.AsyncClient:
        """Make a client that trusts the installation's own CA, and knows of no proxy."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self._address.url.lower().startswith("https:"):
            context = ssl.create_default_context(cafile=self._address.ca_file)
        return httpx.AsyncClient(
            verify=context,
            trust_env=False,
            headers=REQUEST_HEADERS,
            timeout=None,  # noqa: S113 - one deadline covers the whole request
        )


async def read_body(response: httpx.Response, limit: int) -> bytes:
    """Read a body. Raises ValueError for one over `limit` bytes, or with a content coding."""
    if "content-encoding" in response.headers:
        raise ValueError("the response has a content coding, which was not requested")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > limit:
            raise ValueError(f"the response is over {limit} bytes")
    return bytes(body)


def read(body: bytes) -> dict[str, tuple[LatencyBucket, ...]]:
    """Read the collector's answer. Raises ValueError for another shape."""
    try:
        monitors = json.loads(body)["monitors"]
        starts: dict[int, datetime] = {}
        return {str(name): tuple(_buckets(rows, starts)) for name, rows in monitors.items()}
    except (TypeError, KeyError, AttributeError, OverflowError, ValueError) as problem:
        raise ValueError(
            "the response is not buckets of four whole numbers by monitor"
        ) from problem


def _buckets(rows: Sequence[Sequence[int]], starts: dict[int, datetime]) -> Iterator[LatencyBucket]:
    """Yield the buckets of one monitor. `starts` caches the times, which all monitors share.

    A page of a hundred monitors has thirty thousand, so nothing is done for each that can be done
    for all at once.
    """
    if not rows:
        return iter(())
    columns = list(zip(*rows, strict=True))
    if any(type(sum(column)) is not int for column in columns):
        raise TypeError("not all values are whole numbers")
    start_ms, counts, averages, p95s = columns
    starts.update({ms: instant.from_ms(ms) for ms in set(start_ms) - starts.keys()})
    return map(LatencyBucket, map(starts.__getitem__, start_ms), counts, averages, p95s)
