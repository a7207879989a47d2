"""Simulate a page with host names: an API in memory, a real central database, a DNS as told."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from allswell.central.errors import DatabaseUnavailable
from allswell.central.hostname_claims import HostnameClaims
from allswell.controller.cache.cache import ObjectKey
from allswell.controller.hostnames.claims_client import ClaimsClient
from allswell.controller.hostnames.policy import HostnamePolicy
from allswell.controller.hostnames.service import HostnameService
from allswell.controller.hostnames.status import HostnameState
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.domain.hostname import InstallationDomains, PageIdentity
from allswell.domain.hostname_claim import OrderBudget
from allswell.domain.preflight import ExpectedProof, ResolverAnswer
from allswell.domain.spec.meta import Meta
from allswell.domain.spec.page import StatusPage
from allswell.kube import names
from allswell.kube.conditions import time
from allswell.kube.hostname_objects import IngressSettings
from allswell.kube.kinds import CERTIFICATE, INGRESS, PAGE, SECRET, Kind
from tests.central_database import NOON, Central
from tests.kubeapi import FakeApi

T = TypeVar("T")
HOST = "status.acme.com"
SETTINGS = IngressSettings("allswell", "web", 80, ("ClusterIssuer", "le"), "nginx")
POLICY = HostnamePolicy(
    InstallationDomains("pages.io", ("status.product.io",)), SETTINGS, (), caa_issuers=("le.org",)
)
NO_RECORD = ResolverAnswer("192.0.2.53")
TXT = ResolverAnswer("192.0.2.53", token=True)


class Killed(BaseException):
    """The operator's process ends here."""


@dataclass(slots=True)
class MortalApi(FakeApi):
    """An API that calls `step` before each of its own calls."""

    step: Callable[[], None] = lambda: None

    def _ask(self, verb: str, kind: Kind, name: str) -> None:
        self.step()
        FakeApi._ask(self, verb, kind, name)


@dataclass
class Story:
    """A page's host names, from the manifest to the served page.

    `answers` is what the DNS answers for a host, `unanswered` are hosts whose lookup never ends,
    `lookups` the hosts that were looked up, `enqueued` the pages that were to be reconciled. While
    `database_down` nothing is recorded.

    With `fatal` the operator is killed before its so-many-th step outside its own process.
    """

    central: Central
    policy: HostnamePolicy = POLICY
    now: datetime = NOON
    api: MortalApi = field(default_factory=MortalApi)
    fatal: int = 0
    answers: dict[str, ResolverAnswer] = field(default_factory=dict)
    unanswered: set[str] = field(default_factory=set)
    lookups: list[str] = field(default_factory=list)
    database_down: bool = False
    enqueued: list[ObjectKey] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.metrics = OperatorMetrics()
        self.api.step = self._step
        self.hostnames = self.new_service()

    def new_service(self) -> HostnameService:
        """Make the service as an operator has it when it starts."""
        claims = HostnameClaims(self.central.engine, self.policy.rest)
        return HostnameService(
            self.policy,
            b"k" * 32,
            ClaimsClient(claims, self.policy.budget, self._run_in_writer),
            self._look_up,
            self.api,
            metrics=self.metrics,
            enqueue=self.enqueued.append,
            now=lambda: self.now,
        )

    async def _look_up(self, expected: ExpectedProof) -> Sequence[ResolverAnswer]:
        self.lookups.append(expected.host)
        if expected.host in self.unanswered:
            await asyncio.Event().wait()
        return [self.answers.get(expected.host, NO_RECORD)]

    def _step(self) -> None:
        if self.fatal:
            self.fatal -= 1
            if not self.fatal:
                raise Killed

    def _run_in_writer(self, act: Callable[[], T]) -> Awaitable[T]:
        async def done() -> T:
            self._step()
            if self.database_down:
                raise DatabaseUnavailable("the central database is away")
            return act()

        return done()

    async def reconcile(self, *hosts: str, namespace: str = "acme") -> tuple[HostnameState, ...]:
        """Reconcile a page that lists these host names; return their states."""
        page = StatusPage(Meta("main", namespace, {}, f"uid-{namespace}"), "Acme", hostnames=hosts)
        writer, uid = self.central.writer, f"ns-{namespace}"
        page_id = writer.put_page(page, (), self.now, namespace_uid=uid)
        key, identity = ObjectKey(PAGE.name, namespace, "main"), PageIdentity(uid, "main")
        target = self.hostnames.target(self.hostnames.page_label(identity))
        return await self.hostnames.states(key, page_id, identity, page, target)

    async def advance(self, *, after: timedelta = timedelta(hours=1)) -> None:
        """Let time pass, the DNS be asked again and the certificate controller synchronize."""
        await self.verify(after=after)
        await self.sync()

    async def verify(self, *, after: timedelta) -> None:
        """Let time pass and the DNS be asked again."""
        self.now += after
        running = asyncio.create_task(self.hostnames.dns_verification.run())
        await asyncio.sleep(0.02)
        running.cancel()

    async def sync(self) -> timedelta:
        """Let the certificate controller synchronize once; return the time until the next."""
        return await self.hostnames.certificate_controller.sync()

    def children(self) -> list[str]:
        """Return the kind and the host of each Certificate and Ingress."""
        return sorted(
            f"{kind.name} {live['metadata']['annotations'][names.HOSTNAME]}"
            for (kind, _, _), live in self.api.objects.items()
            if kind in (CERTIFICATE, INGRESS)
        )

    def certify(self, days: float = 90, **status: object) -> None:
        """Issue every Certificate, as cert-manager does."""
        for kind, namespace, name in list(self.api.objects):
            if kind == CERTIFICATE:
                live = self.api.objects[kind, namespace, name]
                ready = {"type": "Ready", "status": "True"}
                issued = {
                    "conditions": [ready],
                    "notBefore": time(self.now),
                    "notAfter": time(self.now + timedelta(days=days)),
                }
                self.api.put(kind, {**live, "status": {**issued, **status}})
                self.api.put(SECRET, {"metadata": {"namespace": namespace, "name": name}})

    def served(self) -> tuple[str, ...]:
        """Return the names that the page names as its own."""
        (page,) = self.central.reader.pages()
        return page.served

    def keys(self) -> int:
        """Count the Secrets with keys."""
        return sum(kind == SECRET for kind, _, _ in self.api.objects)


def policy_with(per_host: int) -> HostnamePolicy:
    """Return a policy with a small budget for each host."""
    return HostnamePolicy(POLICY.domains, SETTINGS, (), budget=OrderBudget(per_host, 250, 45))
