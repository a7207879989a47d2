"""Ask the collector for today's latency. It may fail: then the charts are left out.

Threads that block make a page, and ask once in 30 seconds. Each request has a loop of its own,
because only there the whole of it can have one deadline.
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
# After a failure the collector is left in peace, so that a page's refresh does not wait each time.
PAUSE_S = 30.0
MOST_BYTES = 16 * 1024 * 1024
OK = 200
# httpx would unpack all that a few packed bytes hold.
UNPACKED = {"Accept-Encoding": "identity", "Accept": "application/json", "User-Agent": "allswell"}


@dataclass(frozen=True, slots=True)
class CollectorAddress:
    """Where the collector is, and what proves who asks. The token is read anew each time."""

    url: str
    token_file: Path
    ca_file: Path | None = None


class LatencyClient:
    """Asks for latency buckets; `ticks` are seconds that only grow."""

    def __init__(
        self, address: CollectorAddress, ticks: Callable[[], float], timeout_s: float = TIMEOUT_S
    ) -> None:
        self._address = address
        self._ticks = ticks
        self._timeout_s = timeout_s
        self._not_before = float("-inf")

    def buckets(self, public_ids: Sequence[str]) -> Mapping[str, tuple[LatencyBucket, ...]]:
        """Give five-minute buckets by public id. Raises `LatencyUnavailable`."""
        if self._ticks() < self._not_before:
            raise LatencyUnavailable("the collector failed a moment ago")
        try:
            return read(asyncio.run(self._ask(public_ids, self._token())))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as problem:
            self._not_before = self._ticks() + PAUSE_S
            raise LatencyUnavailable("the collector brought no latency") from problem

    def _token(self) -> str:
        return self._address.token_file.read_text(encoding="utf-8").strip()

    async def _ask(self, public_ids: Sequence[str], token: str) -> bytes:
        params = {"monitor": list(public_ids)}
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self._address.url.rstrip('/')}/v1/latency"
        async with (
            asyncio.timeout(self._timeout_s),
            self._client() as client,
            client.stream("GET", url, params=params, headers=headers) as answer,
        ):
            if answer.status_code != OK:
                raise ValueError(f"the collector answered {answer.status_code}")
            return await bounded(answer, MOST_BYTES)

    def _client(self) -> httpx.AsyncClient:
        """Make a client that trusts the installation's own CA, and knows of no proxy."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self._address.url.lower().startswith("https:"):
            context = ssl.create_default_context(cafile=self._address.ca_file)
        return httpx.AsyncClient(
            verify=context,
            trust_env=False,
            headers=UNPACKED,
            timeout=None,  # noqa: S113 - one deadline covers the whole request
        )


async def bounded(answer: httpx.Response, most: int) -> bytes:
    """Read a body. Raises ValueError for one of over `most` bytes, and for one that is packed."""
    if "content-encoding" in answer.headers:
        raise ValueError("the answer is packed, which was not asked for")
    body = bytearray()
    async for piece in answer.aiter_raw():
        body += piece
        if len(body) > most:
            raise ValueError(f"the answer is over {most} bytes")
    return bytes(body)


def read(answer: bytes) -> dict[str, tuple[LatencyBucket, ...]]:
    """Read the collector's answer. Raises ValueError for another shape."""
    try:
        monitors = json.loads(answer)["monitors"]
        starts: dict[int, datetime] = {}
        return {str(name): tuple(_buckets(rows, starts)) for name, rows in monitors.items()}
    except (TypeError, KeyError, AttributeError, OverflowError, ValueError) as problem:
        raise ValueError("this is not buckets of four whole numbers by monitor") from problem


def _buckets(rows: Sequence[Sequence[int]], starts: dict[int, datetime]) -> Iterator[LatencyBucket]:
    """The buckets of one monitor. `starts` holds the moments met so far: all monitors share them.

    A page of a hundred has thirty thousand, so nothing here is done for each that can be for all.
    """
    if not rows:
        return iter(())
    columns = list(zip(*rows, strict=True))
    if any(type(sum(column)) is not int for column in columns):
        raise TypeError("not all of it is whole numbers")
    begun, counts, averages, p95s = columns
    starts.update({ms: instant.from_ms(ms) for ms in set(begun) - starts.keys()})
    return map(LatencyBucket, map(starts.__getitem__, begun), counts, averages, p95s)
