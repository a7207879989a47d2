"""Hold what the operator needs of the cluster in memory, and enqueue what a change affects.

Filled by watches, and by complete lists at each resync; nothing may be decided by it before the
first of these.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from allswell.controller.cache.object_store import CachedObject, KindStore, ObjectChange
from allswell.kube import names
from allswell.kube.client import Listing
from allswell.kube.kinds import CONFIGMAP, MONITOR, PAGE, POD, STATEFULSET, Kind
from allswell.kube.manifest import Json
from allswell.kube.views.monitor import MonitorView
from allswell.kube.views.object_meta import ManifestView, NamespacedName
from allswell.kube.views.page import StatusPageView
from allswell.kube.views.pod import PodView
from allswell.kube.views.statefulset import StatefulSetView

# A page waits a little, so that a hundred monitors that come at once cost it one refresh.
PAGE_DELAY = timedelta(seconds=1)
AT_ONCE = timedelta()
# The kinds that have a reconciler, and the kinds that it makes.
RECONCILED = (MONITOR, PAGE)
CHILDREN = (STATEFULSET, CONFIGMAP, POD)
WATCHED = (*RECONCILED, *CHILDREN)


@dataclass(frozen=True, slots=True)
class ObjectKey:
    """An object that is reconciled; `kind` is the kind's name."""

    kind: str
    namespace: str
    name: str

    @property
    def namespaced_name(self) -> NamespacedName:
        """Return namespace and name."""
        return self.namespace, self.name


@dataclass(slots=True)
class Cache:
    """A store for each kind. `synced` once all of them have been filled by lists.

    `enqueue` is called with what a change affects, and after what time it is to be reconciled.
    """

    enqueue: Callable[[ObjectKey, timedelta], None] = lambda _key, _after: None
    stores: Mapping[Kind, KindStore] = field(
        default_factory=lambda: {kind: KindStore(kind) for kind in WATCHED}
    )
    synced: bool = False

    def __getitem__(self, kind: Kind) -> KindStore:
        return self.stores[kind]

    def monitor(self, namespace: str, name: str) -> MonitorView | None:
        """Parse a Monitor as it was last seen; None when it is not there."""
        cached = self[MONITOR].get(namespace, name)
        return MonitorView.parse(cached.manifest) if cached else None

    def page(self, namespace: str, name: str) -> StatusPageView | None:
        """Parse a StatusPage as it was last seen; None when it is not there."""
        cached = self[PAGE].get(namespace, name)
        return StatusPageView.parse(cached.manifest) if cached else None

    def statefulset(self, namespace: str, name: str) -> StatefulSetView | None:
        """Parse a StatefulSet as it was last seen; None when it is not there."""
        cached = self[STATEFULSET].get(namespace, name)
        return StatefulSetView.parse(cached.manifest) if cached else None

    def configmap(self, namespace: str, name: str) -> ManifestView | None:
        """Parse a ConfigMap as it was last seen; None when it is not there."""
        cached = self[CONFIGMAP].get(namespace, name)
        return ManifestView.parse(cached.manifest) if cached else None

    def pod(self, namespace: str, name: str) -> PodView | None:
        """Parse a Pod as it was last seen; None when it is not there."""
        cached = self[POD].get(namespace, name)
        return PodView.parse(cached.manifest) if cached else None

    def observe(self, kind: Kind, raw: Json, *, deleted: bool = False) -> bool:
        """Take in what a watch shows; tell whether an object of the kind is gone."""
        change = self[kind].observe(raw, deleted=deleted)
        if change is not None:
            self._enqueue_affected(kind, change)
        return change is not None and change.after is None

    def replace(
        self, kind: Kind, listing: Listing, closed: Collection[str] = ()
    ) -> tuple[ObjectChange, ...]:
        """Take in a complete list of all namespaces but those `closed`; return what it changed."""
        changes = self[kind].replace(listing.objects, listing.version, closed)
        for change in changes:
            self._enqueue_affected(kind, change)
        return changes

    def enqueue_all(self, keys: Iterable[ObjectKey], after: timedelta = PAGE_DELAY) -> None:
        """Enqueue objects."""
        for key in keys:
            self.enqueue(key, after)

    def _enqueue_affected(self, kind: Kind, change: ObjectChange) -> None:
        for key, after in self.affected(kind, change).items():
            self.enqueue(key, after)

    def reconciled(self) -> tuple[ObjectKey, ...]:
        """Return all objects that have a reconciler."""
        return tuple(
            ObjectKey(kind.name, *name) for kind in RECONCILED for name in self[kind].items()
        )

    def affected(self, kind: Kind, change: ObjectChange) -> Mapping[ObjectKey, timedelta]:
        """Return what is to be reconciled after a change, and after what time."""
        namespace, name = change.name
        if kind == PAGE:
            return {ObjectKey(PAGE.name, namespace, name): AT_ONCE}
        if kind == MONITOR:
            keys = {ObjectKey(MONITOR.name, namespace, name): AT_ONCE}
            if shown_by_pages(change.before) != shown_by_pages(change.after):
                keys |= dict.fromkeys(self.pages(namespace), PAGE_DELAY)
            return keys
        monitor = monitor_label(change.after) or monitor_label(change.before)
        return {ObjectKey(MONITOR.name, namespace, monitor): AT_ONCE} if monitor else {}

    def pages(self, namespace: str) -> tuple[ObjectKey, ...]:
        """Return the pages of a namespace."""
        return tuple(
            ObjectKey(PAGE.name, *name) for name in self[PAGE].items() if name[0] == namespace
        )

    def monitors(self, namespace: str) -> Mapping[NamespacedName, CachedObject]:
        """Return the monitors of a namespace."""
        every = self[MONITOR].items()
        return {name: cached for name, cached in every.items() if name[0] == namespace}

    def monitor_of(self, statefulset: ManifestView) -> str:
        """Return the living Monitor whose StatefulSet this is; empty for one that only looks so."""
        owner, namespace = statefulset.meta.owner, statefulset.meta.namespace
        if owner is None or owner.kind != MONITOR.name:
            return ""
        living = self[MONITOR].get(namespace, owner.name)
        is_its = statefulset.meta.name == names.checker(owner.name)
        return owner.name if is_its and living and living.uid == owner.uid else ""


def shown_by_pages(monitor: CachedObject | None) -> object:
    """Return what of a Monitor a page depends on."""
    return None if monitor is None else (monitor.uid, monitor.labels)


def monitor_label(child: CachedObject | None) -> str:
    """Return the Monitor that a child says it belongs to."""
    return "" if child is None else child.labels.get(names.MONITOR_LABEL, "")
