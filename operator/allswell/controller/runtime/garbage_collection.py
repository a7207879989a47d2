"""Hide the rows of the central database that have lost their manifests.

A row is hidden when two complete lists in a row have not shown its manifest. A list that failed
counts for nothing, and what a later list shows again is forgotten.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from allswell.controller.cache.cache import Cache
from allswell.controller.database.client import DatabaseClient
from allswell.controller.database.registration import MonitorRegistration
from allswell.kube.kinds import MONITOR, PAGE
from allswell.kube.views.object_meta import NamespacedName

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GarbageDecision:
    """The rows to hide now, and those that are missing for the first time."""

    gone: frozenset[NamespacedName] = frozenset()
    missing: frozenset[NamespacedName] = frozenset()


def judge(
    before: GarbageDecision, rows: Iterable[NamespacedName], listed: Iterable[NamespacedName]
) -> GarbageDecision:
    """Compare one complete list with the rows that are living."""
    absent = frozenset(rows) - frozenset(listed)
    return GarbageDecision(gone=absent & before.missing, missing=absent - before.missing)


def within(rows: Iterable[NamespacedName], namespaces: Iterable[str]) -> frozenset[NamespacedName]:
    """Return the rows that a list of these namespaces could show; all when none are named."""
    watched = frozenset(namespaces)
    return frozenset(row for row in rows if not watched or row[0] in watched)


class GarbageCollector:
    """Compares the rows of monitors and pages with what the cache holds after a complete list."""

    def __init__(
        self,
        cache: Cache,
        database: DatabaseClient,
        registration: MonitorRegistration,
        watched: Sequence[str],
        now: Callable[[], datetime],
    ) -> None:
        self._cache = cache
        self._database = database
        self._registration = registration
        self._watched = watched
        self._now = now
        self._monitors = self._pages = GarbageDecision()

    async def collect(self, closed: Collection[str], *, quiet: bool) -> bool:
        """Hide what is gone; tell whether nothing is in doubt any more.

        Of the namespaces `closed` nothing is known. Raises `CentralError`.
        """
        rows = await self._database.monitors()
        monitors = self._listable(rows, closed)
        self._monitors = judge(self._monitors, monitors, self._cache[MONITOR].items())
        pages = self._listable(await self._database.pages(), closed)
        self._pages = judge(self._pages, pages, self._cache[PAGE].items())
        gone = sorted(self._monitors.gone)
        await self._database.hide(
            [rows[name] for name in gone], sorted(self._pages.gone), self._now()
        )
        for name in gone:
            self._registration.forget(name)
            if not quiet:
                log.info("a Monitor is gone, and hidden namespace=%s name=%s", *name)
        return not (self._monitors.missing or self._pages.missing)

    def _listable(
        self, rows: Iterable[NamespacedName], closed: Collection[str]
    ) -> frozenset[NamespacedName]:
        """Return the rows that the last list would have shown."""
        return frozenset(row for row in within(rows, self._watched) if row[0] not in closed)
