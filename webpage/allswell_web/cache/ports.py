"""What the page needs of the world: the facts, and today's latency.

The page reads; it never writes. Whatever a port raises, the page lives on with what it holds.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from allswell.central import page_data
from allswell.domain import latency


class FactsReader(Protocol):
    """The central database, read only."""

    def pages(self) -> tuple[page_data.PageRow, ...]:
        """Every page that is shown."""
        ...

    def facts(self, page_id: int, now: datetime, *, days: int = 92) -> page_data.PageData | None:
        """All that one page shows, or None when there is no such page."""
        ...

    def installation(self) -> str | None:
        """The secret id of the installation; None before there is one."""
        ...

    def versions(self) -> Mapping[int, int]:
        """The version of every page, by page id; one small query."""
        ...


class LatencySource(Protocol):
    """The collector's memory of the last 24 hours."""

    def buckets(self, public_ids: Sequence[str]) -> Mapping[str, tuple[latency.LatencyBucket, ...]]:
        """Five-minute buckets by public id; what is missing leaves its chart out."""
        ...
