"""The loop that keeps Certificates and routes as the names that are held need them.

It lists what is there, decides, and acts: what somebody deleted or changed by hand comes back, and
what belonged to a page or a name that is gone goes, also when that happened while nobody looked.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from allswell.central.errors import CentralError
from allswell.central.hostname_claims import ClaimHolder
from allswell.controller.apply.mutation_guard import MutationGuard
from allswell.controller.cache.cache import ObjectKey
from allswell.controller.hostnames import certificate_plan, certificate_status
from allswell.controller.hostnames.certificate_plan import (
    ApplyChild,
    CertificatePlan,
    Children,
    RemoveChild,
    RetryCertificate,
)
from allswell.controller.hostnames.claims_client import ClaimsClient
from allswell.controller.hostnames.dns_verification import DnsVerification
from allswell.controller.hostnames.policy import HostnamePolicy
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.kube import conditions, hostname_objects, manifest, names
from allswell.kube.client import Api
from allswell.kube.conditions import FALSE, Condition
from allswell.kube.errors import KubeError, KubeMissing
from allswell.kube.hostname_objects import PageHostname
from allswell.kube.kinds import CERTIFICATE, CHALLENGE, PAGE, SECRET, Kind
from allswell.kube.views.object_meta import ManifestView

log = logging.getLogger(__name__)
SECOND = timedelta(seconds=1)
BUSY, CALM = timedelta(seconds=2), timedelta(seconds=30)
# For so long after the last change something may still come of it.
MOVING = timedelta(minutes=3)
FORGET_EVERY = timedelta(hours=1)
# Who goes on changing what we mend is given way to for so long.
MEND_EVERY = timedelta(minutes=10)
# So long an order that was counted stands for a Certificate that the API server has not taken.
COUNTED_FOR = timedelta(minutes=30)


class CertificateController:
    """Looks at all names and their children, again and again."""

    def __init__(
        self,
        api: Api,
        ledger: ClaimsClient,
        preflights: DnsVerification,
        policy: HostnamePolicy,
        *,
        meters: OperatorMetrics,
        wake: Callable[[ObjectKey], None],
        now: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._ledger = ledger
        self._preflights = preflights
        self._policy = policy
        self._meters = meters
        self._wake = wake
        self._now = now
        self._hurry = asyncio.Event()
        self._doomed: frozenset[tuple[Kind, str]] = frozenset()
        self._spent: dict[str, str] = {}
        self._counted: dict[str, datetime] = {}
        self._insistence = MutationGuard()
        self._mended: dict[str, datetime] = {}
        self._forgot: datetime | None = None
        self._moved = now()
        self.certified: dict[PageHostname, Condition] = {}
        self.routed: frozenset[PageHostname] = frozenset()

    def hurry(self) -> None:
        """Look again soon: a name may have been won or lost."""
        self._hurry.set()

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            self._hurry.clear()
            pause = CALM
            try:
                pause = await self.look()
            except (KubeError, CentralError) as error:
                log.warning("the host names could not be looked at: %s", error)
            except Exception:
                log.exception("the host names could not be looked at")
            await asyncio.sleep(1)  # many names change at once
            try:
                async with asyncio.timeout(pause / SECOND):
                    await self._hurry.wait()
            except TimeoutError:
                continue

    async def look(self) -> timedelta:
        """Look at everything once; when to look again. Raises `KubeError`, `CentralError`."""
        now = self._now()
        await self._forget(now)
        holders = await self._ledger.holders()
        names_held = self._held(holders)
        try:
            children = await self._children()
        except KubeMissing as lacking:
            absent = _absent(str(lacking))
            self._said(dict.fromkeys(names_held, absent), frozenset())
            return CALM
        challenges = await self._challenges(children)
        plan = certificate_plan.decide(
            names_held,
            children,
            challenges,
            self._policy.ingress,
            now,
            left=self._left(children, now),
        )
        if await self._carried_out(plan):
            self._moved = now
        self._say(plan, now)
        await self._serve(holders, plan)
        self._meters.orders.set(await self._ledger.recent_orders(now))
        unfinished = len(self.routed) < len(names_held) or plan.make or plan.remove
        return BUSY if unfinished and now - self._moved < MOVING else CALM

    async def _serve(self, holders: Sequence[ClaimHolder], plan: CertificatePlan) -> None:
        """Let a page call itself by the names whose routes are there, and by no other."""
        served = {(it.page_id, it.host) for it in holders if _hosted(it) in plan.routed}
        if served != {(it.page_id, it.host) for it in holders if it.served}:
            await self._ledger.set_served(served, self._now())

    def _held(self, holders: Sequence[ClaimHolder]) -> dict[PageHostname, datetime | None]:
        found: dict[PageHostname, datetime | None] = {}
        for it in holders:
            look = self._preflights.latest(ObjectKey(PAGE.name, it.namespace, it.name), it.host)
            green = look.certifiable_since if look and look.is_held else None
            found[_hosted(it)] = green
        return found

    async def _children(self) -> Children:
        around = self._policy.ingress
        found = {}
        for kind in (CERTIFICATE, *around.route_kinds):
            try:
                listing = await self._api.every(kind, (around.namespace,), names.HOSTED)
            except KubeMissing as error:
                raise KubeMissing(f"{kind.plural}.{kind.group}") from error
            found[kind] = hostname_objects.by_name(listing.objects)
        return found

    async def _challenges(self, children: Children) -> dict[str, str]:
        """Why orders are open; asked only while there are any."""
        if all(
            certificate_status.facts(it, {}).serves(self._now())
            for it in children[CERTIFICATE].values()
        ):
            return {}
        try:
            listing = await self._api.every(CHALLENGE, (self._policy.ingress.namespace,))
        except KubeMissing:
            return {}
        return certificate_status.causes(listing.objects)

    def _left(self, children: Children, now: datetime) -> frozenset[str]:
        """The children, by their UIDs, that others make what they are however we write them."""
        live = {manifest.uid(it): it for those in children.values() for it in those.values()}
        self._insistence.retain(frozenset(live))
        lately = {uid: at for uid, at in self._mended.items() if now - at < MEND_EVERY}
        self._mended = {uid: at for uid, at in lately.items() if uid in live}
        insisted = {
            uid for uid, it in live.items() if self._insistence.is_futile(ManifestView.parse(it))
        }
        return frozenset(insisted | self._mended.keys())

    async def _carried_out(self, plan: CertificatePlan) -> bool:
        """Do it, as far as it can be done; whether anything came of it."""
        done = [await self._tried(self._make(each), each.kind) for each in plan.make]
        done += [await self._tried(self._retry(again), CERTIFICATE) for again in plan.retry]
        doomed = frozenset((each.kind, each.name) for each in plan.remove)
        for gone in plan.remove:
            # Only what two looks in a row have found to belong to nobody.
            if (gone.kind, gone.name) in self._doomed:
                done.append(await self._tried(self._remove(gone), gone.kind))
        news, self._doomed = doomed - self._doomed, doomed
        return any(done) or bool(news)

    async def _tried(self, doing: Awaitable[bool], kind: Kind) -> bool:
        try:
            return await doing
        except KubeError as error:
            log.warning("a %s could not be written: %s", kind.name, error)
            return False

    async def _make(self, it: ApplyChild) -> bool:
        if it.ordered and not await self._may_order(it.ordered):
            return False
        seen = await self._api.apply(it.kind, it.wanted, uid=it.uid)
        self._counted.pop(it.ordered, None)
        self._meters.writes.labels(it.kind.name, "apply").inc()
        self._insistence.record(ManifestView.parse(it.wanted), ManifestView.parse(seen))
        if it.uid:
            self._mended[it.uid] = self._now()
        return True

    async def _may_order(self, host: str) -> bool:
        """Whether a Certificate may be made; one that could not be written is counted once."""
        now = self._now()
        counted = self._counted.get(host)
        if counted is not None and now - counted < COUNTED_FOR:
            return True
        why = await self._ledger.record_order(host, now)
        self._budget(host, why)
        if not why:
            self._counted[host] = now
        return not why

    async def _retry(self, it: RetryCertificate) -> bool:
        if await self._ledger.record_order(it.host, self._now()):
            return False
        await self._failed(manifest.name(it.certificate)[1], None)
        log.info("the certificate of %s is ordered again", it.host)
        return True

    async def _failed(self, name: str, at: datetime | None) -> None:
        """Say of a Certificate when it failed: after that its issuer waits; None: it need not."""
        moment = {"lastFailureTime": at and conditions.time(at)}
        patch = {
            "apiVersion": CERTIFICATE.api,
            "kind": CERTIFICATE.name,
            "metadata": {"namespace": self._policy.ingress.namespace, "name": name},
            "status": moment if at is None else {**moment, "failedIssuanceAttempts": 1},
        }
        await self._api.merge(CERTIFICATE, patch, "status")
        self._meters.writes.labels(CERTIFICATE.name, "status").inc()

    async def _remove(self, it: RemoveChild) -> bool:
        log.info("deleting %s %s: its host name is gone", it.kind.name, it.name)
        if it.kind == CERTIFICATE:
            await self._remove_key(it.name)
        await self._delete(it.kind, it.name, it.uid)
        if it.kind == CERTIFICATE:  # what may have been issued in between
            await self._delete(SECRET, it.name)
        return True

    async def _remove_key(self, name: str) -> None:
        """Delete the Secret of a Certificate, which says that it is there: so that goes later.

        Whoever is ended in between finds it again. Without its Secret it would be ordered anew.
        """
        await self._failed(name, self._now())
        await self._delete(SECRET, name)

    async def _delete(self, kind: Kind, name: str, uid: str = "") -> None:
        await self._api.delete(kind, self._policy.ingress.namespace, name, uid, force=False)
        self._meters.writes.labels(kind.name, "delete").inc()

    def _budget(self, host: str, why: str) -> None:
        self._spent = {name: text for name, text in self._spent.items() if name != host}
        if why:
            self._spent[host] = why

    def _say(self, plan: CertificatePlan, now: datetime) -> None:
        lacking = {name.host for name, seen in plan.facts.items() if seen is None}
        self._spent = {host: why for host, why in self._spent.items() if host in lacking}
        self._counted = {host: at for host, at in self._counted.items() if host in lacking}
        self._meters.postponed.set(len(self._spent))
        said = {
            name: certificate_status.condition(seen, self._spent.get(name.host, ""), now)
            for name, seen in plan.facts.items()
        }
        self._said(said | dict.fromkeys(plan.waiting, certificate_status.WAITING), plan.routed)

    def _said(self, said: dict[PageHostname, Condition], routed: frozenset[PageHostname]) -> None:
        before = {name: (self.certified.get(name), name in self.routed) for name in said}
        self.certified, self.routed = said, routed
        for name, condition in said.items():
            if before[name] != (condition, name in routed):
                self._moved = self._now()
                self._wake(ObjectKey(PAGE.name, name.namespace, name.name))

    async def _forget(self, now: datetime) -> None:
        if self._forgot is None or now - self._forgot > FORGET_EVERY:
            await self._ledger.purge(now)
            self._forgot = now


def _hosted(it: ClaimHolder) -> PageHostname:
    return PageHostname(it.host, it.namespace, it.name, it.uid)


def _absent(kind: str) -> Condition:
    words = f"the cluster does not know {kind}: cert-manager or the Gateway API is to be installed"
    return Condition(certificate_status.CERTIFIED, FALSE, "NoCertManager", words)
