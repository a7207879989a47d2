"""Watch the pages' versions: one small query every 2 s per process."""

import logging
import threading

from allswell_web.cache.facts_sources import FactsReader
from allswell_web.cache.page_cache import PageCache
from allswell_web.responses.meters import PageMetrics

log = logging.getLogger(__name__)
EVERY_S = 2.0


class VersionWatch:
    """A poller of versions, by which the page cache expires what is outdated."""

    def __init__(self, reader: FactsReader, pages: PageCache, meters: PageMetrics) -> None:
        self._reader = reader
        self._pages = pages
        self._meters = meters

    def poll(self) -> None:
        """Query once. A query that fails changes nothing."""
        self._meters.increment("allswell_web_version_polls_total")
        try:
            versions = dict(self._reader.versions())
        except Exception as problem:  # noqa: BLE001 - whatever it is, the next poll may succeed
            self._meters.increment("allswell_web_version_poll_failures_total")
            log.debug("version watch: cannot read the versions: %s", problem)
            return
        self._pages.expire_outdated(versions)

    def run(self, stop: threading.Event) -> None:
        """Poll every 2 s until `stop`."""
        while not stop.wait(EVERY_S):
            self.poll()
