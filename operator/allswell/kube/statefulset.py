"""The StatefulSet of a Monitor: one checker pod and the volume that holds its results.

The pod is accepted where pod security is *restricted*. It has no Service and no account of its
own: its identity is the pod's UID, in a token that only the collector takes. Named keys of Secrets
are mounted as files, so that neither the operator nor the ConfigMap ever holds a value.
"""

from dataclasses import replace
from datetime import timedelta

from allswell.domain.spec import monitor as spec
from allswell.domain.spec.meta import Meta
from allswell.domain.spec.monitor import Monitor
from allswell.kube import configmap, manifest, names, quantity
from allswell.kube.checker_defaults import CheckerDefaults
from allswell.kube.manifest import Json

USER = 10001
PORT = 9090
CONFIG = "/etc/allswell"
DATA = "/data"
IDENTITY = "/var/run/secrets/allswell.dev"
TOKEN_LIFE = timedelta(minutes=10)
GRACE_PERIOD = timedelta(seconds=30)
SECOND = timedelta(seconds=1)
# What a pod without a volume may write before it is evicted, beside its results.
LEFT_OVER = 8 * quantity.MEBI

# These can never change in a StatefulSet that exists.
IMMUTABLE = ("volumeClaimTemplates", "serviceName", "selector", "podManagementPolicy")

Block = dict[str, object]


def build(monitor: Monitor, shape: CheckerDefaults) -> Block:
    """The whole manifest, with its fingerprint."""
    identity = monitor.meta
    metadata = {
        "name": names.checker(identity.name),
        "namespace": identity.namespace,
        "labels": names.labels(identity.name),
        "annotations": {names.OWN_FINGERPRINT: own_fingerprint(monitor, shape)},
        "ownerReferences": [names.owner(spec.KIND, identity.name, identity.uid)],
    }
    block: Block = {
        "replicas": 0 if monitor.paused else 1,
        "serviceName": "",
        "podManagementPolicy": "Parallel",
        "revisionHistoryLimit": 2,
        "selector": {"matchLabels": names.selecting(identity.name)},
        "template": _template(monitor, shape),
    }
    if monitor.storage.kind == "Persistent":
        block["persistentVolumeClaimRetentionPolicy"] = {
            "whenDeleted": "Delete",
            "whenScaled": "Retain",
        }
        block["volumeClaimTemplates"] = [_claim(monitor, shape)]
    kind = {"apiVersion": "apps/v1", "kind": "StatefulSet"}
    return manifest.with_spec_hash({**kind, "metadata": metadata, "spec": block})


def own_fingerprint(monitor: Monitor, shape: CheckerDefaults) -> str:
    """Of what the Monitor says, whatever the installation adds.

    The way to the collector is as urgent as that: without it no checker is heard.
    """
    bare = Meta(monitor.meta.name, monitor.meta.namespace)
    said = spec.text(replace(monitor, meta=bare))
    return manifest.fingerprint([said, shape.collector_url, shape.ca])


def with_immutable(desired: Json, live: Json) -> Block:
    """Return the manifest with what can no longer change taken from the object that is there."""
    there = manifest.block(live, "spec")
    fixed = {name: there[name] for name in IMMUTABLE if name in there}
    return {**desired, "spec": {**manifest.block(desired, "spec"), **fixed}}


def mark_rolled_out(desired: Json) -> Block:
    """Mark the manifest of a StatefulSet whose checker is replaced in a batch of a roll-out."""
    metadata = manifest.block(desired, "metadata")
    annotations = {**manifest.block(metadata, "annotations"), names.ROLLED_OUT: "true"}
    return {**desired, "metadata": {**metadata, "annotations": annotations}}


def _template(monitor: Monitor, shape: CheckerDefaults) -> Block:
    config = manifest.fingerprint(configmap.data(monitor, shape))
    return {
        "metadata": {
            "labels": names.labels(monitor.meta.name),
            "annotations": {names.CONFIG_FINGERPRINT: config},
        },
        "spec": _pod(monitor, shape),
    }


def _pod(monitor: Monitor, shape: CheckerDefaults) -> Block:
    pod: Block = {
        # Written out, or the StatefulSet's controller finds its own pod invalid when it updates it.
        "serviceAccountName": "default",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE_PERIOD // SECOND,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "tolerations": _tolerations(shape),
        "containers": [_container(shape)],
        "volumes": _volumes(monitor, shape),
    }
    if shape.pull_secrets:
        pod["imagePullSecrets"] = [{"name": name} for name in shape.pull_secrets]
    if shape.node_selector:
        pod["nodeSelector"] = dict(shape.node_selector)
    if shape.priority_class:
        pod["priorityClassName"] = shape.priority_class
    return pod


