"""The operator's parts on an API in memory and a central database in a SQLite file."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from allswell.central.errors import DatabaseUnavailable
from allswell.central.hostname_claims import HostnameClaims
from allswell.collector.state import CollectorState
from allswell.controller.apply.applier import Applier
from allswell.controller.cache.cache import WATCHED, Cache, ObjectKey
from allswell.controller.cache.namespaces import Namespaces
from allswell.controller.cache.watch_health import WatchHealth
from allswell.controller.database.client import DatabaseClient
from allswell.controller.database.registration import MonitorRegistration
from allswell.controller.hostnames.claims_client import ClaimsClient
from allswell.controller.hostnames.policy import HostnamePolicy
from allswell.controller.hostnames.service import HostnameService
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.controller.reconcile.means import Means
from allswell.controller.reconcile.reconciler import Reconciler
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
    """Everything that a look needs; `turns` is whose turn the index has made it."""

    database: Central
    watched: tuple[str, ...] = ()
    now: datetime = NOW
    away: bool = False
    api: FakeApi = field(default_factory=FakeApi)
    turns: list[tuple[ObjectKey, timedelta]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.index = Cache(turn=lambda key, after: self.turns.append((key, after)))
        self.central = DatabaseClient(
            self.database.engine,
            self.database.writer,
            CollectorState(self.database.writer),
            self._doing,
        )
        meters = OperatorMetrics()
        self.means = Means(
            api=self.api,
            index=self.index,
            central=self.central,
            registrar=MonitorRegistration(self.central.register, self.clock),
            namespaces=Namespaces(self.api, self._ticks),
            meters=meters,
            owed=WatchHealth(),
            now=self.clock,
        )
        self.turnstile = RolloutLimiter(self.index, Batch(1), meters, self.clock)
        self.reconciler = self.reconciling()
        self.resync = Resync(self.means, self.reconciler, self.watched)
        self.api.namespace("acme")

    def reconciling(self, hosting: HostnameService | None = None) -> Reconciler:
        """A reconciler of these parts."""
        return Reconciler(
            self.means,
            Applier(self.means),
            self.turnstile,
            shape=SHAPE,
            page_url="https://status.example.com",
            hosting=hosting,
        )

    def keyed(self, policy: HostnamePolicy, key: bytes) -> Reconciler:
        """One with a domain of pages, whose installation has this key; no DNS is asked."""
        claims = HostnameClaims(self.database.engine, policy.rest)

        async def looking(_: ExpectedProof) -> list[ResolverAnswer]:
            return []

        hosting = HostnameService(
            policy,
            key,
            ClaimsClient(claims, policy.budget, self._doing),
            looking,
            self.api,
            meters=OperatorMetrics(),
            wake=lambda _: None,
            now=self.clock,
        )
        return self.reconciling(hosting)

    def clock(self) -> datetime:
        return self.now

    def _ticks(self) -> float:
        return self.now.timestamp()

    def _doing(self, act: Callable[[], T]) -> Awaitable[T]:
        async def done() -> T:
            if self.away:
                raise DatabaseUnavailable("the database is away")
            return act()

        return done()

    def see(self) -> None:
        """Let the index see what is there, as the watches would."""
        for (kind, *_), seen in self.api.objects.items():
            if kind in WATCHED:
                self.index.observe(kind, seen)

    def put(self, kind: Kind, seen: Json) -> None:
        """Somebody writes an object, and the watch tells."""
        self.index.observe(kind, self.api.put(kind, seen))

    def monitor(self, name: str = "api", **spec: object) -> None:
        """Somebody applies a Monitor."""
        check = {"http": {"url": "https://example.com/"}}
        metadata = {"name": name, "namespace": "acme"}
        self.put(MONITOR, {"metadata": metadata, "spec": check | spec})

    def page(self, **spec: object) -> None:
        """Somebody applies the page `main`."""
        groups = [{"name": "All", "selector": {}}]
        metadata = {"name": "main", "namespace": "acme"}
        self.put(PAGE, {"metadata": metadata, "spec": {"title": "Acme", "groups": groups} | spec})

    def status(self, kind: Kind = MONITOR, name: str = "api") -> Json:
        """What an object's status says."""
        found: Json = self.api.objects[(kind, "acme", name)].get("status", {})
        return found

    def said(self, kind: Kind = MONITOR, name: str = "api") -> dict[str, tuple[str, str]]:
        """Status and reason of an object's conditions."""
        found = self.api.objects[(kind, "acme", name)].get("status", {}).get("conditions", ())
        return {entry["type"]: (entry["status"], entry["reason"]) for entry in found}

    def there(self, kind: Kind) -> list[str]:
        """The names of the objects of a kind."""
        return sorted(name for other, _, name in self.api.objects if other == kind)

    def events(self) -> list[str]:
        """The reasons of the events, as they were told."""
        return [seen["reason"] for (kind, *_), seen in self.api.objects.items() if kind == EVENT]

    def writes(self) -> list[tuple[str, str, str]]:
        """What was written since this was asked last."""
        found = [call for call in self.api.asked if call[0] not in ("get", "every")]
        self.api.asked.clear()
        return found


CHILDREN = [("apply", CONFIGMAP.name, "api-check"), ("apply", STATEFULSET.name, "api-check")]
