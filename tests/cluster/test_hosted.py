"""What a host name gets is taken by a real API server with the real kinds; nobody acts on it."""

import json

import pytest

from allswell.kube import hostname_objects
from allswell.kube.hostname_objects import Gateway, IngressSettings, PageHostname
from tests.cluster import certificate_authority
from tests.cluster.cluster_access import Cluster

NAME = PageHostname("status.acme.com", "acme", "main", "uid")


@pytest.mark.parametrize("gateway", [None, Gateway("infra", "public", "http")])
def test_certificate_and_route_have_only_fields_that_their_kinds_know(
    cluster: Cluster, namespace: str, gateway: Gateway | None
) -> None:
    certificate_authority.install_crds(cluster)
    around = IngressSettings(namespace, "web", 80, ("ClusterIssuer", "le"), "nginx", gateway)
    made = [
        hostname_objects.certificate(NAME, around),
        *(way for _, way in hostname_objects.routes(NAME, around)),
    ]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": made})
    flags = ["--server-side", "--dry-run=server", "--validate=strict", "-f", "-", "-o", "name"]
    taken = cluster.kubectl("apply", *flags, text=text).splitlines()
    kinds = {line.partition(".")[0] for line in taken}
    routes = {"ingress"} if gateway is None else {"listenerset", "httproute"}
    assert kinds == {"certificate"} | routes
