"""Reconcile one StatusPage: its row in the central database, its host names, its status."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from allswell.controller.apply.applier import Applier
from allswell.controller.apply.events import WARNING, ObjectEvent
from allswell.controller.cache.cache import Cache, ObjectKey
from allswell.controller.cache.namespaces import Namespaces
from allswell.controller.database.client import DatabaseClient
from allswell.controller.database.monitor_statuses import MonitorStatuses
from allswell.controller.hostnames import status as hostnames_status
from allswell.controller.hostnames.service import HostnameService
from allswell.controller.hostnames.status import HostnameState
from allswell.controller.reconcile.page import status as page_status
from allswell.domain.hostname import PageIdentity
from allswell.domain.spec.meta import Meta
from allswell.domain.spec.page import ComponentSpec, StatusPage
from allswell.kube.conditions import FALSE, Condition
from allswell.kube.kinds import PAGE
from allswell.kube.views.page import PageStatusView, StatusPageView

RETRY_SETTLING = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class PageHostnames:
    """A page's own host name, empty where it has none, and the state of each customer's one."""

    target: str = ""
    states: tuple[HostnameState, ...] = ()


class PageReconciler:
    """Makes true what StatusPages say."""

    def __init__(
        self,
        *,
        cache: Cache,
        namespaces: Namespaces,
        database: DatabaseClient,
        statuses: MonitorStatuses,
        applier: Applier,
        page_url: str,
        hostnames: HostnameService | None,
        now: Callable[[], datetime],
    ) -> None:
        self._cache = cache
        self._namespaces = namespaces
        self._database = database
        self._statuses = statuses
        self._applier = applier
        self._page_url = page_url
        self._hostnames = hostnames
        self._now = now

    async def reconcile(self, key: ObjectKey) -> timedelta | None:
        """Make true what a StatusPage says; return when to reconcile it again in any case.

        1. Parse it as it was last seen; of one that is gone the host names are let go.
        2. Find the monitors that it shows.
        3. Write it to the central database, and ask for its host names.
        4. Write its status with the events of what has changed, unless an operator that has just
           begun does not know enough of the host names.

        Raises `KubeError` and `CentralError`.
        """
        page = self._cache.page(*key.namespaced_name)
        if page is None or page.meta.deleting:
            if self._hostnames is not None:
                self._hostnames.forget(key)
            return None
        shown = self._components(page)
        hostnames = PageHostnames()
        if isinstance(page.spec, StatusPage):
            namespace_uid = await self._namespaces.uid(page.meta.namespace, page.meta.uid)
            if namespace_uid is None:
                return None
            hostnames = await self._record(key, page.spec, shown, namespace_uid)
        if self._is_settling(page, hostnames):
            return RETRY_SETTLING
        await self._write_status(page, shown, hostnames)
        return None

    def _components(self, page: StatusPageView) -> tuple[ComponentSpec, ...]:
        namespace = page.meta.namespace
        metas = [
            Meta(name=name, namespace=namespace, labels=cached.labels)
            for (_, name), cached in self._cache.monitors(namespace).items()
        ]
        return page_status.components(page.spec, metas)

    async def _record(
        self,
        key: ObjectKey,
        page: StatusPage,
        shown: Sequence[ComponentSpec],
        namespace_uid: str,
    ) -> PageHostnames:
        """Write the page to the central database; return the states of its host names."""
        identity = PageIdentity(namespace_uid, page.meta.name)
        label = self._hostnames.page_label(identity) if self._hostnames else ""
        page_id, label = await self._database.put_page(
            page, shown, namespace_uid, self._now(), label
        )
        if self._hostnames is None:
            unserved = (HostnameState(host, unserved=True) for host in page.hostnames)
            return PageHostnames(states=tuple(unserved))
        target = self._hostnames.target(label)
        states = await self._hostnames.states(key, page_id, identity, page, target)
        return PageHostnames(target, states)

    def _is_settling(self, page: StatusPageView, hostnames: PageHostnames) -> bool:
        return self._hostnames is not None and self._hostnames.is_settling(
            hostnames.states, page.status
        )

    async def _write_status(
        self, page: StatusPageView, shown: Sequence[ComponentSpec], hostnames: PageHostnames
    ) -> None:
        namespace, states = page.meta.namespace, hostnames.states
        ready = page_status.ready(page.spec, shown)
        status = page_status.build(
            page,
            ready,
            page_status.overall(
                self._statuses.state((namespace, component.monitor)) for component in shown
            ),
            page_status.address(
                page.meta.namespaced_name, self._page_url, hostnames.target, states
            ),
            self._now(),
            states=states,
        )
        if status.equals(page.status):
            return
        await self._applier.write_status(PAGE, page.meta, status)
        for event in _events(page.status, status, ready):
            await self._applier.emit_event(PAGE, page.meta, event)


def _events(
    before: PageStatusView, after: PageStatusView, ready: Condition
) -> tuple[ObjectEvent, ...]:
    """Return the events between two statuses: `Ready` going wrong, and those of host names."""
    old = before.conditions.get(ready.type)
    of_hostnames = hostnames_status.events(before, after)
    if ready.status != FALSE or (old is not None and old.reason == ready.reason):
        return of_hostnames
    return (ObjectEvent(WARNING, ready.reason, ready.message), *of_hostnames)
