"""All objects of one kind as they were last seen, small enough to hold thousands.

Watches deliver late, twice or never, and lists show a moment that may be past. So each object goes
by its version: an older sight never replaces a newer one, and what was deleted stays deleted.
Written by one thread; read by any.
"""

import json
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from allswell.kube import manifest
from allswell.kube.kinds import Kind
from allswell.kube.manifest import Json

Place = tuple[str, str]
FASTEST = 1


@dataclass(frozen=True, slots=True)
class CachedObject:
    """An object; `content` is the manifest without what only the API server needs."""

    uid: str
    version: int
    labels: Mapping[str, str]
    content: bytes

    @property
    def manifest(self) -> Json:
        """The object again."""
        found: Json = json.loads(zlib.decompress(self.content))
        return found


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """What a look has changed; None stands for an object that is not there."""

    place: Place
    before: CachedObject | None
    after: CachedObject | None


class KindStore:
    """The objects of one kind by namespace and name."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._kept: dict[Place, CachedObject] = {}
        self._deleted: dict[Place, int] = {}

    def get(self, namespace: str, name: str) -> CachedObject | None:
        """The object as it was last seen."""
        return self._kept.get((namespace, name))

    def items(self) -> Mapping[Place, CachedObject]:
        """A copy of all there is."""
        return dict(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def newest(self) -> int:
        """The version of the newest object; 0 when there is none."""
        return max((kept.version for kept in self._kept.values()), default=0)

    def observe(self, seen: Json, *, deleted: bool = False) -> ObjectChange | None:
        """Take in one object; None when that is no news."""
        place, version = manifest.name(seen), version_of(seen)
        before = self._kept.get(place)
        if version <= max(self._deleted.get(place, -1), before.version if before else -1):
            return None
        if deleted:
            self._deleted[place] = version
            self._kept.pop(place, None)
            return ObjectChange(place, before, None) if before else None
        after = kept(self._kind, seen)
        self._kept[place] = after
        return ObjectChange(place, before, after)

    def replace(
        self, objects: Iterable[Json], version: int, closed: Collection[str] = ()
    ) -> tuple[ObjectChange, ...]:
        """Take in a complete list that shows the cluster at a version; what it has changed.

        It says nothing of the namespaces `closed`.
        """
        changes, listed = [], set()
        for seen in objects:
            listed.add(manifest.name(seen))
            if (change := self.observe(seen)) is not None:
                changes.append(change)
        gone = [
            place
            for place, it in self._kept.items()
            if place not in listed and it.version <= version and place[0] not in closed
        ]
        for place in gone:
            changes.append(ObjectChange(place, self._kept.pop(place), None))
            self._deleted[place] = version
        self._deleted = {p: v for p, v in self._deleted.items() if v >= version}
        return tuple(changes)


def version_of(seen: Json) -> int:
    """The version of an object. Kubernetes lets versions of one kind be compared as numbers."""
    text = manifest.text(seen, "metadata", "resourceVersion")
    return int(text) if text.isascii() and text.isdigit() else 0


def kept(kind: Kind, seen: Json) -> CachedObject:
    """An object as it is kept. In a list objects do not say what they are."""
    said = {"apiVersion": kind.api, "kind": kind.name}
    metadata = {k: v for k, v in manifest.block(seen, "metadata").items() if k != "managedFields"}
    content = json.dumps({**seen, **said, "metadata": metadata}, separators=(",", ":")).encode()
    labels = {str(k): str(v) for k, v in manifest.block(metadata, "labels").items()}
    return CachedObject(
        uid=manifest.uid(seen),
        version=version_of(seen),
        labels=labels,
        content=zlib.compress(content, FASTEST),
    )
