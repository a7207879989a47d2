"""The lab's node runs pods as a node in production does."""

from typing import Any

import pytest

from tests.cluster.cluster_access import Cluster, KubectlFailed

pytestmark = pytest.mark.node

RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}
# A polite first process: it waits, and ends when it is told to.
WAITING = "import signal; signal.sigwait({signal.SIGTERM})"


Part = dict[str, Any]


def pod(
    cluster: Cluster,
    name: str,
    code: str,
    *,
    once: bool = False,
    container: Part | None = None,
    security: Part | None = None,
    volumes: list[Part] | None = None,
) -> Part:
    main = {
        "name": "main",
        "image": cluster.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-uc", code],
        "securityContext": RESTRICTED,
        **(container or {}),
    }
    user = {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "fsGroup": 10001,
        "seccompProfile": {"type": "RuntimeDefault"},
        **(security or {}),
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "containers": [main],
            "securityContext": user,
            "restartPolicy": "OnFailure" if once else "Always",
            "volumes": volumes or [],
        },
    }


def claim(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "16Mi"}},
        },
    }


MOUNT = {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}
VOLUME = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}


def wait(cluster: Cluster, namespace: str, condition: str, what: str) -> None:
    cluster.kubectl("wait", f"--for={condition}", what, "-n", namespace, "--timeout=40s")


@pytest.fixture(autouse=True)
def restricted(cluster: Cluster, namespace: str) -> None:
    enforce = "pod-security.kubernetes.io/enforce=restricted"
    cluster.kubectl("label", "namespace", namespace, enforce)


def test_a_pod_under_the_restricted_standard_runs_and_logs(
    cluster: Cluster, namespace: str
) -> None:
    cluster.apply(pod(cluster, "hello", "print('all is well')", once=True), namespace=namespace)
    wait(cluster, namespace, "jsonpath={.status.phase}=Succeeded", "pod/hello")
    assert cluster.kubectl("logs", "hello", "-n", namespace) == "all is well\n"


def test_a_command_runs_in_a_pod_as_the_pods_user(cluster: Cluster, namespace: str) -> None:
    cluster.apply(pod(cluster, "waits", WAITING), namespace=namespace)
    wait(cluster, namespace, "condition=Ready", "pod/waits")
    assert cluster.kubectl("exec", "waits", "-n", namespace, "--", "id", "-u") == "10001\n"


def test_a_failed_command_in_a_pod_is_an_error(cluster: Cluster, namespace: str) -> None:
    cluster.apply(pod(cluster, "waits", WAITING), namespace=namespace)
    wait(cluster, namespace, "condition=Ready", "pod/waits")
    with pytest.raises(KubectlFailed, match="exit code 7"):
        cluster.kubectl("exec", "waits", "-n", namespace, "--", "sh", "-c", "exit 7")


def test_a_volume_outlives_its_pod_and_belongs_to_the_pods_group(
    cluster: Cluster, namespace: str
) -> None:
    write = "open('/data/kept', 'w').write('yes')"
    writer = pod(cluster, "writer", write, once=True, container=MOUNT, volumes=[VOLUME])
    cluster.apply(claim("data"), writer, namespace=namespace)
    wait(cluster, namespace, "jsonpath={.status.phase}=Succeeded", "pod/writer")
    cluster.kubectl("delete", "pod", "writer", "-n", namespace)
    code = "import os; print(open('/data/kept').read(), os.stat('/data').st_gid)"
    reader = pod(cluster, "reader", code, once=True, container=MOUNT, volumes=[VOLUME])
    cluster.apply(reader, namespace=namespace)
    wait(cluster, namespace, "jsonpath={.status.phase}=Succeeded", "pod/reader")
    assert cluster.kubectl("logs", "reader", "-n", namespace) == "yes 10001\n"


def test_a_volume_goes_with_its_claim(cluster: Cluster, namespace: str) -> None:
    user = pod(cluster, "once", "", once=True, container=MOUNT, volumes=[VOLUME])
    cluster.apply(claim("data"), user, namespace=namespace)
    wait(cluster, namespace, "jsonpath={.status.phase}=Succeeded", "pod/once")
    bound = cluster.kubectl("get", "pvc/data", "-n", namespace, "-o=jsonpath={.spec.volumeName}")
    cluster.kubectl("delete", "pod/once", "pvc/data", "-n", namespace)
    cluster.kubectl("wait", "--for=delete", f"pv/{bound}", "--timeout=40s")


def test_a_pod_reaches_a_service_whose_pod_runs_on_the_same_node(
    cluster: Cluster, namespace: str
) -> None:
    server = pod(
        cluster,
        "server",
        "import http.server as s; s.test(s.SimpleHTTPRequestHandler, port=8000)",
        container={"ports": [{"containerPort": 8000}]},
    )
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "server"},
        "spec": {"selector": {"app": "server"}, "ports": [{"port": 80, "targetPort": 8000}]},
    }
    cluster.apply(server, service, namespace=namespace)
    wait(cluster, namespace, "condition=Ready", "pod/server")
    address = cluster.kubectl("get", "svc/server", "-n", namespace, "-o=jsonpath={.spec.clusterIP}")
    code = f"import urllib.request as r; print(r.urlopen('http://{address}/', timeout=20).status)"
    cluster.apply(pod(cluster, "client", code, once=True), namespace=namespace)
    wait(cluster, namespace, "jsonpath={.status.phase}=Succeeded", "pod/client")
    assert cluster.kubectl("logs", "client", "-n", namespace) == "200\n"


def test_a_pods_token_speaks_to_the_api_server(cluster: Cluster, namespace: str) -> None:
    code = """
import ssl, urllib.request as r
folder = '/var/run/secrets/kubernetes.io/serviceaccount/'
token = 'Bearer ' + open(folder + 'token').read()
ask = r.Request('https://10.96.0.1/apis', headers={'Authorization': token})
print(r.urlopen(ask, context=ssl.create_default_context(cafile=folder + 'ca.crt')).status)
"""
    cluster.apply(pod(cluster, "asks", code, once=True), namespace=namespace)
    wait(cluster, namespace, "jsonpath={.status.phase}=Succeeded", "pod/asks")
    assert cluster.kubectl("logs", "asks", "-n", namespace) == "200\n"


def test_a_pod_may_send_pings_when_its_sysctl_says_so(cluster: Cluster, namespace: str) -> None:
    code = (
        "import socket as s; print(s.socket(s.AF_INET, s.SOCK_DGRAM, s.IPPROTO_ICMP).fileno() > 0)"
    )
    sysctl = {"name": "net.ipv4.ping_group_range", "value": "10001 10001"}
    given = pod(
        cluster, "pings", code, once=True, security={"runAsGroup": 10001, "sysctls": [sysctl]}
    )
    cluster.apply(given, namespace=namespace)
    wait(cluster, namespace, "jsonpath={.status.phase}=Succeeded", "pod/pings")
    assert cluster.kubectl("logs", "pings", "-n", namespace) == "True\n"


def test_a_memory_limit_is_the_containers(cluster: Cluster, namespace: str) -> None:
    limit = {"resources": {"limits": {"memory": "64Mi"}}}
    cluster.apply(
        pod(cluster, "greedy", "x = bytearray(256 << 20)", container=limit), namespace=namespace
    )
    reason = "{.status.containerStatuses[0].lastState.terminated.reason}"
    wait(cluster, namespace, f"jsonpath={reason}=OOMKilled", "pod/greedy")
