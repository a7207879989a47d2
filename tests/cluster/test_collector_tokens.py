"""Who may tell the collector what: tokens that a real API server has made, tried otherwise."""

import base64
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from kubernetes import client

from tests.cluster import collector_client, operator_process
from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.operator_process import OperatorProcess


@dataclass(frozen=True, slots=True)
class Scene:
    """An operator with two tenants; acme has the monitors api and web, other has api."""

    cluster: Cluster
    operator: OperatorProcess
    home: str
    acme: str
    other: str
    ca: str

    def pod(self, namespace: str, name: str) -> str:
        """Return the UID of a pod."""
        return str(read(self.cluster, namespace, "pod", name)["metadata"]["uid"])

    def token(
        self,
        namespace: str,
        pod: str = "",
        *,
        audience: str = collector_client.AUDIENCE,
        account: str = "",
    ) -> str:
        """Request a token as whoever may edit the namespace can."""
        return collector_client.token(
            self.cluster, namespace, pod, audience=audience, account=account
        )

    def hello(self, token: str, monitor: str) -> tuple[int, Any]:
        """Say hello for a monitor."""
        greeting = {"monitor": monitor, "store": "s" * 16, "sequence": 0}
        message = {"sent_at": 0, "monitors": [greeting]}
        return self.operator.ask(self.ca, token, "/v1/hello", message)


@pytest.fixture(scope="module")
def scene(any_cluster: Cluster | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    if any_cluster is None:
        pytest.skip("No cluster is up: make cluster-up")
    folder: Path = tmp_path_factory.mktemp("operator")
    with (
        operator_process.namespaces(any_cluster, "home", "acme", "other") as (home, acme, other),
        operator_process.running(any_cluster, home, folder, acme, other) as operator,
    ):
        for namespace, name in ((acme, "api"), (acme, "web"), (other, "api")):
            any_cluster.apply(operator_process.monitor(name), namespace=namespace)
        pods = ((acme, "api-check-0"), (acme, "web-check-0"), (other, "api-check-0"))
        for namespace, name in pods:
            wait_until(lambda n=namespace, p=name: p in any_cluster.pods(n), what=name)  # type: ignore[misc]
        published = read(any_cluster, home, "configmap", "allswell-collector-ca")
        yield Scene(any_cluster, operator, home, acme, other, published["data"]["ca.crt"])


def read(cluster: Cluster, namespace: str, kind: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        cluster.kubectl("get", kind, name, "-n", namespace, "-o", "json")
    )
    return found


def own_pod(name: str, **metadata: object) -> dict[str, Any]:
    container = {"name": "x", "image": "local/x:1", "imagePullPolicy": "Never"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, **metadata},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
    }


def gone(answer: dict[str, Any]) -> list[bool]:
    assert "monitors" in answer, answer
    return [bool(entry.get("gone")) for entry in answer["monitors"]]


def test_a_checker_speaks_for_its_own_monitor(scene: Scene) -> None:
    status, answer = scene.hello(scene.token(scene.acme, "api-check-0"), "api")
    assert (status, gone(answer)) == (200, [False])


def test_a_checker_speaks_for_no_other_monitor(scene: Scene) -> None:
    status, answer = scene.hello(scene.token(scene.acme, "api-check-0"), "web")
    assert (status, gone(answer)) == (200, [True])


def test_the_body_never_names_the_tenant(scene: Scene) -> None:
    mine = scene.token(scene.other, "api-check-0")
    status, answer = scene.hello(mine, f"{scene.acme}/api")
    assert (status, gone(answer)) == (200, [True])
    # Its own api is another monitor than the one of the same name in acme: each has one store.
    assert scene.hello(mine, "api")[0] == 200


@pytest.mark.parametrize("audience", ["https://kubernetes.default.svc", "another"])
def test_a_token_of_another_audience_is_unknown(scene: Scene, audience: str) -> None:
    token = scene.token(scene.acme, "api-check-0", audience=audience)
    assert scene.hello(token, "api")[0] == 401


def test_a_token_that_is_bound_to_no_pod_is_refused(scene: Scene) -> None:
    assert scene.hello(scene.token(scene.acme), "api")[0] == 403


def test_a_pod_of_ones_own_is_no_checker(scene: Scene) -> None:
    scene.cluster.apply(own_pod("mine"), namespace=scene.other)
    assert scene.hello(scene.token(scene.other, "mine"), "api")[0] == 403


def test_a_statefulset_that_is_dressed_as_a_checkers_makes_none(scene: Scene) -> None:
    there = read(scene.cluster, scene.acme, "sts", "web-check")
    labels = there["metadata"]["labels"]
    metadata = {"name": "web-check", "labels": labels}
    dressed = {"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": there["spec"]}
    scene.cluster.apply({**dressed, "metadata": metadata}, namespace=scene.other)
    wait_until(lambda: "web-check-0" in scene.cluster.pods(scene.other), what="its pod")
    assert scene.hello(scene.token(scene.other, "web-check-0"), "web")[0] == 403


@pytest.mark.parametrize(
    "spoiled",
    [
        pytest.param(lambda token: token[:-4] + "AAAA", id="signature"),
        pytest.param(lambda token: with_claims(token, exp=1), id="claims"),
        pytest.param(lambda _: "nonsense", id="nonsense"),
    ],
)
def test_a_token_that_the_api_server_has_not_made_is_unknown(
    scene: Scene, spoiled: Callable[[str], str]
) -> None:
    assert scene.hello(spoiled(scene.token(scene.acme, "api-check-0")), "api")[0] == 401


