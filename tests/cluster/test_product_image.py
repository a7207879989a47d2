"""What is in the image, looked at from a pod that runs it as the product does."""

import json

import pytest

from tests.cluster import product
from tests.cluster.cluster_access import Cluster

pytestmark = pytest.mark.node
# Tried by name on the PATH and as modules; the last is there, so that the trial is no empty one.
_LOOK = """\
import botocore, importlib.util, json, os, shutil
programs = "pip pip3 apt apt-get dpkg gcc cc make perl git curl wget sh".split()
modules = "pip setuptools ensurepip venv hatchling kubernetes.aio.client.api pytest kopf".split()
try:
    open("/opt/allswell/x", "w")
    writable = True
except OSError:
    writable = False
print(json.dumps({
    "programs": [name for name in programs if shutil.which(name)],
    "modules": [name for name in modules if importlib.util.find_spec(name)],
    "user": os.getuid(),
    "writable": writable,
    "services": os.listdir(f"{botocore.__path__[0]}/data"),
}))
"""


def pod(image: str, *command: str) -> dict[str, object]:
    """Return a pod as strict as ours; nothing of it says who it is to run as."""
    security = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "look"},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": "look",
                    "image": image,
                    "imagePullPolicy": "IfNotPresent",
                    "command": list(command),
                    "securityContext": security,
                }
            ],
        },
    }


def printed(cluster: Cluster, namespace: str, *command: str) -> str:
    """Return what a command in the image prints."""
    level = "pod-security.kubernetes.io/enforce=restricted"
    cluster.kubectl("label", "namespace", namespace, level)
    cluster.apply(pod(product.image(cluster), *command), namespace=namespace)
    done = "--for=jsonpath={.status.phase}=Succeeded"
    cluster.kubectl("wait", done, "pod/look", "-n", namespace, "--timeout=60s", limit=70)
    return cluster.kubectl("logs", "look", "-n", namespace)


def test_the_image_holds_what_runs_and_nothing_that_installs(
    cluster: Cluster, namespace: str
) -> None:
    seen = json.loads(printed(cluster, namespace, "python3", "-c", _LOOK))
    assert seen["programs"] == ["sh"]
    assert seen["modules"] == ["kopf"]
    assert (seen["user"], seen["writable"]) == (10001, False)
    assert "s3" in seen["services"]
    assert "ec2" not in seen["services"]


@pytest.mark.parametrize("command", ["controller", "checker", "page", "up", "validate"])
def test_every_command_of_the_image_can_be_loaded(
    cluster: Cluster, namespace: str, command: str
) -> None:
    assert f"allswell {command}" in printed(cluster, namespace, "allswell", command, "--help")
