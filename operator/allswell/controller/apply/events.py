"""Build the manifest of an event about an object."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from allswell.kube.kinds import EVENT, Kind
from allswell.kube.views.object_meta import ObjectMeta

NORMAL, WARNING = "Normal", "Warning"
REPORTER = "allswell.dev/operator"
# The API server's own bound for an event's note.
LONGEST_NOTE = 1024


@dataclass(frozen=True, slots=True)
class ObjectEvent:
    """A change of an object that a person may want to know of; `type` is Normal or Warning."""

    type: str
    reason: str
    note: str


def build(kind: Kind, meta: ObjectMeta, event: ObjectEvent, now: datetime) -> dict[str, object]:
    """Build the manifest of an event about an object, in the object's namespace."""
    regarding = {
        "apiVersion": kind.api,
        "kind": kind.name,
        "namespace": meta.namespace,
        "name": meta.name,
        "uid": meta.uid,
    }
    name = f"{meta.name}.{secrets.token_hex(8)}"
    return {
        "apiVersion": EVENT.api,
        "kind": EVENT.name,
        "metadata": {"namespace": meta.namespace, "name": name},
        "eventTime": now.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "reportingController": REPORTER,
        "reportingInstance": REPORTER,
        "action": "Reconcile",
        "type": event.type,
        "reason": event.reason,
        "note": event.note[:LONGEST_NOTE] or event.reason,
        "regarding": regarding,
    }
