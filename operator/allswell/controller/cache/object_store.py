"""Hold all objects of one kind as they were last seen, small enough to hold thousands.

Watches deliver late, twice or never, and a list shows a moment that may be past. So each object
goes by its version: an older one never replaces a newer one, and what was deleted stays deleted.
Written by one thread; read by any.
"""

import json
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from allswell.kube import manifest
from allswell.kube.kinds import Kind
from allswell.kube.manifest import Json
from allswell.kube.views.object_meta import NamespacedName, ObjectMeta

FASTEST = 1


@dataclass(frozen=True, slots=True)
class CachedObject:
    """An object; `content` is its manifest, compressed, without what only the API server needs."""

    uid: str
    version: int
    labels: Mapping[str, str]
    content: bytes

    @property
    def manifest(self) -> Json:
        """Decompress the manifest, at each call."""
        decompressed: Json = json.loads(zlib.decompress(self.content))
        return decompressed


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """A change of the store; None stands for an object that is not there."""

    name: NamespacedName
    before: CachedObject | None
    after: CachedObject | None


class KindStore:
    """The objects of one kind by namespace and name."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._objects: dict[NamespacedName, CachedObject] = {}
        self._deleted: dict[NamespacedName, int] = {}

    def get(self, namespace: str, name: str) -> CachedObject | None:
        """Return an object as it was last seen; None when it is not there."""
        return self._objects.get((namespace, name))

    def items(self) -> Mapping[NamespacedName, CachedObject]:
        """Return a copy of all there is."""
        return dict(self._objects)

    def uids(self) -> frozenset[str]:
        """Return the UIDs of all objects."""
        return frozenset(cached.uid for cached in self._objects.values())

    def __len__(self) -> int:
        return len(self._objects)

    @property
    def newest(self) -> int:
        """Return the version of the newest object; 0 when there is none."""
        return max((cached.version for cached in self._objects.values()), default=0)

    def observe(self, raw: Json, *, deleted: bool = False) -> ObjectChange | None:
        """Take in one object, as a watch or a list shows it; None where it changes nothing."""
        meta = ObjectMeta.parse(raw)
        name, version = meta.namespaced_name, meta.version
        before = self._objects.get(name)
        if version <= max(self._deleted.get(name, -1), before.version if before else -1):
            return None
        if deleted:
            self._deleted[name] = version
            self._objects.pop(name, None)
            return ObjectChange(name, before, None) if before else None
        after = self._objects[name] = compressed(self._kind, raw, meta)
        return ObjectChange(name, before, after)

    def replace(
        self, objects: Iterable[Json], version: int, closed: Collection[str] = ()
    ) -> tuple[ObjectChange, ...]:
        """Take in a complete list that shows the cluster at a version; return what it changed.

        It shows nothing of the namespaces `closed`.
        """
        changes, listed = [], set()
        for raw in objects:
            listed.add(manifest.name(raw))
            if (change := self.observe(raw)) is not None:
                changes.append(change)
        gone = [
            name
            for name, cached in self._objects.items()
            if name not in listed and cached.version <= version and name[0] not in closed
        ]
        for name in gone:
            changes.append(ObjectChange(name, self._objects.pop(name), None))
            self._deleted[name] = version
        self._deleted = {name: at for name, at in self._deleted.items() if at >= version}
        return tuple(changes)


def compressed(kind: Kind, raw: Json, meta: ObjectMeta) -> CachedObject:
    """Compress an object to what is kept of it."""
    content = json.dumps(manifest.compact(kind, raw), separators=(",", ":")).encode()
    return CachedObject(
        uid=meta.uid,
        version=meta.version,
        labels=meta.labels,
        content=zlib.compress(content, FASTEST),
    )
