"""Objects as the API server would show them."""

from datetime import UTC, datetime

from allswell.domain.spec import monitor as spec
from allswell.domain.spec.monitor import Monitor
from allswell.kube import configmap, names, statefulset
from allswell.kube.checker_defaults import CheckerDefaults
from allswell.kube.manifest import Json

SHAPE = CheckerDefaults("local/allswell:1", "https://collector.allswell.svc:8443", "-- a CA --\n")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def monitor(**fields: object) -> dict[str, object]:
    """Return the Monitor api of the namespace acme."""
    return monitor_of("m1", **fields)


def monitor_of(uid: str, **fields: object) -> dict[str, object]:
    """Return the same, of another incarnation."""
    return {
        "apiVersion": "allswell.dev/v1alpha1",
        "kind": "Monitor",
        "metadata": {"name": "api", "namespace": "acme", "uid": uid, "generation": 1},
        "spec": {"http": {"url": "https://example.com/"}} | fields,
    }


def parsed(**fields: object) -> Monitor:
    return spec.read(monitor(**fields))


def with_meta(wanted: Json, **fields: object) -> dict[str, object]:
    """Return an object with more in its metadata."""
    metadata = wanted["metadata"]
    assert isinstance(metadata, dict)
    return {**wanted, "metadata": {**metadata, **fields}}


def live_configmap(**fields: object) -> dict[str, object]:
    return with_meta(configmap.build(parsed(**fields), SHAPE), uid="c1")


def live_statefulset(**fields: object) -> dict[str, object]:
    made = with_meta(statefulset.build(parsed(**fields), SHAPE), uid="s1", generation=1)
    return {**made, "status": {"observedGeneration": 1, "updateRevision": "r1"}}


def pod(
    *,
    ready: bool = True,
    revision: str = "r1",
    since: str = "2026-11-23T11:59:55Z",
    uid: str = "p1",
) -> dict[str, object]:
    condition = {"type": "Ready", "status": str(ready), "lastTransitionTime": since}
    owner = {"kind": "StatefulSet", "name": "api-check", "uid": "s1", "controller": True}
    labels: dict[str, str] = {"controller-revision-hash": revision} | names.labels("api")
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "api-check-0",
            "namespace": "acme",
            "uid": uid,
            "labels": labels,
            "ownerReferences": [owner],
        },
        "status": {"conditions": [condition]},
    }
