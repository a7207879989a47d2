"""Speak to the collector as a checker does, with a token from the API server."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kubernetes import client

from allswell.domain import instant, report
from allswell.domain.health import HealthClaim
from allswell.domain.report import Transition
from allswell.domain.state import State
from tests.cluster.cluster_access import Cluster
from tests.cluster.operator_process import OperatorProcess

AUDIENCE = "allswell-collector"
STORE = "s" * 16


def token(
    cluster: Cluster, namespace: str, pod: str = "", *, audience: str = AUDIENCE, account: str = ""
) -> str:
    """Request a service account token as whoever may edit the namespace can."""
    bound = None
    if pod:
        pod_object = cluster.core.read_namespaced_pod(pod, namespace)
        uid = pod_object.metadata.uid if pod_object.metadata else ""
        bound = client.V1BoundObjectReference(api_version="v1", kind="Pod", name=pod, uid=uid)
    spec = client.V1TokenRequestSpec(
        audiences=[audience], expiration_seconds=600, bound_object_ref=bound
    )
    response = cluster.core.create_namespaced_service_account_token(
        account or "default", namespace, client.AuthenticationV1TokenRequest(spec=spec)
    )
    assert response.status is not None
    return str(response.status.token)


@dataclass(frozen=True, slots=True)
class CheckerClient:
    """The checker of one Monitor, as the collector sees it."""

    operator: OperatorProcess
    ca: str
    token: str
    monitor: str

    def hello(self) -> tuple[int, Any]:
        """Send a hello."""
        hello = {"monitor": self.monitor, "store": STORE, "sequence": 0}
        return self._post("/v1/hello", {"monitors": [hello]})

    def claim(self, sequence: int, state: State, reason: str = "") -> tuple[int, Any]:
        """Claim that the target has been in a state from now on."""
        claim = HealthClaim(state, instant.floor(datetime.now(UTC)), reason)
        transition = Transition(self.monitor, STORE, sequence, claim)
        return self._post("/v1/report", report.envelope_json(transition))

    def _post(self, path: str, message: Mapping[str, object]) -> tuple[int, Any]:
        sent = {"sent_at": instant.text(datetime.now(UTC))}
        return self.operator.ask(self.ca, self.token, path, {**message, **sent})


def client_of(
    cluster: Cluster, operator: OperatorProcess, namespace: str, monitor: str
) -> CheckerClient:
    """Return a client that speaks as the checker in a Monitor's pod."""
    home = operator.environment["ALLSWELL_NAMESPACE"]
    path = "jsonpath={.data.ca\\.crt}"
    ca = cluster.kubectl("get", "configmap", "allswell-collector-ca", "-n", home, "-o", path)
    return CheckerClient(operator, ca, token(cluster, namespace, f"{monitor}-check-0"), monitor)
