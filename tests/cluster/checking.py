"""What a checker says to the collector, said by a test, with a token of the API server's."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from allswell.domain import instant, report
from allswell.domain.health import Claim
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
    spec: dict[str, Any] = {"audiences": [audience], "expirationSeconds": 600}
    if pod:
        found = json.loads(cluster.kubectl("get", "pod", pod, "-n", namespace, "-o", "json"))
        reference = {"apiVersion": "v1", "kind": "Pod", "name": pod}
        spec["boundObjectRef"] = {**reference, "uid": found["metadata"]["uid"]}
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account or 'default'}/token"
    made = json.loads(cluster.kubectl("create", "--raw", path, "-f", "-", text=json.dumps(body)))
    return str(made["status"]["token"])


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
        claim = Claim(state, instant.floor(datetime.now(UTC)), reason)
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
