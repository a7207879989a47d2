"""The operator put together: index, queue, reconciler, resync, and the centre that it feeds."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from functools import partial

from allswell.central.engine import Engine
from allswell.central.hostname_claims import HostnameClaims
from allswell.central.writer import CentralWriter
from allswell.collector.archive.backlog import ArchiveBacklog
from allswell.collector.state import CollectorState
from allswell.controller.apply.applier import Applier
from allswell.controller.cache.cache import Cache, ObjectKey
from allswell.controller.cache.namespaces import Namespaces
from allswell.controller.cache.watch_health import WatchHealth
from allswell.controller.config.settings import OperatorSettings
from allswell.controller.database.client import DatabaseClient, RunInWriter
from allswell.controller.database.registration import MonitorRegistration, Place
from allswell.controller.hostnames.claims_client import ClaimsClient
from allswell.controller.hostnames.service import HostnameService
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.controller.reconcile.means import Means
from allswell.controller.reconcile.monitor import archive_conditions
from allswell.controller.reconcile.reconciler import Reconciler
from allswell.controller.runtime import workers
from allswell.controller.runtime.resync import Resync
from allswell.controller.runtime.workqueue import Workqueue
from allswell.controller.workload.rollout_limiter import RolloutLimiter
from allswell.dns import lookup
from allswell.kube import manifest
from allswell.kube.client import Api
from allswell.kube.conditions import Condition
from allswell.kube.kinds import MONITOR, PAGE, Kind
from allswell.kube.manifest import Json

AT_ONCE = timedelta()


class Operator:
    """All parts of the operator that live in its own loop; they run once it has met the centre."""

    def __init__(
        self,
        settings: OperatorSettings,
        api: Api,
        engine: Engine,
        meters: OperatorMetrics,
        now: Callable[[], datetime],
    ) -> None:
        self.settings = settings
        self.engine = engine
        self._api = api
        self._meters = meters
        self._now = now
        self._loop = asyncio.get_running_loop()
        self._queue: Workqueue[ObjectKey] = Workqueue(time.monotonic)
        self._hurry = asyncio.Event()
        self.index = Cache(turn=self._queue.add)
        self.owed = WatchHealth()
        self.writer = CentralWriter(engine, settings.shape.grace, on_change=self._told)
        self.centre = CollectorState(self.writer, archive_backlog=ArchiveBacklog())
        self.looking: Resync
        self._tidings: workers.LedgerChanges

    def meet(self, doing: RunInWriter, pages_key: bytes = b"") -> None:
        """Put the rest together, now that there is a thread that writes the central database."""
        self._hosting = self._hosted(doing, pages_key)
        central = DatabaseClient(self.engine, self.writer, self.centre, doing)
        means = Means(
            api=self._api,
            index=self.index,
            central=central,
            registrar=MonitorRegistration(central.register, self._now),
            namespaces=Namespaces(self._api, time.monotonic),
            meters=self._meters,
            owed=self.owed,
            now=self._now,
        )
        told = self.settings
        self._turnstile = RolloutLimiter(self.index, told.batch, self._meters, self._now)
        self._reconciler = Reconciler(
            means,
            Applier(means),
            self._turnstile,
            shape=told.shape,
            page_url=told.page_url,
            archived=self._archived,
            hosting=self._hosting,
        )
        self.looking = Resync(means, self._reconciler, told.watched)
        self._tidings = workers.LedgerChanges(
            central, self._reconciler, self._wake, self.index.pages, self._now
        )

    def _hosted(self, doing: RunInWriter, key: bytes) -> HostnameService | None:
        """What looks after customers' host names, where a domain is dedicated to pages."""
        policy = self.settings.hosting
        if policy is None:
            return None
        return HostnameService(
            policy,
            key,
            ClaimsClient(HostnameClaims(self.engine, policy.rest), policy.budget, doing),
            partial(lookup.look, resolvers=policy.resolvers),
            self._api,
            meters=self._meters,
            wake=self._wake,
            now=self._now,
        )

    def parts(self) -> list[Coroutine[None, None, None]]:
        """The loops, each of which runs for ever."""
        return [
            workers.resync(self.looking, self._meters, self._hurry),
            self._tidings.run(),
            self._let_through(),
            *(self._begun(loop) for loop in (self._hosting.loops() if self._hosting else ())),
            *(self._work() for _ in range(self.settings.workers)),
        ]

    def see(self, kind: Kind, seen: Json, deleted: bool) -> None:  # noqa: FBT001 - kopf's word
        """Take in what a watch says; a manifest that is gone makes a complete look urgent."""
        self.owed.told(kind, manifest.name(seen))
        if self.index.observe(kind, seen, deleted=deleted) and kind in (MONITOR, PAGE):
            self._hurry.set()

    def hurry(self) -> None:
        """Make a complete look urgent."""
        self._hurry.set()

    async def _work(self) -> None:
        await self.looking.seen.wait()
        await workers.work(self._queue, self._reconciler, self._meters)

    async def _begun(self, loop: Coroutine[None, None, None]) -> None:
        await self.looking.seen.wait()
        await loop

    async def _let_through(self) -> None:
        await self.looking.seen.wait()
        await workers.run_rollouts(self._turnstile, self._wake)

    def _archived(self, place: Place, before: Json) -> tuple[Condition, ...]:
        monitor = self.centre.monitor_id(place)
        return archive_conditions.said(self.centre.archive_backlog, monitor, before, self._now())

    def _wake(self, key: ObjectKey) -> None:
        self._queue.add(key, AT_ONCE)

    def _told(self, monitor: int) -> None:
        """From the writing thread."""
        self._loop.call_soon_threadsafe(self._tidings.hear, monitor)
