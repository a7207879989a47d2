"""The operator's parts on an API in memory and a central database in a SQLite file."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from allswell.central.errors import DatabaseUnavailable
from allswell.central.hostname_claims import HostnameClaims
from allswell.collector.state import CollectorState
from allswell.controller.apply.applier import Applier
from allswell.controller.apply.mutation_guard import MutationGuard
from allswell.controller.cache.cache import WATCHED, Cache, ObjectKey
from allswell.controller.cache.namespaces import Namespaces
from allswell.controller.cache.watch_health import WatchHealth
from allswell.controller.database.client import DatabaseClient
from allswell.controller.database.monitor_statuses import MonitorStatuses
from allswell.controller.database.registration import MonitorRegistration
from allswell.controller.hostnames.claims_client import ClaimsClient
from allswell.controller.hostnames.policy import HostnamePolicy
from allswell.controller.hostnames.service import HostnameService
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.controller.reconcile.monitor.reconciler import ArchiveConditions, MonitorReconciler
from allswell.controller.reconcile.page.reconciler import PageReconciler
from allswell.controller.reconcile.registry import ReconcilerRegistry
from allswell.controller.runtime.garbage_collection import GarbageCollector
from allswell.controller.runtime.resync import Resync
from allswell.controller.workload.rollout import Batch
from allswell.controller.workload.rollout_limiter import RolloutLimiter
from allswell.domain.preflight import ExpectedProof, ResolverAnswer
from allswell.kube.kinds import CONFIGMAP, EVENT, MONITOR, PAGE, STATEFULSET, Kind
from allswell.kube.manifest import Json
from tests.central_database import Central
from tests.kubeapi import FakeApi
from tests.unit.controller.objects import NOW, SHAPE

T = TypeVar("T")
API = ObjectKey(MONITOR.name, "acme", "api")


@dataclass
class World:
    """All that a reconciliation needs; `enqueued` is what the cache enqueued, with its delay."""

    database: Central
    watched: tuple[str, ...] = ()
    now: datetime = NOW
    away: bool = False
    api: FakeApi = field(default_factory=FakeApi)
    enqueued: list[tuple[ObjectKey, timedelta]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cache = Cache(enqueue=lambda key, after: self.enqueued.append((key, after)))
        self.metrics = OperatorMetrics()
        self.client = DatabaseClient(
            self.database.engine,
            self.database.writer,
            CollectorState(self.database.writer),
            self._run_in_writer,
        )
        self.statuses = MonitorStatuses(self.client, self.clock)
        self.registration = MonitorRegistration(self.client.register, self.clock)
        self.namespaces = Namespaces(self.api, self._monotonic)
        self.watch_health = WatchHealth()
        self.guard = MutationGuard()
        self.limiter = RolloutLimiter(self.cache, Batch(1), self.metrics, self.clock)
        self.reconciler = self.reconcilers()
        self.resync = self.resync_of(self.watched)
        self.api.namespace("acme")

    def applier(self) -> Applier:
        """Make what writes to the API."""
        return Applier(
            api=self.api,
            cache=self.cache,
            guard=self.guard,
            metrics=self.metrics,
            now=self.clock,
        )

    def reconcilers(
        self,
        hostnames: HostnameService | None = None,
        archive_conditions: ArchiveConditions = lambda _name, _before: (),
    ) -> ReconcilerRegistry:
        """Make the reconcilers of these parts."""
        monitors = MonitorReconciler(
            api=self.api,
            cache=self.cache,
            namespaces=self.namespaces,
            registration=self.registration,
            statuses=self.statuses,
            applier=self.applier(),
            limiter=self.limiter,
            defaults=SHAPE,
            now=self.clock,
            archive_conditions=archive_conditions,
        )
        pages = PageReconciler(
            cache=self.cache,
            namespaces=self.namespaces,
            database=self.client,
            statuses=self.statuses,
            applier=self.applier(),
            page_url="https://status.example.com",
            hostnames=hostnames,
            now=self.clock,
        )
        return ReconcilerRegistry({MONITOR: monitors, PAGE: pages})

    def resync_of(self, watched: Sequence[str]) -> Resync:
        """Make a resync of these namespaces."""
        return Resync(
            api=self.api,
            cache=self.cache,
            watched=watched,
            statuses=self.statuses,
            garbage=GarbageCollector(
                self.cache, self.client, self.registration, watched, self.clock
            ),
            namespaces=self.namespaces,
            guard=self.guard,
            watch_health=self.watch_health,
            metrics=self.metrics,
            now=self.clock,
        )

    def keyed(self, policy: HostnamePolicy, key: bytes) -> ReconcilerRegistry:
        """Make reconcilers with a domain of pages and this key; no DNS is asked."""
        claims = HostnameClaims(self.database.engine, policy.rest)

        async def look_up(_: ExpectedProof) -> list[ResolverAnswer]:
            return []

        hostnames = HostnameService(
            policy,
            key,
            ClaimsClient(claims, policy.budget, self._run_in_writer),
            look_up,
            self.api,
            metrics=OperatorMetrics(),
            enqueue=lambda _: None,
            now=self.clock,
        )
        return self.reconcilers(hostnames)

    def clock(self) -> datetime:
        return self.now

    def _monotonic(self) -> float:
        return self.now.timestamp()

    def _run_in_writer(self, act: Callable[[], T]) -> Awaitable[T]:
        async def done() -> T:
            if self.away:
                raise DatabaseUnavailable("the database is away")
            return act()

        return done()

    def see(self) -> None:
        """Let the cache see what is there, as the watches would."""
        for (kind, *_), seen in self.api.objects.items():
            if kind in WATCHED:
                self.cache.observe(kind, seen)

    def put(self, kind: Kind, seen: Json) -> None:
        """Let somebody write an object, and the watch deliver it."""
        self.cache.observe(kind, self.api.put(kind, seen))

    def monitor(self, name: str = "api", **spec: object) -> None:
        """Let somebody apply a Monitor."""
        check = {"http": {"url": "https://example.com/"}}
        metadata = {"name": name, "namespace": "acme"}
        self.put(MONITOR, {"metadata": metadata, "spec": check | spec})

    def page(self, **spec: object) -> None:
        """Let somebody apply the page `main`."""
        groups = [{"name": "All", "selector": {}}]
        metadata = {"name": "main", "namespace": "acme"}
        self.put(PAGE, {"metadata": metadata, "spec": {"title": "Acme", "groups": groups} | spec})

    def status(self, kind: Kind = MONITOR, name: str = "api") -> Json:
        """Return an object's status."""
        status: Json = self.api.objects[(kind, "acme", name)].get("status", {})
        return status

    def conditions(self, kind: Kind = MONITOR, name: str = "api") -> dict[str, tuple[str, str]]:
        """Return status and reason of an object's conditions, by their types."""
        conditions = self.api.objects[(kind, "acme", name)].get("status", {}).get("conditions", ())
        return {entry["type"]: (entry["status"], entry["reason"]) for entry in conditions}

    def there(self, kind: Kind) -> list[str]:
        """Return the names of the objects of a kind."""
        return sorted(name for other, _, name in self.api.objects if other == kind)

    def events(self) -> list[str]:
        """Return the reasons of the events, in order."""
        return [seen["reason"] for (kind, *_), seen in self.api.objects.items() if kind == EVENT]

    def writes(self) -> list[tuple[str, str, str]]:
        """Return what was written since this was asked last."""
        writes = [call for call in self.api.asked if call[0] not in ("get", "every")]
        self.api.asked.clear()
        return writes


CHILDREN = [("apply", CONFIGMAP.name, "api-check"), ("apply", STATEFULSET.name, "api-check")]
