"""Cache every page's facts, read once per 30 s and kept for as long as they are needed."""

import threading
from collections.abc import Mapping
from typing import TypeVar

from allswell.central import page_data
from allswell.domain.timeline import OverlayKind
from allswell_web.cache import facts_sources, snapshot
from allswell_web.cache.facts_sources import FactsSources, PageMaterial
from allswell_web.cache.shared_cache import SnapshotOrigin, SnapshotReader
from allswell_web.cache.single_flight import FRESH_S, MIN_GAP_S, CachedValue, SingleFlight
from allswell_web.cache.snapshot import SnapshotCodec

T = TypeVar("T")


# While versions are watched the list need not be read more often.
PAGES_FRESH_S = 300.0
MATERIAL = snapshot.codec(PageMaterial)
PAGES = snapshot.codec(tuple[page_data.PageRow, ...])


class FactsCache:
    """The facts of each page, and the list of pages."""

    def __init__(self, sources: FactsSources) -> None:
        self._sources = sources
        self._lock = threading.Lock()
        self._flights: dict[int, SingleFlight[PageMaterial]] = {}
        self._versions: Mapping[int, int] = {}
        origin = SnapshotOrigin(
            self._read_pages, self._pages_fresh_for_s, is_usable=self._lists_all
        )
        self._pages = self._flight("directory", origin, PAGES)

    def _flight(
        self, key: str, origin: SnapshotOrigin[T], codec: SnapshotCodec[T]
    ) -> SingleFlight[T]:
        sources = self._sources
        return SingleFlight(
            SnapshotReader(key, origin, codec, sources.shared, sources.clock).read,
            sources.ticks,
            sources.executor,
        )

    def _of_page(self, page: page_data.PageRow) -> SingleFlight[PageMaterial]:
        origin = SnapshotOrigin(
            lambda: facts_sources.read(self._sources, page),
            fresh_for_s,
            version,
            lambda: self._versions.get(page.id, page.version),
        )
        return self._flight(f"page-{page.public_id}", origin, MATERIAL)

    def _pages_fresh_for_s(self, pages: tuple[page_data.PageRow, ...]) -> float:
        """Return how long the list is fresh: long while versions are watched."""
        return PAGES_FRESH_S if self._versions and self._lists_all(pages) else FRESH_S

    def _lists_all(self, pages: tuple[page_data.PageRow, ...]) -> bool:
        """Decide whether a list has every page in the version that was seen last."""
        return not self._versions or {page.id: page.version for page in pages} == self._versions

    def pages(self) -> CachedValue[tuple[page_data.PageRow, ...]]:
        """Return the list of pages. Raises `NothingCached`."""
        return self._pages.get()

    def material(self, page: page_data.PageRow) -> CachedValue[PageMaterial]:
        """Return what a page is made of. Raises `NothingCached`."""
        with self._lock:
            if page.id not in self._flights:
                self._flights[page.id] = self._of_page(page)
            flight = self._flights[page.id]
        return flight.get()

    def expire_outdated(self, versions: Mapping[int, int]) -> None:
        """Expire the pages that are cached in an older version, or that are gone."""
        self._versions = dict(versions)
        listed = {page.id: page.version for page in self._pages.last() or ()}
        is_same_set = listed.keys() == versions.keys()
        if not is_same_set or any(listed[page] < new for page, new in versions.items()):
            self._pages.expire()
        with self._lock:
            gone = self._flights.keys() - versions.keys()
            outdated = {
                page for page, flight in self._flights.items() if _is_old(page, flight, versions)
            }
            for page in gone:
                del self._flights[page]
            for page in outdated - gone:
                self._flights[page].expire()

    def _read_pages(self) -> tuple[page_data.PageRow, ...]:
        self._sources.meters.increment("allswell_web_directory_reads_total")
        return self._sources.reader.pages()


def fresh_for_s(material: PageMaterial) -> float:
    """Return for how many seconds a page is fresh.

    It is short while the page holds a change after `observed_through`, which is not shown yet:
    `observed_through` follows a little later when the collector has just started, or a monitor was
    unseen before.
    """
    facts = material.facts
    if facts is None or facts.observed_through is None:
        return FRESH_S
    observed_through = facts.observed_through
    for component in facts.components:
        overlays = [it for it in component.overlays if it.kind is not OverlayKind.MAINTENANCE]
        changes = [claim.since for claim in component.claims[-1:]]
        changes += [at for it in overlays for at in (it.start, it.end) if at is not None]
        if any(change >= observed_through for change in changes):
            return MIN_GAP_S
    return FRESH_S


def version(material: PageMaterial) -> int:
    """Return the page's version; 0 where there is no page."""
    return 0 if material.facts is None else material.facts.page.version


def _is_old(page: int, flight: SingleFlight[PageMaterial], versions: Mapping[int, int]) -> bool:
    material = flight.last()
    if material is None or material.facts is None:
        return False
    return material.facts.page.version < versions.get(page, 0)
