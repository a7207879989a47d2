"""Parse the metadata that every Kubernetes object has, and compare whole manifests."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from allswell.kube import manifest, names
from allswell.kube.manifest import Json

# A namespace and a name within it.
NamespacedName = tuple[str, str]


@dataclass(frozen=True, slots=True)
class OwnerReference:
    """The object that controls another one."""

    kind: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class ObjectMeta:
    """An object's metadata.

    `resource_version` is the text that a write is held to; `created` an RFC 3339 time, both empty
    where the manifest has none. `owner` is the controlling owner alone.
    """

    namespace: str
    name: str
    uid: str
    resource_version: str
    generation: int
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    owner: OwnerReference | None
    created: str
    deleting: bool

    @classmethod
    def parse(cls, raw: Json | None) -> Self:
        """Parse an object's metadata."""
        metadata = manifest.block(raw, "metadata")
        reference = manifest.owner(raw)
        return cls(
            namespace=manifest.text(metadata, "namespace"),
            name=manifest.text(metadata, "name"),
            uid=manifest.text(metadata, "uid"),
            resource_version=manifest.text(metadata, "resourceVersion"),
            generation=manifest.number(metadata, "generation"),
            labels=_texts(metadata, "labels"),
            annotations=_texts(metadata, "annotations"),
            owner=_owner(reference) if reference else None,
            created=manifest.text(metadata, "creationTimestamp"),
            deleting=bool(manifest.text(metadata, "deletionTimestamp")),
        )

    @property
    def namespaced_name(self) -> NamespacedName:
        """Return namespace and name."""
        return self.namespace, self.name

    @property
    def version(self) -> int:
        """Return the version as a number: Kubernetes lets those of one kind be compared so."""
        return manifest.version(self.resource_version)


@dataclass(frozen=True, slots=True)
class ManifestView:
    """A manifest with its metadata parsed; `content` is compared as a whole, never searched."""

    meta: ObjectMeta
    content: Json

    @classmethod
    def parse(cls, raw: Json) -> Self:
        """Parse an object, or a manifest that is yet to be applied."""
        return cls(ObjectMeta.parse(raw), raw)

    @property
    def spec_hash(self) -> str:
        """Return the hash of the manifest that was applied last; empty where it is not ours."""
        return self.meta.annotations.get(names.SPEC_HASH, "")

    @property
    def declared_hash(self) -> str:
        """Return the hash of all that people and programs write of it, its status left out."""
        return manifest.declared_hash(self.content)

    def contains(self, desired: "ManifestView") -> bool:
        """Tell whether every field of a desired manifest is in this one."""
        return manifest.is_subset(self.content, desired.content)


def _texts(metadata: Json, key: str) -> dict[str, str]:
    return {str(k): str(v) for k, v in manifest.block(metadata, key).items()}


def _owner(reference: Json) -> OwnerReference:
    return OwnerReference(*(manifest.text(reference, key) for key in ("kind", "name", "uid")))
