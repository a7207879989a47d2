"""The complete look at everything, every ten minutes: finds whatever a watch has lost.

It lists every kind, corrects the index, reads every standing, hides what lost its manifest, and has
all objects looked at, spread over time. Nothing is judged by a list that failed or broke off.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from allswell.central.errors import CentralError
from allswell.controller.cache import lister
from allswell.controller.cache.cache import CHILDREN
from allswell.controller.reconcile.means import Means
from allswell.controller.reconcile.reconciler import Reconciler
from allswell.controller.runtime import garbage_collection
from allswell.controller.runtime.garbage_collection import GarbageDecision, Place
from allswell.kube.client import Listing
from allswell.kube.kinds import MONITOR, PAGE, Kind

log = logging.getLogger(__name__)
EVERY = timedelta(minutes=10)
AGAIN = timedelta(seconds=10)
WHILE_CLOSED = timedelta(seconds=30)
# At the first resync all are looked at at once, later one after the other in this time.
SPREAD = timedelta(minutes=5)


class Resync:
    """Looks at everything.

    `succeeded` is when that last worked, None before it first did; then `seen` is set.
    """

    def __init__(
        self,
        means: Means,
        reconciler: Reconciler,
        watched: Sequence[str],
    ) -> None:
        self._means = means
        self._reconciler = reconciler
        self._watched = watched
        self._monitors = self._pages = GarbageDecision()
        self._closed: frozenset[str] = frozenset()
        self.succeeded: datetime | None = None
        self.seen = asyncio.Event()

    async def run(self) -> timedelta:
        """Look at everything once; when to do so again. Raises `KubeError`."""
        first = not self._means.index.synced
        sight = await lister.list_cluster(self._means.api, self._means.index, self._watched)
        self._say_closed(sight.closed)
        for kind, listing in sight.listings.items():
            self._corrected(kind, listing, first=first)
            self._means.meters.objects.labels(kind.name).set(len(self._means.index[kind]))
        # Whose turn it is is decided by standings, so that a restart writes nothing.
        swept = await self._swept(first=first)
        self._means.index.synced = True
        uids = frozenset(kept.uid for kept in self._means.index[MONITOR].items().values())
        pages = frozenset(kept.uid for kept in self._means.index[PAGE].items().values())
        self._means.namespaces.keep_only(uids | pages)
        children = (self._means.index[kind].items() for kind in CHILDREN)
        self._reconciler.keep_only(frozenset(it.uid for kind in children for it in kind.values()))
        self.succeeded = self._means.now()
        self._means.meters.resynced.set(self.succeeded.timestamp())
        keys = self._means.index.every()
        for number, key in enumerate(keys):
            self._means.index.turn(key, timedelta() if first else SPREAD * number / len(keys))
        self.seen.set()
        if first or not swept:
            return AGAIN
        return WHILE_CLOSED if sight.closed else EVERY

    def _say_closed(self, closed: Mapping[str, str]) -> None:
        for namespace in closed.keys() - self._closed:
            log.warning(
                "the namespace %s cannot be read, so it is left out: %s",
                namespace,
                closed[namespace],
            )
        for namespace in self._closed - closed.keys():
            log.warning("the namespace %s can be read again, or is gone", namespace)
        self._closed = frozenset(closed)

    def _corrected(self, kind: Kind, listing: Listing, *, first: bool) -> None:
        """Make the index say what a list says; what that finds, the watch owes us."""
        changes = self._means.index.replace(kind, listing, self._closed)
        if not first:
            missed = self._means.owed.found(kind, changes, self._means.now())
            self._means.meters.missed.labels(kind.name).inc(missed)
        self._means.owed.keep_only(kind, self._means.index[kind].items())

    def _judged(self, rows: Iterable[Place]) -> frozenset[Place]:
        """The rows that the last look would have shown."""
        within = garbage_collection.within(rows, self._watched)
        return frozenset(row for row in within if row[0] not in self._closed)

    async def _swept(self, *, first: bool) -> bool:
        """Read the standings and hide what is gone; whether nothing is in doubt any more."""
        now = self._means.now()
        try:
            self._reconciler.standings = dict(await self._means.central.standings(now))
            rows = await self._means.central.monitors()
            there = self._judged(rows)
            self._monitors = garbage_collection.judge(
                self._monitors, there, self._means.index[MONITOR].items()
            )
            pages = self._judged(await self._means.central.pages())
            self._pages = garbage_collection.judge(
                self._pages, pages, self._means.index[PAGE].items()
            )
            gone = [rows[place] for place in sorted(self._monitors.gone)]
            await self._means.central.hide(gone, sorted(self._pages.gone), now)
        except CentralError as error:
            log.warning("the central database could not be swept: %s", error)
            return False
        for place in self._monitors.gone:
            self._means.registrar.forget(place)
        if gone and not first:
            log.info("%s monitors are gone and hidden", len(gone))
        return not (self._monitors.missing or self._pages.missing)
