"""Monitors and a shape for the tests of manifests."""

from allswell.domain.spec import monitor as spec
from allswell.domain.spec.monitor import Monitor
from allswell.kube.checker_defaults import CheckerDefaults

SHAPE = CheckerDefaults("local/allswell:1", "https://collector.allswell.svc:8443", "-- a CA --\n")


def monitor(name: str = "api", **fields: object) -> Monitor:
    """Return a Monitor as the API server would give it, of the namespace `acme`."""
    metadata = {
        "name": name,
        "namespace": "acme",
        "uid": f"uid-of-{name}",
        "labels": {"argocd.argoproj.io/instance": "shop"},
        "annotations": {"argocd.argoproj.io/tracking-id": "shop:x"},
    }
    check: dict[str, object] = {"http": {"url": "https://example.com/"}}
    return spec.read(
        {
            "apiVersion": "allswell.dev/v1alpha1",
            "kind": "Monitor",
            "metadata": metadata,
            "spec": fields if {"http", "tcp"} & fields.keys() else check | fields,
        }
    )
