"""Read what one page is made of from its sources: the database, and the collector's latency.

Sources are only read. Whatever one raises, the page is served from what was read before.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from allswell.central import page_data
from allswell.domain.latency import LatencyBucket
from allswell_web.cache.shared_cache import NoSharedCache, SharedCache
from allswell_web.responses.meters import PageMetrics


class FactsReader(Protocol):
    """The central database, read only."""

    def pages(self) -> tuple[page_data.PageRow, ...]:
        """Return every page that is shown."""
        ...

    def facts(self, page_id: int, now: datetime, *, days: int = 92) -> page_data.PageData | None:
        """Return all that one page shows, or None when there is no such page."""
        ...

    def installation(self) -> str | None:
        """Return the secret id of the installation; None before there is one."""
        ...

    def versions(self) -> Mapping[int, int]:
        """Return the version of every page by page id, with one small query."""
        ...


class LatencySource(Protocol):
    """The collector's memory of the last 24 hours."""

    def buckets(self, public_ids: Sequence[str]) -> Mapping[str, tuple[LatencyBucket, ...]]:
        """Return five-minute buckets by public id; a missing id leaves its chart out."""
        ...


@dataclass(frozen=True, slots=True)
class FactsSources:
    """Where facts come from; `clock` is aware UTC, `ticks` are seconds that only grow."""

    reader: FactsReader
    latency: LatencySource | None
    clock: Callable[[], datetime]
    ticks: Callable[[], float]
    executor: Executor
    meters: PageMetrics
    shared: SharedCache = field(default_factory=NoSharedCache)


@dataclass(frozen=True, slots=True)
class PageMaterial:
    """What one page is made of; `facts` is None when the page no longer exists."""

    facts: page_data.PageData | None
    buckets: Mapping[str, tuple[LatencyBucket, ...]]


def read(sources: FactsSources, page: page_data.PageRow) -> PageMaterial:
    """Read one page's material. Raises what the reader raises."""
    meters = sources.meters
    meters.increment("allswell_web_facts_reads_total")
    try:
        facts = sources.reader.facts(page.id, sources.clock())
    except Exception:
        meters.increment("allswell_web_facts_read_failures_total")
        raise
    return PageMaterial(facts, {} if facts is None else _buckets(sources, facts))


def _buckets(
    sources: FactsSources, facts: page_data.PageData
) -> Mapping[str, tuple[LatencyBucket, ...]]:
    """Return today's latency; without it only the charts are missing."""
    if sources.latency is None or not facts.components:
        return {}
    try:
        return sources.latency.buckets([component.public_id for component in facts.components])
    except Exception:  # noqa: BLE001 - whatever it is, the page is shown without charts
        sources.meters.increment("allswell_web_latency_failures_total")
        return {}
