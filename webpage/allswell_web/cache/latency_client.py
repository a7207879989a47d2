"""Today's latency from the collector, over HTTP. It may fail: then the charts are left out."""

import json
import ssl
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path

from allswell.domain import instant
from allswell.domain.latency import LatencyBucket
from allswell_web.errors import LatencyUnavailable

TIMEOUT_S = 2.0
# After a failure the collector is left in peace, so that a page's refresh does not wait each time.
PAUSE_S = 30.0
MOST_BYTES = 16 * 1024 * 1024
OK = 200


@dataclass(frozen=True, slots=True)
class CollectorAddress:
    """Where the collector is, and what proves who asks. The token is read anew each time."""

    url: str
    token_file: Path
    ca_file: Path | None = None


class LatencyClient:
    """Asks for latency buckets; `ticks` are seconds that only grow."""

    def __init__(self, address: CollectorAddress, ticks: Callable[[], float]) -> None:
        self._address = address
        self._ticks = ticks
        self._not_before = float("-inf")

    def buckets(self, public_ids: Sequence[str]) -> Mapping[str, tuple[LatencyBucket, ...]]:
        """Five-minute buckets by public id. Raises `Failed`."""
        if self._ticks() < self._not_before:
            raise LatencyUnavailable("the collector failed a moment ago")
        try:
            return read(self._get(public_ids))
        except (OSError, HTTPException, ValueError) as problem:
            self._not_before = self._ticks() + PAUSE_S
            raise LatencyUnavailable("the collector brought no latency") from problem

    def _get(self, public_ids: Sequence[str]) -> bytes:
        token = self._address.token_file.read_text(encoding="utf-8").strip()
        query = urllib.parse.urlencode([("monitor", name) for name in public_ids])
        url = urllib.parse.urlsplit(self._address.url)
        connection = self._connection(url)
        try:
            connection.request(
                "GET",
                f"{url.path.rstrip('/')}/v1/latency?{query}",
                headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            )
            response = connection.getresponse()
            if response.status != OK:
                raise ValueError(f"the collector answered {response.status}")
            return response.read(MOST_BYTES)
        finally:
            connection.close()

    def _connection(self, url: urllib.parse.SplitResult) -> HTTPConnection:
        host = url.hostname or ""
        if url.scheme != "https":
            return HTTPConnection(host, url.port, timeout=TIMEOUT_S)
        context = ssl.create_default_context(cafile=self._address.ca_file)
        return HTTPSConnection(host, url.port, timeout=TIMEOUT_S, context=context)


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
