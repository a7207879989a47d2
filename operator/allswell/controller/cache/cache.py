"""What the cluster looks like, as far as the operator cares, and whose turn a change makes it.

Filled by watches, and by complete lists at each resync; nothing may be judged by it before the
first of these.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from allswell.controller.cache.object_store import CachedObject, KindStore, ObjectChange, Place
from allswell.kube import manifest, names
from allswell.kube.client import Listing
from allswell.kube.kinds import CONFIGMAP, MONITOR, PAGE, POD, STATEFULSET, Kind
from allswell.kube.manifest import Json

# A page waits a little, so that a hundred monitors that come at once cost it one refresh.
GATHERING = timedelta(seconds=1)
AT_ONCE = timedelta()
WATCHED = (MONITOR, PAGE, STATEFULSET, CONFIGMAP, POD)
CHILDREN = (STATEFULSET, CONFIGMAP, POD)


@dataclass(frozen=True, slots=True)
class ObjectKey:
    """A Monitor or a StatusPage to be looked at; `kind` is the kind's name."""

    kind: str
    namespace: str
    name: str


@dataclass(slots=True)
class Cache:
    """The shelves, one for each kind. `synced` once all of them have been filled by lists.

    `turn` is told whose turn it is, and how soon.
    """

    turn: Callable[[ObjectKey, timedelta], None] = lambda _key, _after: None
    shelves: Mapping[Kind, KindStore] = field(
        default_factory=lambda: {k: KindStore(k) for k in WATCHED}
    )
    synced: bool = False

    def __getitem__(self, kind: Kind) -> KindStore:
        return self.shelves[kind]

    def observe(self, kind: Kind, seen: Json, *, deleted: bool = False) -> bool:
        """Take in what a watch says; whether an object of the kind is gone."""
        change = self[kind].observe(seen, deleted=deleted)
        if change is not None:
            self._take(kind, change)
        return change is not None and change.after is None

    def replace(
        self, kind: Kind, listing: Listing, closed: Collection[str] = ()
    ) -> tuple[ObjectChange, ...]:
        """Take in a complete list, but for namespaces that are `closed`; what that has changed."""
        changes = self[kind].replace(listing.objects, listing.version, closed)
        for change in changes:
            self._take(kind, change)
        return changes

    def wake(self, keys: Iterable[ObjectKey], after: timedelta = GATHERING) -> None:
        """Have objects looked at."""
        for key in keys:
            self.turn(key, after)

    def _take(self, kind: Kind, change: ObjectChange) -> None:
        for key, after in self.touched(kind, change).items():
            self.turn(key, after)

    def every(self) -> tuple[ObjectKey, ...]:
        """All that can be looked at."""
        return tuple(
            ObjectKey(kind.name, *place) for kind in (MONITOR, PAGE) for place in self[kind].items()
        )

    def touched(self, kind: Kind, change: ObjectChange) -> Mapping[ObjectKey, timedelta]:
        """Whose turn a change makes it, and how soon."""
        namespace, name = change.place
        if kind == PAGE:
            return {ObjectKey(PAGE.name, namespace, name): AT_ONCE}
        if kind == MONITOR:
            found = {ObjectKey(MONITOR.name, namespace, name): AT_ONCE}
            if looks(change.before) != looks(change.after):
                found |= dict.fromkeys(self.pages(namespace), GATHERING)
            return found
        monitor = label_of(change.after) or label_of(change.before)
        return {ObjectKey(MONITOR.name, namespace, monitor): AT_ONCE} if monitor else {}

    def pages(self, namespace: str) -> tuple[ObjectKey, ...]:
        """The pages of a namespace."""
        return tuple(ObjectKey(PAGE.name, *p) for p in self[PAGE].items() if p[0] == namespace)

    def monitors(self, namespace: str) -> Mapping[Place, CachedObject]:
        """The monitors of a namespace."""
        return {p: k for p, k in self[MONITOR].items().items() if p[0] == namespace}


def looks(kept: CachedObject | None) -> object:
    """What of a Monitor a page depends on."""
    return None if kept is None else (kept.uid, kept.labels)


def label_of(kept: CachedObject | None) -> str:
    """The Monitor that a child says it belongs to."""
    return "" if kept is None else kept.labels.get(names.MONITOR_LABEL, "")


def monitor_of(index: Cache, statefulset: Json) -> str:
    """The living Monitor whose StatefulSet this is; empty for one that only looks like it."""
    namespace, name = manifest.name(statefulset)
    parent = manifest.owner(statefulset)
    monitor = manifest.text(parent, "name")
    living = index[MONITOR].get(namespace, monitor)
    is_its = parent.get("kind") == MONITOR.name and name == names.checker(monitor)
    return monitor if is_its and living and living.uid == parent.get("uid") else ""
