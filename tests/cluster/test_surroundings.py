"""What the lab gives to its pods beside Kubernetes: names, the way to a test's servers, images."""

import functools
import http.server
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.lab import container, lifecycle

pytestmark = pytest.mark.node


def python(cluster: Cluster, namespace: str, code: str, *, image: str = "") -> str:
    """Run code in a pod until it succeeds, and return what it prints."""
    where = f"--namespace={namespace}"
    given = [f"--image={image or cluster.image}", "--restart=OnFailure"]
    cluster.kubectl("run", "once", where, *given, "--command", "--", "python3", "-c", code)
    over = "--for=jsonpath={.status.phase}=Succeeded"
    cluster.kubectl("wait", over, "pod/once", where, "--timeout=50s")
    return cluster.kubectl("logs", "once", where)


@pytest.fixture
def server(lab: lifecycle.Lab, tmp_path: Path) -> Iterator[int]:
    """Yield the port of a web server of this test, at the machine's end of the link."""
    (tmp_path / "word").write_text("all is well", encoding="utf-8")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer((lab.machine_address, 0), handler) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield served.server_port
        served.shutdown()


def test_a_pod_resolves_the_name_of_a_service(cluster: Cluster, namespace: str) -> None:
    cluster.kubectl("create", "service", "clusterip", "web", "--tcp=80", "-n", namespace)
    address = cluster.kubectl("get", "svc/web", "-n", namespace, "-o=jsonpath={.spec.clusterIP}")
    code = "import socket; print(socket.gethostbyname('web'))"
    assert python(cluster, namespace, code) == f"{address}\n"


def test_a_pod_reaches_what_a_test_serves_by_a_name_that_the_test_gives(
    cluster: Cluster, lab: lifecycle.Lab, namespace: str, server: int
) -> None:
    name = f"{namespace}.example"
    lab.name(lab.machine_address, name)
    code = f"import urllib.request as r; print(r.urlopen('http://{name}:{server}/word').read())"
    assert python(cluster, namespace, code) == "b'all is well'\n"


def test_a_name_that_nobody_has_given_does_not_exist(cluster: Cluster, namespace: str) -> None:
    code = (
        "import socket\n"
        "try: socket.gethostbyname('nobody.example')\n"
        "except socket.gaierror as e: print(e.errno == socket.EAI_NONAME)"
    )
    assert python(cluster, namespace, code) == "True\n"


def test_a_test_reaches_a_pod_through_a_node_port(
    cluster: Cluster, lab: lifecycle.Lab, namespace: str
) -> None:
    where = ["-n", namespace]
    serve = ["--command", "--", "python3", "-m", "http.server", "8000"]
    cluster.kubectl("run", "web", f"--image={cluster.image}", "--port=8000", *where, *serve)
    cluster.kubectl("expose", "pod", "web", "--type=NodePort", *where)
    path = "-o=jsonpath={.spec.ports[0].nodePort}"
    port = cluster.kubectl("get", "svc/web", path, *where)

    def status() -> int:
        try:
            with urllib.request.urlopen(f"http://{lab.node_address}:{port}/", timeout=2) as answer:
                return int(answer.status)
        except OSError:
            return 0

    assert wait_until(status, what="the pod answers") == 200


def test_an_image_made_from_a_containerfile_runs(
    cluster: Cluster, lab: lifecycle.Lab, namespace: str, tmp_path: Path
) -> None:
    text = "ARG BASE\nFROM ${BASE}\nRUN echo made > /made\nUSER 10001:10001\n"
    (tmp_path / "Containerfile").write_text(text, encoding="utf-8")
    name = "docker.io/local/lab-test:1"
    made = tmp_path / "made.tar"
    container.archive(made, tmp_path / "Containerfile", name=name, cache=lab.paths.cache)
    lab.load(made)
    code = "import os; print(open('/made').read(), os.getuid())"
    assert python(cluster, namespace, code, image=name) == "made\n 10001\n"
