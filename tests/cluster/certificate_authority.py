"""Provide certificates in tests: cert-manager's CRDs, an ACME server, and issuers that use it."""

import base64
import json
from typing import Any

from tests.cluster import ingress
from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.lab import acme
from tests.cluster.lab.acme import Authority

ISSUER, SHORT_ISSUER = "lab", "lab-short"


def install_crds(cluster: Cluster) -> None:
    """Install the CRDs of cert-manager and of the Gateway API."""
    assert cluster.lab is not None
    folder = acme.programs(cluster.lab.paths.cache) / "crds"
    cluster.kubectl("apply", "--server-side", "-f", str(folder))
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(folder))


def issuer(name: str, authority: Authority, profile: str) -> dict[str, Any]:
    """Return a ClusterIssuer that asks Pebble, and answers by HTTP through the stand-in's class."""
    solver = {
        "http01": {"ingress": {"ingressClassName": ingress.CLASS, "serviceType": "ClusterIP"}}
    }
    spec = {
        "server": authority.directory,
        "caBundle": base64.b64encode(authority.bundle.encode()).decode(),
        "email": "nobody@example.com",
        "profile": profile,
        "privateKeySecretRef": {"name": f"{name}-account"},
        "solvers": [solver],
    }
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "ClusterIssuer",
        "metadata": {"name": name},
        "spec": {"acme": spec},
    }


def start(cluster: Cluster) -> Authority:
    """Start everything; what runs already goes on."""
    assert cluster.lab is not None
    install_crds(cluster)
    running = acme.start(cluster.lab)
    issuers = [issuer(ISSUER, running, "default"), issuer(SHORT_ISSUER, running, acme.SHORT)]
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": acme.NAMESPACE},
    }
    cluster.apply(namespace, *issuers, namespace="default")
    names = (ISSUER, SHORT_ISSUER)
    wait_until(lambda: all(is_ready(cluster, name) for name in names), what="the issuers are ready")
    return running


def is_ready(cluster: Cluster, name: str) -> bool:
    """Tell whether an issuer has its account."""
    manifest = json.loads(cluster.kubectl("get", "clusterissuer", name, "-o", "json"))
    conditions = manifest.get("status", {}).get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
