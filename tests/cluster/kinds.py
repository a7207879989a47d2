"""Our kinds on a real API server: install them, and ask whether it would take a manifest."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from kubernetes import client

from tests.cluster.reach import Cluster
from tests.unit.crds import schema

GROUP, VERSION = "allswell.dev", "v1alpha1"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API server says: the object as it would be stored, or why it is refused."""

    status: int
    stored: Mapping[str, Any]
    causes: tuple[tuple[str, str], ...] = ()
    message: str = ""

    @property
    def taken(self) -> bool:
        """Whether the object is good."""
        return not self.message


def install(cluster: Cluster) -> None:
    """Apply the CRDs, and wait until they serve."""
    names = [schema.crd(kind)["metadata"]["name"] for kind in schema.KINDS]
    folder = str(schema.FOLDER)
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", folder)
    for name in names:
        cluster.kubectl("wait", "--for=condition=Established", f"crd/{name}", "--timeout=30s")


def create(
    cluster: Cluster, namespace: str, manifest: dict[str, Any], *, dry: bool = True
) -> Answer:
    """Create an object as kubectl does, unknown fields refused; by default only to ask."""
    plural = f"{manifest['kind'].lower()}s"
    rehearsal = "All" if dry else None
    try:
        stored = cluster.custom.create_namespaced_custom_object(
            GROUP,
            VERSION,
            namespace,
            plural,
            manifest,
            dry_run=rehearsal,
            field_validation="Strict",
        )
    except client.ApiException as error:
        return _refusal(error)
    return Answer(201, cast("dict[str, Any]", stored))


def _refusal(error: client.ApiException) -> Answer:
    body = json.loads(error.body or "{}")
    causes = (body.get("details") or {}).get("causes", ())
    found = tuple((cause.get("field", ""), cause.get("message", "")) for cause in causes)
    return Answer(error.status or 0, {}, found, body.get("message", str(error)))
