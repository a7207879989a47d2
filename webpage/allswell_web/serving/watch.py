"""Watches the pages' versions: one small query every 2 s, for one process."""

import logging
import threading

from allswell_web.cache.facts_sources import FactsReader
from allswell_web.cache.page_cache import PageCache
from allswell_web.responses.meters import PageMetrics

log = logging.getLogger(__name__)
EVERY_S = 2.0


class VersionWatch:
    """Tells the shelf the versions, which compares them with what it holds."""

    def __init__(self, reader: FactsReader, shelf: PageCache, meters: PageMetrics) -> None:
        self._reader = reader
        self._shelf = shelf
        self._meters = meters

    def look(self) -> None:
        """Ask once. A query that fails changes nothing."""
        self._meters.add("allswell_web_version_polls_total")
        try:
            versions = dict(self._reader.versions())
        except Exception as problem:  # noqa: BLE001 - whatever it is, the next look may succeed
            self._meters.add("allswell_web_version_poll_failures_total")
            log.debug("The versions could not be read: %s", problem)
            return
        self._shelf.compare(versions)

    def run(self, stop: threading.Event) -> None:
        """Look every 2 s until `stop`."""
        while not stop.wait(EVERY_S):
            self.look()
