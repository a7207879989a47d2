"""Keep the Certificates and routes that the held host names need, and no others.

Every synchronization lists what is there, decides and acts. So what somebody deleted or changed is
restored, and what belonged to a page or a host name that is gone is deleted, also when that
happened while no operator ran.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from allswell.central.errors import CentralError
from allswell.central.hostname_claims import ClaimHolder
from allswell.controller.apply.mutation_guard import MutationGuard
from allswell.controller.cache.cache import ObjectKey
from allswell.controller.hostnames import certificate_plan, certificate_status
from allswell.controller.hostnames.certificate_orders import CertificateOrders
from allswell.controller.hostnames.certificate_plan import (
    ApplyChild,
    CertificatePlan,
    HostnameChildren,
    KindAndName,
    PlanContext,
    RemoveChild,
    RetryCertificate,
)
from allswell.controller.hostnames.claims_client import ClaimsClient
from allswell.controller.hostnames.dns_verification import DnsVerification
from allswell.controller.hostnames.policy import HostnamePolicy
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.kube import hostname_objects, manifest, names
from allswell.kube.client import Api
from allswell.kube.conditions import FALSE, Condition
from allswell.kube.errors import KubeError, KubeMissing
from allswell.kube.hostname_objects import PageHostname
from allswell.kube.kinds import CERTIFICATE, CHALLENGE, PAGE, SECRET, Kind
from allswell.kube.manifest import Json
from allswell.kube.views.certificate import CertificateView, challenge_reasons
from allswell.kube.views.object_meta import ManifestView

log = logging.getLogger(__name__)
SECOND = timedelta(seconds=1)
ACTIVE_INTERVAL, IDLE_INTERVAL = timedelta(seconds=2), timedelta(seconds=30)
# For so long after the last change the rest of it is expected soon.
ACTIVE_FOR = timedelta(minutes=3)
PURGE_INTERVAL = timedelta(hours=1)
# An object that was reverted is tolerated for so long as somebody changes it again.
REVERT_INTERVAL = timedelta(minutes=10)


class CertificateController:
    """Synchronize Certificates and routes with the held host names, again and again.

    `certificates` has the condition `CertificateReady` of each host name, `routed` the names whose
    routes are there.
    """

    def __init__(
        self,
        api: Api,
        claims: ClaimsClient,
        verification: DnsVerification,
        policy: HostnamePolicy,
        *,
        metrics: OperatorMetrics,
        enqueue: Callable[[ObjectKey], None],
        now: Callable[[], datetime],
    ) -> None:
        """Call `enqueue` with each page of which something has changed."""
        self._api = api
        self._claims = claims
        self._verification = verification
        self._policy = policy
        self._metrics = metrics
        self._enqueue_page = enqueue
        self._now = now
        self._orders = CertificateOrders(claims, metrics, now)
        self._requested = asyncio.Event()
        self._unneeded: frozenset[KindAndName] = frozenset()
        self._guard = MutationGuard()
        self._reverted: dict[str, datetime] = {}
        self._purged_at: datetime | None = None
        self._changed_at = now()
        self.certificates: Mapping[PageHostname, Condition] = {}
        self.routed: frozenset[PageHostname] = frozenset()

    def enqueue(self) -> None:
        """Synchronize soon: a page may have got or lost a host name."""
        self._requested.set()

    async def run(self) -> None:
        """Synchronize at intervals and when requested, for ever."""
        while True:
            self._requested.clear()
            interval = IDLE_INTERVAL
            try:
                interval = await self.sync()
            except (KubeError, CentralError) as error:
                log.warning("certificate controller: synchronization failed: %s", error)
            except Exception:
                log.exception("certificate controller: synchronization failed")
            await asyncio.sleep(1)  # many names change at once
            try:
                async with asyncio.timeout(interval / SECOND):
                    await self._requested.wait()
            except TimeoutError:
                continue

    async def sync(self) -> timedelta:
        """Synchronize once; return the time until the next. Raises `KubeError`, `CentralError`.

        1. Purge old claims and orders, once an hour.
        2. Read which pages hold which host names, and since when each is certifiable.
        3. List the objects of all host names, and why open orders do not get on. Where a kind is
           not installed, report that and stop.
        4. Decide what to apply, retry and delete (`certificate_plan`).
        5. Apply, retry and delete.
        6. Report each name's condition, and enqueue the pages of those that have changed.
        7. Record by which names visitors reach their pages, and count the recent orders.
        """
        now = self._now()
        await self._purge(now)
        holders = await self._claims.holders()
        held = {_hostname(holder): self._certifiable_since(holder) for holder in holders}
        try:
            children = await self._list_children()
        except KubeMissing as error:
            self._report(dict.fromkeys(held, _not_installed(str(error))), frozenset())
            return IDLE_INTERVAL
        challenges = await self._list_challenges(children)
        tolerated = self._tolerated(children, now)
        context = PlanContext(children, self._policy.ingress, now, tolerated)
        plan = certificate_plan.decide(held, context)
        if await self._carry_out(plan):
            self._changed_at = now
        self._report_plan(plan, challenges, now)
        await self._record_served(holders, plan)
        await self._orders.report()
        is_open = len(self.routed) < len(held) or plan.apply or plan.remove
        is_active = now - self._changed_at < ACTIVE_FOR
        return ACTIVE_INTERVAL if is_open and is_active else IDLE_INTERVAL

    async def _purge(self, now: datetime) -> None:
        if self._purged_at is None or now - self._purged_at > PURGE_INTERVAL:
            await self._claims.purge(now)
            self._purged_at = now

    def _certifiable_since(self, holder: ClaimHolder) -> datetime | None:
        key = ObjectKey(PAGE.name, holder.namespace, holder.name)
        latest = self._verification.latest(key, holder.host)
        return latest.certifiable_since if latest and latest.is_held else None

    async def _list_children(self) -> HostnameChildren:
        """List the objects of all host names. Raises `KubeMissing` with the kind that is absent."""
        certificates = await self._list(CERTIFICATE)
        routes = {kind: await self._list(kind) for kind in self._policy.ingress.route_kinds}
        return HostnameChildren(
            {each.meta.name: each for each in map(CertificateView.parse, certificates)},
            {
                kind: {each.meta.name: each for each in map(ManifestView.parse, objects)}
                for kind, objects in routes.items()
            },
        )

    async def _list(self, kind: Kind) -> Sequence[Json]:
        try:
            listing = await self._api.every(kind, (self._policy.ingress.namespace,), names.HOSTED)
        except KubeMissing as error:
            raise KubeMissing(f"{kind.plural}.{kind.group}") from error
        return [manifest.compact(kind, seen) for seen in listing.objects]

    async def _list_challenges(self, children: HostnameChildren) -> Mapping[str, str]:
        """Return by host why orders are open; the API server is asked only while there are any."""
        now = self._now()
        if all(certificate.is_valid(now) for certificate in children.certificates.values()):
            return {}
        try:
            listing = await self._api.every(CHALLENGE, (self._policy.ingress.namespace,))
        except KubeMissing:
            return {}
        return challenge_reasons(listing.objects)

    def _tolerated(self, children: HostnameChildren, now: datetime) -> frozenset[str]:
        """Return the UIDs of objects that others change as soon as we revert them.

        An admission webhook does so at once, a person or a controller after a while.
        """
        live = {each.meta.uid: each for _, each in children}
        self._guard.retain(frozenset(live))
        self._reverted = {
            uid: at
            for uid, at in self._reverted.items()
            if uid in live and now - at < REVERT_INTERVAL
        }
        futile = {uid for uid, each in live.items() if self._guard.is_futile(each)}
        return frozenset(futile | self._reverted.keys())

    async def _carry_out(self, plan: CertificatePlan) -> bool:
        """Take every action that is possible; return whether anything has changed.

        An object is deleted only when two plans in a row do not need it.
        """
        done = [await self._try(self._apply(each), each.kind, each.name) for each in plan.apply]
        done += [
            await self._try(self._retry(each), CERTIFICATE, each.certificate.meta.name)
            for each in plan.retry
        ]
        unneeded = frozenset((each.kind, each.name) for each in plan.remove)
        done += [
            await self._try(self._remove(each), each.kind, each.name)
            for each in plan.remove
            if (each.kind, each.name) in self._unneeded
        ]
        is_new, self._unneeded = bool(unneeded - self._unneeded), unneeded
        return any(done) or is_new

    async def _try(self, action: Awaitable[bool], kind: Kind, name: str) -> bool:
        try:
            return await action
        except KubeError as error:
            log.warning(
                "certificate controller: cannot write an object: %s kind=%s namespace=%s name=%s",
                error,
                kind.name,
                self._policy.ingress.namespace,
                name,
            )
            return False

    async def _apply(self, action: ApplyChild) -> bool:
        if action.order_for and not await self._orders.may_order(action.order_for):
            return False
        applied = await self._api.apply(action.kind, action.desired.content, uid=action.uid)
        self._orders.written(action.order_for)
        self._count(action.kind, "apply")
        self._guard.record(action.desired, ManifestView.parse(applied))
        if action.uid:
            self._reverted[action.uid] = self._now()
        return True

    async def _retry(self, action: RetryCertificate) -> bool:
        if not await self._orders.may_repeat(action.host):
            return False
        await self._set_failure_time(action.certificate.meta.name, None)
        log.info(
            "certificate controller: ordering a failed certificate again: host=%s kind=%s"
            " namespace=%s name=%s",
            action.host,
            CERTIFICATE.name,
            *action.certificate.meta.namespaced_name,
        )
        return True

    async def _set_failure_time(self, name: str, at: datetime | None) -> None:
        """Set when a Certificate failed: after that cert-manager waits; None: it need not."""
        namespace = self._policy.ingress.namespace
        patch = hostname_objects.failure_time_patch(namespace, name, at)
        await self._api.merge(CERTIFICATE, patch, "status")
        self._count(CERTIFICATE, "status")

    async def _remove(self, action: RemoveChild) -> bool:
        """Delete an object, and with a Certificate its Secret.

        1. Of a Certificate, set that it has just failed: without its Secret it would be ordered
           anew.
        2. Delete its Secret. The Certificate is what says that there is one, so it goes later:
           an operator that ends in between finds it again.
        3. Delete the object.
        4. Delete the Secret that may have been issued in between.
        """
        log.info(
            "certificate controller: deleting an object without a host name: kind=%s namespace=%s"
            " name=%s",
            action.kind.name,
            self._policy.ingress.namespace,
            action.name,
        )
        if action.kind == CERTIFICATE:
            await self._set_failure_time(action.name, self._now())
            await self._delete(SECRET, action.name)
        await self._delete(action.kind, action.name, action.uid)
        if action.kind == CERTIFICATE:
            await self._delete(SECRET, action.name)
        return True

    async def _delete(self, kind: Kind, name: str, uid: str = "") -> None:
        await self._api.delete(kind, self._policy.ingress.namespace, name, uid, force=False)
        self._count(kind, "delete")

    def _count(self, kind: Kind, verb: str) -> None:
        self._metrics.writes.labels(kind.name, verb).inc()

    def _report_plan(
        self, plan: CertificatePlan, challenges: Mapping[str, str], now: datetime
    ) -> None:
        missing = {name.host for name, each in plan.certificates.items() if each is None}
        self._orders.retain(missing)
        conditions = {
            name: certificate_status.condition(
                certificate,
                now,
                challenge=challenges.get(name.host, ""),
                excess=self._orders.excess(name.host),
            )
            for name, certificate in plan.certificates.items()
        }
        waiting = dict.fromkeys(plan.waiting, certificate_status.WAITING_FOR_DOMAIN)
        self._report(conditions | waiting, plan.routed)

    def _report(
        self, conditions: Mapping[PageHostname, Condition], routed: frozenset[PageHostname]
    ) -> None:
        changed = [
            name
            for name, condition in conditions.items()
            if (self.certificates.get(name), name in self.routed) != (condition, name in routed)
        ]
        self.certificates, self.routed = conditions, routed
        for name in changed:
            self._changed_at = self._now()
            self._enqueue_page(ObjectKey(PAGE.name, name.namespace, name.name))

    async def _record_served(self, holders: Sequence[ClaimHolder], plan: CertificatePlan) -> None:
        """Record by which names visitors reach their pages: those whose routes are there."""
        served = {(each.page_id, each.host) for each in holders if _hostname(each) in plan.routed}
        if served != {(each.page_id, each.host) for each in holders if each.served}:
            await self._claims.set_served(served, self._now())


def _hostname(holder: ClaimHolder) -> PageHostname:
    return PageHostname(holder.host, holder.namespace, holder.name, holder.uid)


def _not_installed(kind: str) -> Condition:
    message = f"{kind} is not installed in this cluster: install cert-manager or the Gateway API"
    return Condition(certificate_status.CERTIFICATE_READY, FALSE, "NoCertManager", message)
