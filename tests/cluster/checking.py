"""What a checker says to the collector, said by a test, with a token of the API server's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kubernetes import client

from allswell.domain import instant, report
from allswell.domain.health import HealthClaim
from allswell.domain.report import Transition
from allswell.domain.state import State
from tests.cluster.operating import Operator
from tests.cluster.reach import Cluster

OURS = "allswell-collector"
STORE = "s" * 16


def token(
    cluster: Cluster, namespace: str, pod: str = "", *, audience: str = OURS, account: str = ""
) -> str:
    """A token as the API server makes it for whoever may edit the namespace."""
    bound = None
    if pod:
        found = cluster.core.read_namespaced_pod(pod, namespace)
        uid = found.metadata.uid if found.metadata else ""
        bound = client.V1BoundObjectReference(api_version="v1", kind="Pod", name=pod, uid=uid)
    spec = client.V1TokenRequestSpec(
        audiences=[audience], expiration_seconds=600, bound_object_ref=bound
    )
    made = cluster.core.create_namespaced_service_account_token(
        account or "default", namespace, client.AuthenticationV1TokenRequest(spec=spec)
    )
    assert made.status is not None
    return str(made.status.token)


@dataclass(frozen=True, slots=True)
class Checker:
    """The checker of one Monitor, as far as the collector can tell."""

    operator: Operator
    ca: str
    token: str
    monitor: str

    def hello(self) -> tuple[int, Any]:
        """Say hello."""
        greeting = {"monitor": self.monitor, "store": STORE, "sequence": 0}
        return self._say("/v1/hello", {"monitors": [greeting]})

    def claim(self, sequence: int, state: State, reason: str = "") -> tuple[int, Any]:
        """Claim that the target has been in a state from now on."""
        claim = HealthClaim(state, instant.floor(datetime.now(UTC)), reason)
        said = Transition(self.monitor, STORE, sequence, claim)
        return self._say("/v1/report", report.envelope_json(said))

    def _say(self, path: str, message: Mapping[str, object]) -> tuple[int, Any]:
        sent = {"sent_at": instant.text(datetime.now(UTC))}
        return self.operator.ask(self.ca, self.token, path, {**message, **sent})


def checker(cluster: Cluster, operator: Operator, namespace: str, monitor: str) -> Checker:
    """The checker in a Monitor's pod."""
    home = operator.environment["ALLSWELL_NAMESPACE"]
    path = "jsonpath={.data.ca\\.crt}"
    ca = cluster.kubectl("get", "configmap", "allswell-collector-ca", "-n", home, "-o", path)
    return Checker(operator, ca, token(cluster, namespace, f"{monitor}-check-0"), monitor)
