"""Install our CRDs on a real API server, and find out whether it accepts a manifest."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from kubernetes import client

from tests.cluster.cluster_access import Cluster
from tests.unit.crds import schema

GROUP, VERSION = "allswell.dev", "v1alpha1"


@dataclass(frozen=True, slots=True)
class CreateResult:
    """The API server's answer: the object as it would be stored, or why it is refused."""

    status: int
    stored: Mapping[str, Any]
    causes: tuple[tuple[str, str], ...] = ()
    message: str = ""

    @property
    def accepted(self) -> bool:
        """Tell whether the object was accepted."""
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
) -> CreateResult:
    """Create an object as kubectl does, unknown fields refused; by default only to ask."""
    plural = f"{manifest['kind'].lower()}s"
    dry_run_flag = "All" if dry else None
    try:
        stored = cluster.custom.create_namespaced_custom_object(
            GROUP,
            VERSION,
            namespace,
            plural,
            manifest,
            dry_run=dry_run_flag,
            field_validation="Strict",
        )
    except client.ApiException as error:
        return _refusal(error)
    return CreateResult(201, cast("dict[str, Any]", stored))


def _refusal(error: client.ApiException) -> CreateResult:
    body = json.loads(error.body or "{}")
    causes = (body.get("details") or {}).get("causes", ())
    fields = tuple((cause.get("field", ""), cause.get("message", "")) for cause in causes)
    return CreateResult(error.status or 0, {}, fields, body.get("message", str(error)))
