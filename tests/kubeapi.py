"""Fake a Kubernetes API in memory, as far as the operator uses it.

It keeps versions, identities and generations, merges what is applied and takes away what is applied
no more; it validates Monitors and StatusPages as our own parser does, and runs no controllers. It
passes the same tests as the real way to a real API server (`tests/contract/kube_api.py`).
"""

import copy
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from allswell.domain.spec import monitor, page
from allswell.domain.spec.problem import InvalidManifest
from allswell.kube import errors, manifest
from allswell.kube.client import EVERYWHERE, Listing
from allswell.kube.errors import KubeConflict, KubeError, KubeMissing, KubeRejected
from allswell.kube.kinds import MONITOR, NAMESPACE, PAGE, Kind
from allswell.kube.manifest import Json

Object = dict[str, Any]
Address = tuple[Kind, str, str]
PARSERS: Mapping[Kind, Callable[[Json], object]] = {MONITOR: monitor.read, PAGE: page.read}


@dataclass(slots=True)
class FakeApi:
    """`asked` is every call in order, `trouble` what the next calls of a verb raise.

    `closed` are namespaces in which we may do nothing. `mutating` is what an admission
    webhook makes of whatever is applied.
    """

    objects: dict[Address, Object] = field(default_factory=dict)
    absent: set[Kind] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    trouble: dict[str, list[KubeError]] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    mutating: Callable[[Kind, Object], Object] = lambda _kind, seen: seen
    _applied: dict[tuple[Address, str], Object] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def get(self, kind: Kind, namespace: str, name: str) -> Json | None:
        """Return an object, or None when it is not there."""
        self._ask("get", kind, name)
        found = self.objects.get((kind, namespace, name))
        return None if found is None else copy.deepcopy(found)

    async def every(self, kind: Kind, namespaces: Sequence[str], selector: str = "") -> Listing:
        """Return all objects of a kind, complete or not at all; the namespace "" stands for all."""
        self._ask("every", kind, "")
        if kind in self.absent:
            raise KubeMissing(f"404: the server could not find {kind.plural}")
        chosen = namespaces or EVERYWHERE
        if denied := self.closed.intersection(chosen):
            raise KubeRejected(f"403: {kind.plural} is forbidden in {min(denied)}")
        found = tuple(
            _listed(kind, copy.deepcopy(seen))
            for address, seen in sorted(self.objects.items(), key=lambda entry: entry[0][1:])
            if address[0] == kind and (address[1] in chosen or "" in chosen)
            if _selected(seen, selector)
        )
        return Listing(found, next(self._numbers))

    async def apply(self, kind: Kind, wanted: Json, subresource: str = "", uid: str = "") -> Json:
        """Make our fields of an object so; with a uid only of that very object."""
        namespace, name = manifest.name(wanted)
        self._ask(f"apply {subresource}".strip(), kind, name)
        address = (kind, namespace, name)
        before = self.objects.get(address)
        if before is None and subresource:
            raise KubeMissing(f"404: {kind.plural} {name!r} not found")
        if uid and not subresource and (before is None or manifest.uid(before) != uid):
            raise KubeConflict(f"409: {kind.plural} {name!r}: another uid")
        version = manifest.text(wanted, "metadata", "resourceVersion")
        if version and before and before["metadata"]["resourceVersion"] != version:
            raise KubeConflict(f"409: {kind.plural} {name!r} has been modified")
        given = _plain(wanted)
        part = {"status": given["status"]} if subresource else {**given, "status": None}
        part = {key: value for key, value in part.items() if value is not None}
        known = self._applied.get((address, subresource), {})
        after = _merged(_without(copy.deepcopy(before or {}), known, part), part)
        self._applied[(address, subresource)] = part
        return copy.deepcopy(self._kept(address, before, self.mutating(kind, after)))

    async def create(self, kind: Kind, wanted: Json) -> Json:
        """Create an object. Raises `Conflict` when it is there."""
        namespace, name = manifest.name(wanted)
        self._ask("create", kind, name)
        if (kind, namespace, name) in self.objects:
            raise KubeConflict(f"409: {kind.plural} {name!r} already exists")
        return copy.deepcopy(self._kept((kind, namespace, name), None, _plain(wanted)))

    async def merge(self, kind: Kind, patch: Json, subresource: str = "") -> Json:
        """Change single fields of an object that somebody else manages; None removes a field."""
        address = (kind, *manifest.name(patch))
        self._ask(f"merge {subresource}".strip(), kind, address[2])
        if (before := self.objects.get(address)) is None:
            raise KubeMissing(f"404: {kind.plural} {address[2]!r} not found")
        part = {"status": patch["status"]} if subresource else _plain(patch)
        after = _cleared(_merged(copy.deepcopy(before), part))
        return copy.deepcopy(self._kept(address, before, after))

    async def delete(self, kind: Kind, namespace: str, name: str, uid: str, *, force: bool) -> None:
        """Delete that very object; it is no error when it is gone. `force` waits for nobody."""
        self._ask("delete force" if force else "delete", kind, name)
        found = self.objects.get((kind, namespace, name))
        if found is None:
            return
        if uid and manifest.uid(found) != uid:
            raise KubeConflict(f"409: {kind.plural} {name!r}: another uid")
        self.remove(kind, namespace, name)

    def put(self, kind: Kind, seen: Json) -> Json:
        """Put an object, with its status, as another client does."""
        address = (kind, *manifest.name(seen))
        return copy.deepcopy(self._kept(address, self.objects.get(address), _plain(seen)))

    def remove(self, kind: Kind, namespace: str, name: str) -> None:
        """Delete an object as another client does."""
        del self.objects[(kind, namespace, name)]
        for key in [key for key in self._applied if key[0] == (kind, namespace, name)]:
            del self._applied[key]

    def namespace(self, name: str) -> str:
        """Make a namespace; its UID."""
        return manifest.uid(self.put(NAMESPACE, {"metadata": {"name": name}}))

    def _ask(self, verb: str, kind: Kind, name: str) -> None:
        self.asked.append((verb, kind.name, name))
        if waiting := self.trouble.get(verb.partition(" ")[0]):
            raise waiting.pop(0)

    def _kept(self, address: Address, before: Object | None, after: Object) -> Object:
        kind, namespace, name = address
        old = before["metadata"] if before else {}
        meta = {k: v for k, v in old.items() if k in ("uid", "resourceVersion", "generation")}
        if not before:
            meta = {"uid": f"uid-{next(self._numbers)}", "generation": 1}
        elif before.get("spec") != after.get("spec"):
            meta["generation"] = old["generation"] + 1
        place = {"name": name} | ({"namespace": namespace} if namespace else {})
        metadata = {**after.get("metadata", {}), **place, **meta}
        found = {**after, "apiVersion": kind.api, "kind": kind.name, "metadata": metadata}
        if found != before:
            _validate(kind, found)
            metadata["resourceVersion"] = str(next(self._numbers))
            self.objects[address] = found
        return self.objects[address]


