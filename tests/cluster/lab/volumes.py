"""Provide volumes: the provisioner that kind uses too, as a process of the node.

Its helper pod makes a folder on the node. The volumes are of type `local`, because the kubelet
gives only those to the group of a pod that is not root.
"""

import json
from typing import Any

from tests.cluster.lab import controlplane, images
from tests.cluster.lab.node import Node

NAMESPACE = "local-path-storage"
_ACCOUNT = "local-path-provisioner-service-account"
_FOLDER = "/var/lib/local-path"
_HELP = "/pause"


def define(node: Node) -> None:
    """Write down how the provisioner is started."""
    place = {"node": "DEFAULT_PATH_FOR_NON_LISTED_NODES", "paths": [_FOLDER]}
    settings = {"nodePathMap": [place], "setupCommand": _HELP, "teardownCommand": _HELP}
    node.plan.daemon("provisioner").define(
        [
            str(node.plan.binary.with_name("local-path-provisioner")),
            "start",
            f"--config={node.write('provisioner.json', settings)}",
            f"--helper-pod-file={node.write('helper-pod.json', _helper())}",
            f"--helper-image={images.PAUSE}",
            f"--namespace={NAMESPACE}",
            f"--kubeconfig={node.plan.paths.kubeconfig}",
        ],
        enter=node.plan.enter,
    )


def _helper() -> dict[str, Any]:
    container = {
        "name": "helper",
        "image": images.PAUSE,
        "imagePullPolicy": "Never",
        "securityContext": {"runAsUser": 0},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "helper"},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [container]},
    }


def start(node: Node) -> None:
    """Make what the provisioner needs in the cluster, and start it."""
    everything = {"apiVersion": "v1", "kind": "List", "items": _objects()}
    controlplane.kubectl(node.plan, "apply", "-f", "-", text=json.dumps(everything))
    node.plan.daemon("provisioner").start()


def _objects() -> list[dict[str, Any]]:
    default = {
        "storageclass.kubernetes.io/is-default-class": "true",
        "defaultVolumeType": "local",
    }
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": _ACCOUNT, "namespace": NAMESPACE},
        },
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": "standard", "annotations": default},
            "provisioner": "rancher.io/local-path",
            "volumeBindingMode": "WaitForFirstConsumer",
            "reclaimPolicy": "Delete",
        },
    ]
