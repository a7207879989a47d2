"""Read what every manifest of ours has in common: group, kind, name, namespace, labels."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from allswell.domain.spec.fields import DNS_LABEL, Fields
from allswell.domain.spec.problem import InvalidManifest, Problem, in_order
from allswell.domain.spec.shown import shown

API_VERSION = "allswell.dev/v1alpha1"
DEFAULT_NAMESPACE = "default"
# StatefulSet pods carry the name and a revision hash in a label of 63 characters at most.
LONGEST_NAME = 45
# What Kubernetes itself keeps in metadata and we do not read.
FOREIGN = (
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "managedFields",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
)


@dataclass(frozen=True, slots=True)
class Meta:
    """The identity of a manifest; `uid` is the API server's, empty in a file."""

    name: str
    namespace: str = DEFAULT_NAMESPACE
    labels: Mapping[str, str] = field(default_factory=dict)
    uid: str = ""


def read(fields: Fields, kind: str) -> Meta:
    """Read apiVersion, kind and metadata; status and foreign metadata are ignored."""
    for word, wanted in (("apiVersion", API_VERSION), ("kind", kind)):
        if fields.required(word, f"write {wanted}") and (given := fields.take(word)) != wanted:
            fields.note((word,), f"{shown(given)} is not what this is", f"write {wanted}")
    fields.take("status")
    metadata = fields.child("metadata") or Fields({}, ("metadata",), fields.problems)
    advice = f"write 1 to {LONGEST_NAME} of a-z, 0-9 and -, with a letter or digit at both ends"
    name = ""
    if metadata.required("name", advice):
        name = metadata.text(
            "name", shortest=1, longest=LONGEST_NAME, pattern=DNS_LABEL, instead=advice
        )
    meta = Meta(
        name=name,
        namespace=metadata.text(
            "namespace",
            default=DEFAULT_NAMESPACE,
            longest=63,
            pattern=DNS_LABEL,
            instead="write a namespace's name",
        ),
        labels=metadata.mapping("labels", most=64),
        uid=metadata.text("uid", longest=64),
    )
    metadata.ignore(FOREIGN)
    metadata.close()
    return meta


def text(meta: Meta, kind: str, spec: Mapping[str, object]) -> dict[str, object]:
    """Return the whole manifest around a spec."""
    metadata: dict[str, object] = {"name": meta.name, "namespace": meta.namespace}
    if meta.labels:
        metadata["labels"] = dict(meta.labels)
    if meta.uid:
        metadata["uid"] = meta.uid
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": dict(spec)}


def refuse_if(problems: list[Problem], manifest: object) -> None:
    """Raise `InvalidManifest` when anything was noted about a manifest."""
    if problems:
        raise InvalidManifest(in_order(problems, manifest))
