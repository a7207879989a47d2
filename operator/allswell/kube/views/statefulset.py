"""Parse a StatefulSet: what it was made from, and how far Kubernetes has followed it."""

from dataclasses import dataclass
from typing import Self

from allswell.kube import manifest, names
from allswell.kube.manifest import Json
from allswell.kube.views.object_meta import ManifestView, ObjectMeta


@dataclass(frozen=True, slots=True)
class StatefulSetView(ManifestView):
    """A StatefulSet, live or desired; of a desired one `observed_generation` is 0."""

    replicas: int = 0
    observed_generation: int = 0
    update_revision: str = ""

    @classmethod
    def parse(cls, raw: Json) -> Self:
        """Parse a StatefulSet, or a manifest of one that is yet to be applied."""
        return cls(
            ObjectMeta.parse(raw),
            raw,
            replicas=manifest.number(raw, "spec", "replicas"),
            observed_generation=manifest.number(raw, "status", "observedGeneration"),
            update_revision=manifest.text(raw, "status", "updateRevision"),
        )

    @property
    def own_hash(self) -> str:
        """Return the hash of what the Monitor itself says, whatever the installation adds."""
        return self.meta.annotations.get(names.OWN_HASH, "")

    @property
    def is_rolled_out(self) -> bool:
        """Tell whether its checker was replaced in a batch of the installation's roll-out."""
        return bool(self.meta.annotations.get(names.ROLLED_OUT))

    @property
    def is_observed(self) -> bool:
        """Tell whether its controller has seen it as it is now."""
        return self.observed_generation >= self.meta.generation
