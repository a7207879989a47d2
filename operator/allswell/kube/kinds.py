"""List the kinds of objects that are used, and their addresses."""

from dataclasses import dataclass

from allswell.domain.spec.meta import API_VERSION


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind's name, its apiVersion (`v1`, `apps/v1`) and its plural in addresses."""

    name: str
    api: str
    plural: str

    @property
    def group(self) -> str:
        """Return the API group; empty for the core."""
        return self.api.rpartition("/")[0]

    @property
    def version(self) -> str:
        """Return the version within the group."""
        return self.api.rpartition("/")[2]

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """Return an address; with no name the collection's, with no namespace that of all."""
        root = f"/apis/{self.api}" if self.group else f"/api/{self.api}"
        parts = [root, *(("namespaces", namespace) if namespace else ()), self.plural]
        return "/".join([*parts, *(part for part in (name, subresource) if part)])


MONITOR = Kind("Monitor", API_VERSION, "monitors")
PAGE = Kind("StatusPage", API_VERSION, "statuspages")
STATEFULSET = Kind("StatefulSet", "apps/v1", "statefulsets")
CONFIGMAP = Kind("ConfigMap", "v1", "configmaps")
POD = Kind("Pod", "v1", "pods")
SECRET = Kind("Secret", "v1", "secrets")
NAMESPACE = Kind("Namespace", "v1", "namespaces")
LEASE = Kind("Lease", "coordination.k8s.io/v1", "leases")
EVENT = Kind("Event", "events.k8s.io/v1", "events")
DEFINITION = Kind(
    "CustomResourceDefinition", "apiextensions.k8s.io/v1", "customresourcedefinitions"
)
TOKEN_REVIEW = Kind("TokenReview", "authentication.k8s.io/v1", "tokenreviews")
CERTIFICATE = Kind("Certificate", "cert-manager.io/v1", "certificates")
CHALLENGE = Kind("Challenge", "acme.cert-manager.io/v1", "challenges")
INGRESS = Kind("Ingress", "networking.k8s.io/v1", "ingresses")
HTTPROUTE = Kind("HTTPRoute", "gateway.networking.k8s.io/v1", "httproutes")
LISTENERSET = Kind("ListenerSet", "gateway.networking.k8s.io/v1", "listenersets")