def with_claims(token: str, **claims: object) -> str:
    head, body, signature = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(body + "=="))
    text = json.dumps({**said, **claims}).encode()
    return ".".join([head, base64.urlsafe_b64encode(text).decode().rstrip("="), signature])


def resigned(scene: Scene, token: str, **claims: object) -> str:
    """Return a token with other claims, signed as the API server signs."""
    if scene.cluster.lab is None:
        pytest.skip("The cluster is not ours, so we have no key to sign with.")
    path = scene.cluster.lab.paths.certs / "service-accounts.key"
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    content = with_claims(token, **claims).rpartition(".")[0]
    pair = utils.decode_dss_signature(key.sign(content.encode(), ec.ECDSA(hashes.SHA256())))
    signature = b"".join(number.to_bytes(32, "big") for number in pair)
    return f"{content}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def test_a_token_that_has_expired_is_unknown(scene: Scene) -> None:
    """With the same key and a time that has not ended it is as good as the API server's own."""
    token = scene.token(scene.acme, "api-check-0")
    now = int(time.time())
    old = {"iat": now - 1200, "nbf": now - 1200}
    assert scene.hello(resigned(scene, token, **old, exp=now + 60), "api")[0] == 200
    assert scene.hello(resigned(scene, token, **old, exp=now - 120), "api")[0] == 401


def test_a_token_that_was_taken_is_refused_when_it_has_ended(scene: Scene) -> None:
    """The API server grants clocks a minute, and keeps its own verdict for ten seconds."""
    token = scene.token(scene.acme, "api-check-0")
    now = int(time.time())
    ending = resigned(scene, token, iat=now - 1200, nbf=now - 1200, exp=now - 50)
    assert scene.hello(ending, "api")[0] == 200
    wait_until(lambda: scene.hello(ending, "api")[0] == 401, what="it is refused", limit=40)


def test_no_token_can_be_had_for_a_pod_of_another_namespace(scene: Scene) -> None:
    theirs = scene.pod(scene.acme, "web-check-0")
    bound = client.V1BoundObjectReference(
        api_version="v1", kind="Pod", name="web-check-0", uid=theirs
    )
    wanted = client.V1TokenRequestSpec(
        audiences=[collector_client.AUDIENCE], bound_object_ref=bound
    )
    with pytest.raises(client.ApiException) as refused:
        scene.cluster.core.create_namespaced_service_account_token(
            "default", scene.other, client.AuthenticationV1TokenRequest(spec=wanted)
        )
    assert refused.value.status in (404, 409)


def test_a_tenants_pod_of_a_checkers_name_is_no_checker_of_another_namespace(scene: Scene) -> None:
    scene.cluster.apply(own_pod("web-check-0"), namespace=scene.home)
    status, _ = scene.hello(scene.token(scene.home, "web-check-0"), "web")
    assert status == 403


def test_the_page_reads_latency_and_reports_nothing(scene: Scene) -> None:
    token = scene.token(scene.home, account="allswell-web")
    assert scene.operator.ask(scene.ca, token, "/v1/latency?monitor=x") == (200, {"monitors": {}})
    assert scene.hello(token, "api")[0] == 403


def test_a_checker_reads_no_latency(scene: Scene) -> None:
    token = scene.token(scene.acme, "api-check-0")
    assert scene.operator.ask(scene.ca, token, "/v1/latency?monitor=x")[0] == 403


def test_an_account_of_the_pages_name_elsewhere_is_not_the_page(scene: Scene) -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "allswell-web"}}
    scene.cluster.apply(account, namespace=scene.other)
    token = scene.token(scene.other, account="allswell-web")
    assert scene.operator.ask(scene.ca, token, "/v1/latency?monitor=x")[0] == 403


def test_a_pod_that_was_replaced_is_fenced_at_once(scene: Scene) -> None:
    token = scene.token(scene.acme, "web-check-0")
    assert scene.hello(token, "web")[0] == 200
    old = scene.pod(scene.acme, "web-check-0")
    scene.cluster.core.delete_namespaced_pod("web-check-0", scene.acme, grace_period_seconds=0)

    def replaced() -> bool:
        held = "web-check-0" in scene.cluster.pods(scene.acme)
        return held and scene.pod(scene.acme, "web-check-0") != old

    wait_until(replaced, what="another pod has the name")
    assert scene.hello(token, "web")[0] == 410
    assert scene.hello(scene.token(scene.acme, "web-check-0"), "web")[0] == 200


def test_the_token_of_a_pod_that_was_deleted_by_force_is_refused(scene: Scene) -> None:
    """Also one that was never shown before, so that nobody keeps a verdict of it."""
    token = scene.token(scene.acme, "web-check-0")
    scene.cluster.core.delete_namespaced_pod("web-check-0", scene.acme, grace_period_seconds=0)
    seen = set()

    def is_unknown() -> bool:
        seen.add(scene.hello(token, "web")[0])
        return 401 in seen

    wait_until(is_unknown, what="the API server does not take it any more")
    assert 200 not in seen


def test_the_collector_is_known_by_its_ca_alone(scene: Scene) -> None:
    url = f"https://127.0.0.1:{scene.operator.port}/healthz"
    with pytest.raises(urllib.error.URLError) as refused:
        urllib.request.urlopen(url, timeout=5)
    assert isinstance(refused.value.reason, ssl.SSLCertVerificationError)
    trust = ssl.create_default_context(cadata=scene.ca)
    with urllib.request.urlopen(url, timeout=5, context=trust) as answer:
        assert answer.read() == b"ok\n"
