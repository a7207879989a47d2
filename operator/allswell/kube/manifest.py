"""Manifests as plain mappings: reading them without surprise, comparing what we wrote to what is.

The API server adds defaults and others add fields; so equal means that all we wrote is there.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

from allswell.kube import names
from allswell.kube.kinds import Kind

Json = Mapping[str, object]
NOTHING: Json = {}


def at(manifest: object, *path: str) -> object:
    """The value at a path; None where anything is lacking."""
    here = manifest
    for part in path:
        here = here.get(part) if isinstance(here, Mapping) else None
    return here


def text(manifest: object, *path: str) -> str:
    """The text at a path; empty where there is none."""
    found = at(manifest, *path)
    return found if isinstance(found, str) else ""


def number(manifest: object, *path: str) -> int:
    """The whole number at a path; 0 where there is none."""
    found = at(manifest, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def block(manifest: object, *path: str) -> Json:
    """The mapping at a path; empty where there is none."""
    found = at(manifest, *path)
    return found if isinstance(found, Mapping) else NOTHING


def blocks(manifest: object, *path: str) -> tuple[Json, ...]:
    """The mappings in the list at a path."""
    found = at(manifest, *path)
    if not isinstance(found, Sequence) or isinstance(found, str):
        return ()
    return tuple(entry for entry in found if isinstance(entry, Mapping))


def texts(manifest: object, *path: str) -> tuple[str, ...]:
    """The texts in the list at a path."""
    found = at(manifest, *path)
    return tuple(part for part in found if isinstance(part, str)) if isinstance(found, list) else ()


def entry(manifests: Iterable[Json], key: str, value: str) -> Json:
    """The first mapping whose key has this value; an empty one when there is none."""
    return next((found for found in manifests if found.get(key) == value), NOTHING)


def name(manifest: object) -> tuple[str, str]:
    """Namespace and name."""
    return text(manifest, "metadata", "namespace"), text(manifest, "metadata", "name")


def uid(manifest: object) -> str:
    """The object's own identity."""
    return text(manifest, "metadata", "uid")


def version(text: str) -> int:
    """Return a resourceVersion as a number; 0 for none."""
    return int(text) if text.isascii() and text.isdigit() else 0


def owner(manifest: object) -> Json:
    """The reference to the object that controls this one; empty when there is none."""
    references = blocks(manifest, "metadata", "ownerReferences")
    return next((found for found in references if found.get("controller") is True), NOTHING)


def fingerprint(value: object) -> str:
    """A short hash of a value that JSON can hold; the order of keys does not matter."""
    content = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return blake2b(content.encode(), digest_size=10).hexdigest()


def declared(live: Json) -> str:
    """A short hash of what people and programs write of an object; its status is no part of it."""
    metadata = block(live, "metadata")
    written = [metadata.get(part) for part in ("labels", "annotations", "ownerReferences")]
    return fingerprint([written, live.get("spec"), live.get("data")])


def compact(kind: Kind, seen: Json) -> dict[str, object]:
    """Return an object without its managed fields; in a list objects do not say what they are."""
    metadata = {k: v for k, v in block(seen, "metadata").items() if k != "managedFields"}
    return {**seen, "apiVersion": kind.api, "kind": kind.name, "metadata": metadata}


def spec_hash(seen: Json) -> str:
    """The fingerprint among an object's annotations."""
    return text(seen, "metadata", "annotations", names.FINGERPRINT)


def with_spec_hash(wanted: Json) -> dict[str, object]:
    """The manifest with its own fingerprint among its annotations."""
    metadata = dict(block(wanted, "metadata"))
    stamp = {names.FINGERPRINT: fingerprint(wanted)}
    metadata["annotations"] = {**block(metadata, "annotations"), **stamp}
    return {**wanted, "metadata": metadata}


def is_subset(live: object, wanted: object) -> bool:
    """Whether all that we want is there: nested fields are, lists agree entry by entry."""
    if isinstance(wanted, Mapping):
        return isinstance(live, Mapping) and all(
            key in live and is_subset(live[key], value) for key, value in wanted.items()
        )
    if isinstance(wanted, list | tuple):
        return (
            isinstance(live, list | tuple)
            and len(live) == len(wanted)
            and all(is_subset(one, other) for one, other in zip(live, wanted, strict=True))
        )
    return live == wanted
