"""Build the StatefulSet of a Monitor: one checker pod and the volume that holds its results.

The pod is accepted where pod security is *restricted*. It has no Service and no account of its
own: its identity is the pod's UID, in a token that only the collector takes. Named keys of Secrets
are mounted as files, so that neither the operator nor the ConfigMap ever holds a value.
"""

from collections.abc import Mapping
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


def build(monitor: Monitor, defaults: CheckerDefaults) -> Block:
    """Build the whole manifest, with its hash."""
    meta = monitor.meta
    files = configmap.data(monitor, defaults)
    metadata = {
        "name": names.checker(meta.name),
        "namespace": meta.namespace,
        "labels": names.labels(meta.name),
        "annotations": {names.OWN_HASH: own_hash(monitor, defaults)},
        "ownerReferences": [names.owner_reference(spec.KIND, meta.name, meta.uid)],
    }
    block: Block = {
        "replicas": 0 if monitor.paused else 1,
        "serviceName": "",
        "podManagementPolicy": "Parallel",
        "revisionHistoryLimit": 2,
        "selector": {"matchLabels": names.selector_labels(meta.name)},
        "template": _template(monitor, defaults, files),
    }
    if monitor.storage.kind == "Persistent":
        block["persistentVolumeClaimRetentionPolicy"] = {
            "whenDeleted": "Delete",
            "whenScaled": "Retain",
        }
        block["volumeClaimTemplates"] = [_claim(monitor, defaults)]
    kind = {"apiVersion": "apps/v1", "kind": "StatefulSet"}
    return manifest.with_spec_hash({**kind, "metadata": metadata, "spec": block})


def own_hash(monitor: Monitor, defaults: CheckerDefaults) -> str:
    """Return the hash of what the Monitor says, whatever the installation adds.

    The address of the collector is as urgent as that: without it no checker can report.
    """
    bare = Meta(monitor.meta.name, monitor.meta.namespace)
    written = spec.text(replace(monitor, meta=bare))
    return manifest.short_hash([written, defaults.collector_url, defaults.ca])


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


def _template(monitor: Monitor, defaults: CheckerDefaults, files: Mapping[str, str]) -> Block:
    return {
        "metadata": {
            "labels": names.labels(monitor.meta.name),
            "annotations": {names.CONFIG_HASH: manifest.short_hash(files)},
        },
        "spec": _pod(monitor, defaults, files),
    }


def _pod(monitor: Monitor, defaults: CheckerDefaults, files: Mapping[str, str]) -> Block:
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
        "tolerations": _tolerations(defaults),
        "containers": [_container(defaults)],
        "volumes": _volumes(monitor, files),
    }
    if defaults.pull_secrets:
        pod["imagePullSecrets"] = [{"name": name} for name in defaults.pull_secrets]
    if defaults.node_selector:
        pod["nodeSelector"] = dict(defaults.node_selector)
    if defaults.priority_class:
        pod["priorityClassName"] = defaults.priority_class
    return pod


def _tolerations(defaults: CheckerDefaults) -> list[Block]:
    return [
        {
            "key": f"node.kubernetes.io/{trouble}",
            "operator": "Exists",
            "effect": "NoExecute",
            "tolerationSeconds": defaults.lost_node // SECOND,
        }
        for trouble in ("not-ready", "unreachable")
    ]


def _container(defaults: CheckerDefaults) -> Block:
    probe = {"httpGet": {"path": "/healthz", "port": "status"}}
    return {
        "name": names.COMPONENT,
        "image": defaults.image,
        "imagePullPolicy": defaults.pull_policy,
        "command": ["allswell", "checker"],
        "env": [{"name": name, "value": value} for name, value in _environment(defaults).items()],
        "ports": [{"name": "status", "containerPort": PORT, "protocol": "TCP"}],
        "readinessProbe": {**probe, "periodSeconds": 2, "failureThreshold": 3},
        "livenessProbe": {**probe, "periodSeconds": 20, "timeoutSeconds": 5, "failureThreshold": 6},
        # No limit of CPU: to be throttled would look like a slow target.
        "resources": {
            "requests": {
                "cpu": quantity.cores(defaults.cpu_request),
                "memory": quantity.size(defaults.memory_request),
            },
            "limits": {"memory": quantity.size(defaults.memory_limit)},
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


def _environment(defaults: CheckerDefaults) -> dict[str, str]:
    more = {"ALLSWELL_METRICS_OPEN": "1"} if defaults.metrics_open else {}
    if defaults.trusted:
        more["ALLSWELL_EXTRA_CA_FILE"] = f"{CONFIG}/{configmap.TRUSTED}"
    if defaults.archive_ca:
        more["ALLSWELL_ARCHIVE_CA_FILE"] = f"{CONFIG}/{configmap.ARCHIVE_CA}"
    return {
        "ALLSWELL_CONFIG": CONFIG,
        "ALLSWELL_DATA": DATA,
        "ALLSWELL_COLLECTOR_URL": defaults.collector_url,
        "ALLSWELL_TOKEN_FILE": f"{IDENTITY}/token",
        "ALLSWELL_CA_FILE": f"{CONFIG}/{configmap.CA}",
        "ALLSWELL_STATUS_BIND": f"0.0.0.0:{PORT}",
        "ALLSWELL_LOG_LEVEL": defaults.log_level,
        "ALLSWELL_STORE_PATIENCE": str(2 * GRACE_PERIOD // SECOND),
        "TMPDIR": DATA,
        **more,
    }


def _volumes(monitor: Monitor, files: Mapping[str, str]) -> list[Block]:
    token = {
        "audience": names.AUDIENCE,
        "expirationSeconds": TOKEN_LIFE // SECOND,
        "path": "token",
    }
    volumes: list[Block] = [
        {"name": "config", "projected": {"sources": _config(monitor, files)}},
        {"name": "identity", "projected": {"sources": [{"serviceAccountToken": token}]}},
    ]
    if monitor.storage.kind != "Persistent":
        limit = quantity.size(monitor.storage.size_bytes + LEFT_OVER)
        volumes.append({"name": "data", "emptyDir": {"sizeLimit": limit}})
    return volumes


def _config(monitor: Monitor, files: Mapping[str, str]) -> list[Block]:
    """Return the files, then the named keys of each Secret; one that is absent stops no pod."""
    items = [{"key": name, "path": name} for name in files]
    sources: list[Block] = [
        {"configMap": {"name": names.checker(monitor.meta.name), "items": items}}
    ]
    keys: dict[str, list[str]] = {}
    for secret in monitor.secrets:
        keys.setdefault(secret.name, []).append(secret.key)
    for name, chosen in sorted(keys.items()):
        paths = [{"key": key, "path": f"secrets/{name}/{key}"} for key in sorted(set(chosen))]
        sources.append({"secret": {"name": name, "items": paths, "optional": True}})
    return sources


def _claim(monitor: Monitor, defaults: CheckerDefaults) -> Block:
    block: Block = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": quantity.size(monitor.storage.size_bytes)}},
    }
    if defaults.storage_class:
        block["storageClassName"] = defaults.storage_class
    return {
        "metadata": {"name": "data", "labels": names.selector_labels(monitor.meta.name)},
        "spec": block,
    }
