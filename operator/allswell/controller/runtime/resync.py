"""List the whole cluster every ten minutes: that finds whatever a watch has lost.

Nothing is decided by a list that failed or broke off.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from allswell.central.errors import CentralError
from allswell.controller.apply.mutation_guard import MutationGuard
from allswell.controller.cache import lister
from allswell.controller.cache.cache import CHILDREN, RECONCILED, Cache
from allswell.controller.cache.namespaces import Namespaces
from allswell.controller.cache.watch_health import WatchHealth
from allswell.controller.database.monitor_statuses import MonitorStatuses
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.controller.runtime.garbage_collection import GarbageCollector
from allswell.kube.client import Api, Listing
from allswell.kube.kinds import Kind

log = logging.getLogger(__name__)
EVERY = timedelta(minutes=10)
AGAIN = timedelta(seconds=10)
WHILE_CLOSED = timedelta(seconds=30)
# The first resync reconciles everything at once, later ones one after the other in this time.
SPREAD = timedelta(minutes=5)


class Resync:
    """Lists everything and brings the cache in line.

    `succeeded` is when that last worked, None before it first did; then `first_done` is set.
    """

    def __init__(
        self,
        *,
        api: Api,
        cache: Cache,
        watched: Sequence[str],
        statuses: MonitorStatuses,
        garbage: GarbageCollector,
        namespaces: Namespaces,
        guard: MutationGuard,
        watch_health: WatchHealth,
        metrics: OperatorMetrics,
        now: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._cache = cache
        self._watched = watched
        self._statuses = statuses
        self._garbage = garbage
        self._namespaces = namespaces
        self._guard = guard
        self._watch_health = watch_health
        self._metrics = metrics
        self._now = now
        self._closed: frozenset[str] = frozenset()
        self.succeeded: datetime | None = None
        self.first_done = asyncio.Event()

    async def run(self) -> timedelta:
        """Resync once; return when to do so again. Raises `KubeError`.

        1. List every kind, complete.
        2. Correct the cache by the lists.
        3. Read every monitor's status, by which later reconciliations decide whether to write at
           all, and hide the rows whose manifests are gone.
        4. Forget what is remembered of objects that are gone.
        5. Enqueue everything: at once at the start, later spread over time.
        """
        first = not self._cache.synced
        snapshot = await lister.list_cluster(self._api, self._cache, self._watched)
        self._log_closed(snapshot.closed)
        for kind, listing in snapshot.listings.items():
            self._correct(kind, listing, first=first)
        settled = await self._collect_garbage(first=first)
        self._cache.synced = True
        self._forget_gone()
        self.succeeded = self._now()
        self._metrics.resync_timestamp.set(self.succeeded.timestamp())
        self._enqueue_all(first=first)
        self.first_done.set()
        if first or not settled:
            return AGAIN
        return WHILE_CLOSED if snapshot.closed else EVERY

    def _log_closed(self, closed: Mapping[str, str]) -> None:
        for namespace in closed.keys() - self._closed:
            words = "the resync cannot read a namespace, and leaves it out: %s namespace=%s"
            log.warning(words, closed[namespace], namespace)
        for namespace in self._closed - closed.keys():
            words = "the resync can read a namespace again, or it is gone namespace=%s"
            log.warning(words, namespace)
        self._closed = frozenset(closed)

    def _correct(self, kind: Kind, listing: Listing, *, first: bool) -> None:
        """Correct the cache by a list; what that finds, the watch has yet to deliver."""
        changes = self._cache.replace(kind, listing, self._closed)
        if not first:
            missed = self._watch_health.listed(kind, changes, self._now())
            self._metrics.resync_missed.labels(kind.name).inc(missed)
        self._watch_health.retain(kind, self._cache[kind].items())
        self._metrics.objects.labels(kind.name).set(len(self._cache[kind]))

    async def _collect_garbage(self, *, first: bool) -> bool:
        """Read the statuses and hide what is gone; tell whether nothing is in doubt any more."""
        try:
            await self._statuses.reload()
            return await self._garbage.collect(self._closed, quiet=first)
        except CentralError as error:
            log.warning("the resync cannot compare the central database: %s", error)
            return False

    def _forget_gone(self) -> None:
        self._namespaces.retain(self._uids(RECONCILED))
        self._guard.retain(self._uids(CHILDREN))

    def _uids(self, kinds: Collection[Kind]) -> frozenset[str]:
        return frozenset(uid for kind in kinds for uid in self._cache[kind].uids())

    def _enqueue_all(self, *, first: bool) -> None:
        keys = self._cache.reconciled()
        for number, key in enumerate(keys):
            self._cache.enqueue(key, timedelta() if first else SPREAD * number / len(keys))
