"""The complete look at everything, every ten minutes: finds whatever a watch has lost.

It lists every kind, corrects the index, reads every standing, hides what lost its manifest, and has
all objects looked at, spread over time. Nothing is judged by a list that failed or broke off.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from allswell.central.errors import CentralError
from allswell.controller import sweep
from allswell.controller.index import CHILDREN, WATCHED
from allswell.controller.means import Means
from allswell.controller.reconcile import Reconciler
from allswell.controller.sweep import Sweep
from allswell.kube import names
from allswell.kube.client import Listing
from allswell.kube.errors import Missing
from allswell.kube.kinds import DEFINITION, MONITOR, PAGE, Kind

log = logging.getLogger(__name__)
EVERY = timedelta(minutes=10)
AGAIN = timedelta(seconds=10)
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
        self._monitors = self._pages = Sweep()
        self.succeeded: datetime | None = None
        self.seen = asyncio.Event()

    async def run(self) -> timedelta:
        """Look at everything once; when to do so again. Raises `KubeError`."""
        first = not self._means.index.synced
        listings = {kind: await self._listing(kind) for kind in WATCHED}
        for kind, listing in listings.items():
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
        return AGAIN if first or not swept else EVERY

    def _corrected(self, kind: Kind, listing: Listing, *, first: bool) -> None:
        """Make the index say what a list says; what that finds, the watch owes us."""
        changes = self._means.index.replace(kind, listing)
        if not first:
            missed = self._means.owed.found(kind, changes, self._means.now())
            self._means.meters.missed.labels(kind.name).inc(missed)
        self._means.owed.keep_only(kind, self._means.index[kind].items())

    async def _listing(self, kind: Kind) -> Listing:
        selector = names.SELECTOR if kind in CHILDREN else ""
        try:
            return await self._means.api.every(kind, self._watched, selector)
        except Missing:
            definition = f"{kind.plural}.{kind.group}"
            if (
                kind in CHILDREN
                or await self._means.api.get(DEFINITION, "", definition) is not None
            ):
                raise
            # Nobody has a Monitor where the kind is not installed: all that we know of are gone.
            return Listing((), self._means.index[kind].newest)

    async def _swept(self, *, first: bool) -> bool:
        """Read the standings and hide what is gone; whether nothing is in doubt any more."""
        now = self._means.now()
        try:
            self._reconciler.standings = dict(await self._means.central.standings(now))
            rows = await self._means.central.monitors()
            there = sweep.within(rows, self._watched)
            self._monitors = sweep.judge(self._monitors, there, self._means.index[MONITOR].items())
            pages = sweep.within(await self._means.central.pages(), self._watched)
            self._pages = sweep.judge(self._pages, pages, self._means.index[PAGE].items())
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
