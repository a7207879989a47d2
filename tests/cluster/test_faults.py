"""Parts of the lab can be stopped and started by a test, as they fail in production."""

import re
import time

import pytest

from tests.cluster.cluster_access import Cluster, KubectlFailed, wait_until
from tests.cluster.lab.lifecycle import Lab

TICKING = "import time\nwhile True: print(time.time(), flush=True); time.sleep(0.1)"


def start_ticking(cluster: Cluster, namespace: str) -> None:
    where = f"--namespace={namespace}"
    command = ["--command", "--", "python3", "-c", TICKING]
    cluster.kubectl("run", "ticks", where, f"--image={cluster.image}", *command)
    cluster.kubectl("wait", "--for=condition=Ready", "pod/ticks", where, "--timeout=40s")


def ticks(cluster: Cluster, namespace: str, since: float, before: float) -> list[float]:
    try:
        lines = cluster.kubectl("logs", "ticks", f"--namespace={namespace}").split()
    except KubectlFailed:
        return []
    # While containerd is away, an excuse takes the place of the log.
    told = [float(line) for line in lines if re.fullmatch(r"\d+\.\d+", line)]
    return [at for at in told if since < at < before]


def a_second_passes(since: float) -> float:
    wait_until(lambda: time.time() > since + 1, what="a second")
    return time.time()


def test_an_api_server_that_was_stopped_answers_again(cluster: Cluster, lab: Lab) -> None:
    lab.daemon("kube-apiserver").stop()
    assert not cluster.is_ready()
    lab.daemon("kube-apiserver").start()
    wait_until(cluster.is_ready, what="the API server answers", limit=30)


def test_what_was_written_outlives_the_api_server_and_etcd(
    cluster: Cluster, lab: Lab, namespace: str
) -> None:
    cluster.kubectl("create", "configmap", "kept", "--from-literal=a=b", "-n", namespace)
    for name in ("kube-apiserver", "etcd"):
        lab.daemon(name).stop()
    lab.mend()
    wait_until(cluster.is_ready, what="the API server answers", limit=30)
    assert "kept" in cluster.kubectl("get", "configmaps", "-n", namespace)


@pytest.mark.node
@pytest.mark.parametrize("name", ["kubelet", "containerd"])
def test_pods_run_on_while_a_part_of_the_node_is_stopped(
    cluster: Cluster, lab: Lab, namespace: str, name: str
) -> None:
    start_ticking(cluster, namespace)
    lab.daemon(name).stop()
    stopped = time.time()
    started = a_second_passes(stopped)
    lab.daemon(name).start()
    wait_until(
        lambda: ticks(cluster, namespace, stopped + 0.2, started),
        what=f"ticks while {name} was stopped",
        limit=60,
    )
