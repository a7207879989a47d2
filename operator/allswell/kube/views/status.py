"""Compare the statuses of our own kinds, and build the manifest by which one is written."""

from collections.abc import Mapping
from dataclasses import dataclass

from allswell.kube import manifest
from allswell.kube.conditions import Conditions
from allswell.kube.kinds import Kind
from allswell.kube.manifest import Json
from allswell.kube.views.object_meta import ObjectMeta


@dataclass(frozen=True, slots=True)
class StatusView:
    """A status; `content` is all of it."""

    conditions: Conditions
    content: Json

    def equals(self, other: "StatusView") -> bool:
        """Tell whether to write one over the other would change nothing."""
        return _ordered(self.content) == _ordered(other.content)


def _ordered(status: Json) -> Json:
    """Return a status with its conditions in one order: the API server keeps its own."""
    entries = sorted(
        manifest.blocks(status, "conditions"), key=lambda entry: str(entry.get("type"))
    )
    return {**status, "conditions": [dict(entry) for entry in entries]}


def update(kind: Kind, meta: ObjectMeta, status: StatusView) -> Mapping[str, object]:
    """Build the manifest that writes a status to an object in the version that was seen.

    The API server holds no status to a UID, but to a version.
    """
    place = {"namespace": meta.namespace, "name": meta.name}
    return {
        "apiVersion": kind.api,
        "kind": kind.name,
        "metadata": {**place, "resourceVersion": meta.resource_version},
        "status": status.content,
    }
