"""Put the parts of the operator together; `main` makes the adapters that they are given."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from allswell.central.engine import Engine
from allswell.central.hostname_claims import HostnameClaims
from allswell.central.writer import CentralWriter
from allswell.collector.archive.backlog import ArchiveBacklog
from allswell.collector.state import CollectorState
from allswell.controller.apply.applier import Applier
from allswell.controller.apply.mutation_guard import MutationGuard
from allswell.controller.cache.cache import RECONCILED, Cache, ObjectKey
from allswell.controller.cache.namespaces import Namespaces
from allswell.controller.cache.watch_health import WatchHealth
from allswell.controller.config.settings import OperatorSettings
from allswell.controller.database.client import DatabaseClient, RunInWriter
from allswell.controller.database.monitor_statuses import MonitorStatuses
from allswell.controller.database.registration import MonitorRegistration
from allswell.controller.hostnames.claims_client import ClaimsClient
from allswell.controller.hostnames.service import HostnameService
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.controller.reconcile.monitor import archive_conditions
from allswell.controller.reconcile.monitor.reconciler import MonitorReconciler
from allswell.controller.reconcile.page.reconciler import PageReconciler
from allswell.controller.reconcile.registry import ReconcilerRegistry
from allswell.controller.runtime import health_endpoints, ledger_changes, workers
from allswell.controller.runtime.garbage_collection import GarbageCollector
from allswell.controller.runtime.health_endpoints import HealthEndpoints
from allswell.controller.runtime.ledger_changes import LedgerChanges
from allswell.controller.runtime.resync import Resync
from allswell.controller.runtime.workqueue import Workqueue
from allswell.controller.workload.rollout_limiter import RolloutLimiter
from allswell.dns import lookup
from allswell.kube import manifest
from allswell.kube.client import Api
from allswell.kube.conditions import Condition, Conditions
from allswell.kube.kinds import MONITOR, PAGE, Kind
from allswell.kube.manifest import Json
from allswell.kube.views.object_meta import NamespacedName

AT_ONCE = timedelta()
Loop = Coroutine[None, None, None]


@dataclass(frozen=True, slots=True)
class Ledgers:
    """The central database and the collector's state, which operator and collector share."""

    engine: Engine
    writer: CentralWriter
    collector: CollectorState
    changes: LedgerChanges


def ledgers(engine: Engine, settings: OperatorSettings) -> Ledgers:
    """Put together what operator and collector share, in the operator's loop."""
    changes = LedgerChanges()
    writer = CentralWriter(engine, settings.checker.grace, on_change=changes.record)
    return Ledgers(
        engine, writer, CollectorState(writer, archive_backlog=ArchiveBacklog()), changes
    )