def _validate(kind: Kind, seen: Object) -> None:
    try:
        if kind in PARSERS:
            PARSERS[kind](seen)
    except InvalidManifest as problems:
        raise errors.of(422, str(problems)) from problems


def _listed(kind: Kind, seen: Object) -> Object:
    """Drop the kind of a built-in object, which a list does not have."""
    if "." not in kind.group or kind.group.endswith(".k8s.io"):
        del seen["apiVersion"], seen["kind"]
    return seen


def _plain(wanted: Json) -> Object:
    return copy.deepcopy(dict(wanted))


def _selected(seen: Json, selector: str) -> bool:
    labels = manifest.block(seen, "metadata", "labels")
    pairs = [part.split("=") for part in selector.split(",") if part]
    return all(labels.get(key) == value for key, value in pairs)


def _merged(live: Object, wanted: Object) -> Object:
    """Merge the desired fields over the existing ones. Lists are replaced whole."""
    for key, value in wanted.items():
        if isinstance(value, dict) and isinstance(live.get(key), dict):
            live[key] = _merged(live[key], value)
        else:
            live[key] = copy.deepcopy(value)
    return live


def _cleared(value: Object) -> Object:
    """Drop the fields that are null."""
    return {
        key: _cleared(part) if isinstance(part, dict) else part
        for key, part in value.items()
        if part is not None
    }


def _without(live: Object, known: Object, wanted: Object) -> Object:
    """Drop the fields that we once applied and no longer want."""
    for key, value in known.items():
        if key not in wanted:
            live.pop(key, None)
        elif all(isinstance(it.get(key), dict) for it in (live, known, wanted)):
            live[key] = _without(live[key], value, wanted[key])
    return live