def _tolerations(shape: CheckerDefaults) -> list[Block]:
    return [
        {
            "key": f"node.kubernetes.io/{trouble}",
            "operator": "Exists",
            "effect": "NoExecute",
            "tolerationSeconds": shape.lost_node // SECOND,
        }
        for trouble in ("not-ready", "unreachable")
    ]


def _container(shape: CheckerDefaults) -> Block:
    probe = {"httpGet": {"path": "/healthz", "port": "status"}}
    return {
        "name": names.COMPONENT,
        "image": shape.image,
        "imagePullPolicy": shape.pull_policy,
        "command": ["allswell", "checker"],
        "env": [{"name": name, "value": value} for name, value in _environment(shape).items()],
        "ports": [{"name": "status", "containerPort": PORT, "protocol": "TCP"}],
        "readinessProbe": {**probe, "periodSeconds": 2, "failureThreshold": 3},
        "livenessProbe": {**probe, "periodSeconds": 20, "timeoutSeconds": 5, "failureThreshold": 6},
        # No limit of CPU: to be throttled would look like a slow target.
        "resources": {
            "requests": {
                "cpu": quantity.cores(shape.cpu_request),
                "memory": quantity.size(shape.memory_request),
            },
            "limits": {"memory": quantity.size(shape.memory_limit)},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "config", "mountPath": CONFIG, "readOnly": True},
            {"name": "identity", "mountPath": IDENTITY, "readOnly": True},
            {"name": "data", "mountPath": DATA},
        ],
    }


def _environment(shape: CheckerDefaults) -> dict[str, str]:
    more = {"ALLSWELL_METRICS_OPEN": "1"} if shape.metrics_open else {}
    if shape.trusted:
        more["ALLSWELL_EXTRA_CA_FILE"] = f"{CONFIG}/{configmap.TRUSTED}"
    if shape.archive_ca:
        more["ALLSWELL_ARCHIVE_CA_FILE"] = f"{CONFIG}/{configmap.ARCHIVE_CA}"
    return {
        "ALLSWELL_CONFIG": CONFIG,
        "ALLSWELL_DATA": DATA,
        "ALLSWELL_COLLECTOR_URL": shape.collector_url,
        "ALLSWELL_TOKEN_FILE": f"{IDENTITY}/token",
        "ALLSWELL_CA_FILE": f"{CONFIG}/{configmap.CA}",
        "ALLSWELL_STATUS_BIND": f"0.0.0.0:{PORT}",
        "ALLSWELL_LOG_LEVEL": shape.log_level,
        "ALLSWELL_STORE_PATIENCE": str(2 * GRACE_PERIOD // SECOND),
        "TMPDIR": DATA,
        **more,
    }


def _volumes(monitor: Monitor, shape: CheckerDefaults) -> list[Block]:
    token = {
        "audience": names.AUDIENCE,
        "expirationSeconds": TOKEN_LIFE // SECOND,
        "path": "token",
    }
    volumes: list[Block] = [
        {"name": "config", "projected": {"sources": _config(monitor, shape)}},
        {"name": "identity", "projected": {"sources": [{"serviceAccountToken": token}]}},
    ]
    if monitor.storage.kind != "Persistent":
        limit = quantity.size(monitor.storage.size_bytes + LEFT_OVER)
        volumes.append({"name": "data", "emptyDir": {"sizeLimit": limit}})
    return volumes


def _config(monitor: Monitor, shape: CheckerDefaults) -> list[Block]:
    """The list and the CA, then the named keys of each Secret; one that lacks stops no pod."""
    files = [{"key": name, "path": name} for name in configmap.data(monitor, shape)]
    sources: list[Block] = [
        {"configMap": {"name": names.checker(monitor.meta.name), "items": files}}
    ]
    keys: dict[str, list[str]] = {}
    for secret in monitor.secrets:
        keys.setdefault(secret.name, []).append(secret.key)
    for name, found in sorted(keys.items()):
        items = [{"key": key, "path": f"secrets/{name}/{key}"} for key in sorted(set(found))]
        sources.append({"secret": {"name": name, "items": items, "optional": True}})
    return sources


def _claim(monitor: Monitor, shape: CheckerDefaults) -> Block:
    block: Block = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": quantity.size(monitor.storage.size_bytes)}},
    }
    if shape.storage_class:
        block["storageClassName"] = shape.storage_class
    return {
        "metadata": {"name": "data", "labels": names.selecting(monitor.meta.name)},
        "spec": block,
    }
