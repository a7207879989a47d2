"""The desk: every page's facts, fetched once per 30 s and kept for as long as they are needed."""

import threading
from collections.abc import Mapping
from typing import TypeVar

from allswell.central import page_data
from allswell.domain.timeline import OverlayKind
from allswell_web.cache import facts_sources, snapshot
from allswell_web.cache.facts_sources import FactsSources, PageMaterial
from allswell_web.cache.shared_cache import SnapshotOrigin, SnapshotReader
from allswell_web.cache.single_flight import FRESH_S, LEAST_GAP_S, HeldValue, SingleFlight
from allswell_web.cache.snapshot import SnapshotCodec

T = TypeVar("T")


# Whose versions are watched need not be read more often.
LISTING_S = 300.0
MATERIAL = snapshot.codec(PageMaterial)
PAGES = snapshot.codec(tuple[page_data.PageRow, ...])


class FactsCache:
    """Facts by page, and the list of pages."""

    def __init__(self, sources: FactsSources) -> None:
        self._sources = sources
        self._lock = threading.Lock()
        self._pages: dict[int, SingleFlight[PageMaterial]] = {}
        self._versions: Mapping[int, int] = {}
        listing = SnapshotOrigin(self._read_directory, self._listing_lasts, serves=self._lists_all)
        self._directory = self._flight("directory", listing, PAGES)

    def _flight(
        self, key: str, origin: SnapshotOrigin[T], codec: SnapshotCodec[T]
    ) -> SingleFlight[T]:
        it = self._sources
        return SingleFlight(
            SnapshotReader(key, origin, codec, it.shared, it.clock).read, it.ticks, it.executor
        )

    def _of_page(self, page: page_data.PageRow) -> SingleFlight[PageMaterial]:
        origin = SnapshotOrigin(
            lambda: facts_sources.read(self._sources, page),
            lasts,
            version,
            lambda: self._versions.get(page.id, page.version),
        )
        return self._flight(f"page-{page.public_id}", origin, MATERIAL)

    def _listing_lasts(self, pages: tuple[page_data.PageRow, ...]) -> float:
        """Long while the versions are watched: whatever changes a list changes one of them."""
        return LISTING_S if self._versions and self._lists_all(pages) else FRESH_S

    def _lists_all(self, pages: tuple[page_data.PageRow, ...]) -> bool:
        """Whether a list has every page in the version that was seen last."""
        return not self._versions or {page.id: page.version for page in pages} == self._versions

    def directory(self) -> HeldValue[tuple[page_data.PageRow, ...]]:
        """Every page that there is. Raises `flight.Unavailable`."""
        return self._directory.get()

    def material(self, page: page_data.PageRow) -> HeldValue[PageMaterial]:
        """What a page is made of. Raises `flight.Unavailable`."""
        with self._lock:
            if page.id not in self._pages:
                self._pages[page.id] = self._of_page(page)
            flight = self._pages[page.id]
        return flight.get()

    def compare(self, versions: Mapping[int, int]) -> None:
        """Pages of which an older version is held here, or that are gone, are to be read anew."""
        self._versions = dict(versions)
        listed = {page.id: page.version for page in self._directory.last() or ()}
        same = listed.keys() == versions.keys()
        if not same or any(listed[page] < new for page, new in versions.items()):
            self._directory.end()
        with self._lock:
            gone = self._pages.keys() - versions.keys()
            old = {page for page, held in self._pages.items() if _is_old(page, held, versions)}
            for page in gone:
                del self._pages[page]
            for page in old - gone:
                self._pages[page].end()

    def _read_directory(self) -> tuple[page_data.PageRow, ...]:
        self._sources.meters.add("allswell_web_directory_reads_total")
        return self._sources.reader.pages()


def lasts(material: PageMaterial) -> float:
    """Seconds until a page is read anew: soon, while it holds a change that it may not show yet.

    Nothing is stated of what lies beyond `observed_through`, which follows a little later when the
    collector has just started, or a monitor was seen again.
    """
    found = material.facts
    if found is None or found.observed_through is None:
        return FRESH_S
    through = found.observed_through
    for component in found.components:
        noted = [it for it in component.overlays if it.kind is not OverlayKind.MAINTENANCE]
        changes = [claim.since for claim in component.claims[-1:]]
        changes += [at for it in noted for at in (it.start, it.end) if at is not None]
        if any(change >= through for change in changes):
            return LEAST_GAP_S
    return FRESH_S


def version(material: PageMaterial) -> int:
    """The page's version; 0 where there is no page."""
    return 0 if material.facts is None else material.facts.page.version


def _is_old(page: int, flight: SingleFlight[PageMaterial], versions: Mapping[int, int]) -> bool:
    held = flight.last()
    if held is None or held.facts is None:
        return False
    return held.facts.page.version < versions.get(page, 0)
