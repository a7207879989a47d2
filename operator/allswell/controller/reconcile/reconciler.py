"""One look at one object: gather, decide, apply. The decisions are elsewhere, and pure."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from allswell.central.errors import CentralError
from allswell.central.monitor_status import MonitorStatus
from allswell.controller.apply.applier import Applier
from allswell.controller.cache.cache import ObjectKey
from allswell.controller.database.registration import Place
from allswell.controller.hostnames import status as hostnames_status
from allswell.controller.hostnames.service import HostnameService
from allswell.controller.hostnames.status import HostnameState
from allswell.controller.reconcile.means import Means
from allswell.controller.reconcile.monitor import plan as monitor_plan
from allswell.controller.reconcile.monitor import status as monitor_status
from allswell.controller.reconcile.monitor import status_debounce
from allswell.controller.reconcile.monitor.plan import READY, MonitorInputs, MonitorPlan
from allswell.controller.reconcile.monitor.status import MonitorEvent
from allswell.controller.reconcile.monitor.status_debounce import NONE
from allswell.controller.reconcile.page import status as page_status
from allswell.controller.workload import pod_health
from allswell.controller.workload.rollout import RolloutSlot
from allswell.controller.workload.rollout_limiter import RolloutLimiter
from allswell.domain.hostname import PageIdentity
from allswell.domain.hostname_claim import GRACE
from allswell.domain.spec.meta import Meta
from allswell.domain.spec.monitor import Monitor
from allswell.domain.spec.page import StatusPage
from allswell.domain.spec.problem import InvalidManifest
from allswell.domain.state import State
from allswell.kube import manifest
from allswell.kube.checker_defaults import CheckerDefaults
from allswell.kube.conditions import FALSE, Condition
from allswell.kube.errors import KubeRejected
from allswell.kube.kinds import CONFIGMAP, MONITOR, PAGE, POD, STATEFULSET, Kind
from allswell.kube.manifest import Json

log = logging.getLogger(__name__)
RETRY = timedelta(seconds=10)
UNREGISTERED = timedelta(seconds=5)
SOON = timedelta(seconds=2)


class Reconciler:
    """Looks at Monitors and StatusPages."""

    def __init__(
        self,
        means: Means,
        hands: Applier,
        turnstile: RolloutLimiter,
        *,
        shape: CheckerDefaults,
        page_url: str,
        archived: Callable[[Place, Json], tuple[Condition, ...]] = lambda _place, _before: (),
        hosting: HostnameService | None = None,
    ) -> None:
        self._means = means
        self._hands = hands
        self._turnstile = turnstile
        self._shape = shape
        self._page_url = page_url
        self._archived = archived
        self._hosting = hosting
        self.standings: dict[Place, MonitorStatus] = {}

    async def look(self, key: ObjectKey) -> timedelta | None:
        """Make true what the object says; when to look again.

        Raises `KubeError` and `CentralError`.
        """
        kind = MONITOR if key.kind == MONITOR.name else PAGE
        kept = self._means.index[kind].get(key.namespace, key.name)
        if kept is None or manifest.text(kept.manifest, "metadata", "deletionTimestamp"):
            if kind == PAGE and self._hosting is not None:
                self._hosting.gone(key)
            return None
        if kind == MONITOR:
            return await self._monitor(kept.manifest)
        return await self._page(kept.manifest)

    async def _monitor(self, live: Json) -> timedelta | None:
        wanted = monitor_plan.parse(live)
        registered = not isinstance(wanted, InvalidManifest) and await self._registered(wanted)
        gathered = await self._gathered(live, registered=registered)
        plan = await self._carried_out(self._in_turn(gathered))
        again = [plan.again] if plan.again else []
        if not registered and not isinstance(wanted, InvalidManifest):
            again.append(UNREGISTERED)
        wait = (
            NONE if isinstance(wanted, InvalidManifest) else self._patience(wanted, gathered, plan)
        )
        if wait > NONE:
            again.append(wait)
        else:
            await self._say(live, None if isinstance(wanted, InvalidManifest) else wanted, plan)
        return min(again, default=None)

    def keep_only(self, children: frozenset[str]) -> None:
        """Forget children that are gone, by their UIDs."""
        self._hands.insistence.keep_only(children)

    def _patience(self, wanted: Monitor, gathered: MonitorInputs, plan: MonitorPlan) -> timedelta:
        standing = self.standings.get(manifest.name(gathered.monitor))
        since = pod_health.ready_since(gathered.pod) if gathered.pod else None
        now = self._means.now()
        return status_debounce.wait_before_write(
            gathered.monitor, wanted, plan.conditions, standing, ready_since=since, now=now
        )

    def _in_turn(self, gathered: MonitorInputs) -> MonitorInputs:
        """What was gathered, with a turn where one is needed and to be had."""
        place = manifest.name(gathered.monitor)
        if monitor_plan.needs_slot(gathered, self._means.now()):
            return replace(gathered, turn=self._turnstile.take(place))
        self._turnstile.leave(place)
        return gathered

    async def _carried_out(self, gathered: MonitorInputs) -> MonitorPlan:
        """Decide, and do it; what is to be said and when to look again."""
        plan = monitor_plan.decide(gathered, self._means.now())
        try:
            for action in plan.actions:
                await self._hands.do(action)
        except KubeRejected as error:
            refused = Condition(READY, FALSE, "Rejected", str(error))
            return MonitorPlan(conditions=(refused,), again=RETRY)
        finally:
            if gathered.turn is RolloutSlot.TAKEN:
                self._turnstile.leave(manifest.name(gathered.monitor))
        return plan

    async def _registered(self, wanted: Monitor) -> bool:
        """Make the Monitor known to the central database; False when that is away."""
        place = (wanted.meta.namespace, wanted.meta.name)
        namespace_uid = await self._means.namespaces.uid(wanted.meta.namespace, wanted.meta.uid)
        if namespace_uid is None:
            return False
        try:
            if await self._means.registrar.register(wanted, namespace_uid):
                self.standings |= await self._means.central.standings(
                    self._means.now(), place=place
                )
                self._means.index.wake(self._means.index.pages(wanted.meta.namespace))
        except CentralError as error:
            log.warning("%s/%s is not registered: %s", *place, error)
            return False
        return True

    async def _gathered(self, live: Json, *, registered: bool) -> MonitorInputs:
        found: dict[Kind, Json | None] = {}
        for kind, namespace, name in monitor_plan.children(*manifest.name(live)):
            kept = self._means.index[kind].get(namespace, name)
            found[kind] = kept.manifest if kept else None
            if kept is None and kind is not POD:
                # Before something is made: it may be there without our labels.
                found[kind] = await self._means.api.get(kind, namespace, name)
        return MonitorInputs(
            monitor=live,
            shape=self._shape,
            registered=registered,
            statefulset=found[STATEFULSET],
            configmap=found[CONFIGMAP],
            pod=found[POD],
            insisted=frozenset(
                kind for kind, it in found.items() if it and self._hands.insistence.holds(it)
            ),
        )

    async def _say(self, live: Json, wanted: Monitor | None, plan: MonitorPlan) -> None:
        standing = self.standings.get(manifest.name(live))
        before = manifest.block(live, "status")
        said = (*plan.conditions, *self._archived(manifest.name(live), before))
        status = monitor_status.build(live, wanted, said, standing, self._means.now())
        if monitor_status.same(before, status):
            return
        await self._hands.status(MONITOR, live, status)
        for news in monitor_status.events(before, status):
            await self._hands.tell(MONITOR, live, news)

    async def _page(self, live: Json) -> timedelta | None:
        page = page_status.parse(live)
        namespace, _ = manifest.name(live)
        metas = [
            Meta(name=place[1], namespace=namespace, labels=kept.labels)
            for place, kept in self._means.index.monitors(namespace).items()
        ]
        shown = () if isinstance(page, InvalidManifest) else page_status.shown(page, metas)
        said = page_status.ready(page, shown)
        names: tuple[HostnameState, ...] = ()
        target = ""
        if isinstance(page, StatusPage):
            namespace_uid = await self._means.namespaces.uid(namespace, page.meta.uid)
            if namespace_uid is None:
                return None
            identity = PageIdentity(namespace_uid, page.meta.name)
            label = self._hosting.label(identity) if self._hosting else ""
            number, label = await self._means.central.put_page(
                page, shown, namespace_uid, self._means.now(), label
            )
            target = self._hosting.target(label) if self._hosting else ""
            names = await self._names(page, number, identity, target)
        before = manifest.block(live, "status")
        if self._hosting is not None and self._hosting.unsettled(names, before):
            return SOON
        states = [self._state((namespace, entry.monitor)) for entry in shown]
        grace = self._hosting.grace if self._hosting else GRACE
        status = page_status.status(
            live,
            said,
            page_status.overall(states),
            page_status.address(live, self._page_url, target, names, grace),
            self._means.now(),
            names=names,
            grace=grace,
        )
        if not monitor_status.same(before, status):
            await self._hands.status(PAGE, live, status)
            await self._told(live, before, said)
            for news in hostnames_status.events(before, manifest.blocks(status, "hostnames")):
                await self._hands.tell(PAGE, live, news)
        return None

    async def _names(
        self, page: StatusPage, number: int, identity: PageIdentity, target: str
    ) -> tuple[HostnameState, ...]:
        """How far the page's host names have come."""
        if self._hosting is None:
            return tuple(HostnameState(host, unserved=True) for host in page.hostnames)
        key = ObjectKey(PAGE.name, page.meta.namespace, page.meta.name)
        return await self._hosting.names(key, number, identity, page, target)

    def _state(self, place: Place) -> State:
        return self.standings.get(place, MonitorStatus()).state

    async def _told(self, live: Json, before: Json, said: Condition) -> None:
        old = manifest.entry(manifest.blocks(before, "conditions"), "type", said.type)
        if said.status == FALSE and old.get("reason") != said.reason:
            news = MonitorEvent(monitor_status.WARNING, said.reason, said.message)
            await self._hands.tell(PAGE, live, news)