class Operator:
    """The parts of the operator that live in its own loop."""

    def __init__(
        self,
        settings: OperatorSettings,
        *,
        api: Api,
        ledgers: Ledgers,
        run_in_writer: RunInWriter,
        metrics: OperatorMetrics,
        now: Callable[[], datetime],
        pages_key: bytes = b"",
    ) -> None:
        self._settings = settings
        self._api = api
        self._ledgers = ledgers
        self._run_in_writer = run_in_writer
        self._metrics = metrics
        self._now = now
        self._queue: Workqueue[ObjectKey] = Workqueue(time.monotonic)
        self._urgent = asyncio.Event()
        self.cache = Cache(enqueue=self._queue.add)
        self._watch_health = WatchHealth()
        self._guard = MutationGuard()
        self._namespaces = Namespaces(api, time.monotonic)
        self._database = DatabaseClient(
            ledgers.engine, ledgers.writer, ledgers.collector, run_in_writer
        )
        self._registration = MonitorRegistration(self._database.register, now)
        self._statuses = MonitorStatuses(self._database, now)
        self._limiter = RolloutLimiter(self.cache, settings.batch, metrics, now)
        self._hostnames = self._hostname_service(pages_key)
        self._reconcilers = self._registry()
        self.resync = self._resync()

    def _registry(self) -> ReconcilerRegistry:
        applier = Applier(
            api=self._api,
            cache=self.cache,
            guard=self._guard,
            metrics=self._metrics,
            now=self._now,
        )
        return ReconcilerRegistry(
            {MONITOR: self._monitor_reconciler(applier), PAGE: self._page_reconciler(applier)}
        )

    def _monitor_reconciler(self, applier: Applier) -> MonitorReconciler:
        return MonitorReconciler(
            api=self._api,
            cache=self.cache,
            namespaces=self._namespaces,
            registration=self._registration,
            statuses=self._statuses,
            applier=applier,
            limiter=self._limiter,
            defaults=self._settings.checker,
            now=self._now,
            archive_conditions=self._archive_conditions,
        )

    def _page_reconciler(self, applier: Applier) -> PageReconciler:
        return PageReconciler(
            cache=self.cache,
            namespaces=self._namespaces,
            database=self._database,
            statuses=self._statuses,
            applier=applier,
            page_url=self._settings.page_url,
            hostnames=self._hostnames,
            now=self._now,
        )

    def _resync(self) -> Resync:
        watched = self._settings.watched
        return Resync(
            api=self._api,
            cache=self.cache,
            watched=watched,
            statuses=self._statuses,
            garbage=GarbageCollector(
                self.cache, self._database, self._registration, watched, self._now
            ),
            namespaces=self._namespaces,
            guard=self._guard,
            watch_health=self._watch_health,
            metrics=self._metrics,
            now=self._now,
        )

    def _hostname_service(self, pages_key: bytes) -> HostnameService | None:
        """Make what serves customers' host names, where a domain is dedicated to pages."""
        policy = self._settings.hostnames
        if policy is None:
            return None
        claims = HostnameClaims(self._ledgers.engine, policy.rest)
        return HostnameService(
            policy,
            pages_key,
            ClaimsClient(claims, policy.budget, self._run_in_writer),
            partial(lookup.look_up, resolvers=policy.resolvers),
            self._api,
            metrics=self._metrics,
            enqueue=self._enqueue,
            now=self._now,
        )

    def loops(self) -> list[Loop]:
        """Return the loops, each of which runs for ever; most begin after the first resync."""
        changes = self._ledgers.changes
        after_resync = [
            workers.run_rollouts(self._limiter, self._enqueue),
            *(self._hostnames.loops() if self._hostnames else ()),
            *(self._work() for _ in range(self._settings.workers)),
        ]
        return [
            workers.run_resync(self.resync, self._metrics, self._urgent),
            ledger_changes.follow(changes, self._statuses, self._enqueue, self.cache.pages),
            *(self._after_resync(loop) for loop in after_resync),
        ]

    def observe(self, kind: Kind, raw: Json, deleted: bool) -> None:  # noqa: FBT001 - kopf's word
        """Take in what a watch shows; a manifest that is gone makes a resync urgent."""
        self._watch_health.delivered(kind, manifest.name(raw))
        if self.cache.observe(kind, raw, deleted=deleted) and kind in RECONCILED:
            self.resync_soon()

    def resync_soon(self) -> None:
        """Make a resync urgent."""
        self._urgent.set()

    def health_endpoints(self) -> HealthEndpoints:
        """Make what answers the probes."""
        return HealthEndpoints(
            succeeded=lambda: self.resync.succeeded,
            listening=lambda: self._ledgers.collector.started is not None,
            answers=partial(health_endpoints.api_answers, self._api),
            dead=self._watch_health.dead,
            metrics=self._metrics,
            now=self._now,
        )

    async def _work(self) -> None:
        await workers.work(self._queue, self._reconcilers, self._metrics)

    async def _after_resync(self, loop: Loop) -> None:
        await self.resync.first_done.wait()
        await loop

    def _archive_conditions(
        self, name: NamespacedName, before: Conditions
    ) -> tuple[Condition, ...]:
        state = self._ledgers.collector
        return archive_conditions.build(
            state.archive_backlog, state.monitor_id(name), before, self._now()
        )

    def _enqueue(self, key: ObjectKey) -> None:
        self._queue.add(key, AT_ONCE)
