"""Name what a reconciler wants done to an object."""

from dataclasses import dataclass

from allswell.kube.kinds import Kind
from allswell.kube.views.object_meta import ManifestView


@dataclass(frozen=True, slots=True)
class ApplyObject:
    """Apply a manifest; `uid` is that of the object that is there, empty for a new one."""

    kind: Kind
    desired: ManifestView
    uid: str = ""


@dataclass(frozen=True, slots=True)
class DeleteObject:
    """Delete that very object for a reason; `force` waits for no kubelet."""

    kind: Kind
    namespace: str
    name: str
    uid: str
    reason: str
    force: bool = False


Action = ApplyObject | DeleteObject
