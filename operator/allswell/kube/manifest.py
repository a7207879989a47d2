"""Read manifests as plain mappings without surprise, and compare what was written with what is.

The API server adds defaults and others add fields; so equal means that all that was written is
there.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

from allswell.kube import names
from allswell.kube.kinds import Kind

Json = Mapping[str, object]
NOTHING: Json = {}


def at(manifest: object, *path: str) -> object:
    """Return the value at a path; None where anything is lacking."""
    here = manifest
    for part in path:
        here = here.get(part) if isinstance(here, Mapping) else None
    return here


def text(manifest: object, *path: str) -> str:
    """Return the text at a path; empty where there is none."""
    value = at(manifest, *path)
    return value if isinstance(value, str) else ""


def number(manifest: object, *path: str) -> int:
    """Return the whole number at a path; 0 where there is none."""
    value = at(manifest, *path)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def block(manifest: object, *path: str) -> Json:
    """Return the mapping at a path; empty where there is none."""
    value = at(manifest, *path)
    return value if isinstance(value, Mapping) else NOTHING


def blocks(manifest: object, *path: str) -> tuple[Json, ...]:
    """Return the mappings in the list at a path."""
    value = at(manifest, *path)
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    return tuple(entry for entry in value if isinstance(entry, Mapping))


def texts(manifest: object, *path: str) -> tuple[str, ...]:
    """Return the texts in the list at a path."""
    value = at(manifest, *path)
    return tuple(part for part in value if isinstance(part, str)) if isinstance(value, list) else ()


def entry(manifests: Iterable[Json], key: str, value: str) -> Json:
    """Return the first mapping whose key has this value; an empty one when there is none."""
    return next((each for each in manifests if each.get(key) == value), NOTHING)


def name(manifest: object) -> tuple[str, str]:
    """Return namespace and name."""
    return text(manifest, "metadata", "namespace"), text(manifest, "metadata", "name")


def uid(manifest: object) -> str:
    """Return the object's own identity; empty where it has none."""
    return text(manifest, "metadata", "uid")


def version(text: str) -> int:
    """Return a resourceVersion as a number; 0 for none."""
    return int(text) if text.isascii() and text.isdigit() else 0


def owner(manifest: object) -> Json:
    """Return the reference to the object that controls this one; empty when there is none."""
    references = blocks(manifest, "metadata", "ownerReferences")
    return next((each for each in references if each.get("controller") is True), NOTHING)


def short_hash(value: object) -> str:
    """Return a short hash of a value that JSON can hold; the order of keys does not matter."""
    content = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return blake2b(content.encode(), digest_size=10).hexdigest()


def declared_hash(live: Json) -> str:
    """Return a short hash of what people and programs write of an object, without its status."""
    metadata = block(live, "metadata")
    written = [metadata.get(part) for part in ("labels", "annotations", "ownerReferences")]
    return short_hash([written, live.get("spec"), live.get("data")])


def compact(kind: Kind, raw: Json) -> dict[str, object]:
    """Return an object without its managed fields; in a list objects do not say what they are."""
    metadata = {k: v for k, v in block(raw, "metadata").items() if k != "managedFields"}
    return {**raw, "apiVersion": kind.api, "kind": kind.name, "metadata": metadata}


def with_spec_hash(desired: Json) -> dict[str, object]:
    """Return the manifest with its own hash among its annotations."""
    metadata = dict(block(desired, "metadata"))
    own = {names.SPEC_HASH: short_hash(desired)}
    metadata["annotations"] = {**block(metadata, "annotations"), **own}
    return {**desired, "metadata": metadata}


def is_subset(live: object, desired: object) -> bool:
    """Tell whether all that is desired is there: nested fields are, lists agree one by one."""
    if isinstance(desired, Mapping):
        return isinstance(live, Mapping) and all(
            key in live and is_subset(live[key], value) for key, value in desired.items()
        )
    if isinstance(desired, list | tuple):
        return (
            isinstance(live, list | tuple)
            and len(live) == len(desired)
            and all(is_subset(one, other) for one, other in zip(live, desired, strict=True))
        )
    return live == desired
