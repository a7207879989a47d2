"""The lab's authority and its ingress stand-in do what those of the world do."""

import json
import ssl
from typing import Any

import pytest

from tests import tls
from tests.cluster import certificate_authority, ingress
from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.lab.acme import Authority

pytestmark = pytest.mark.node

HOST = "status.customer.example"


def certificate() -> dict[str, Any]:
    issuer = {"kind": "ClusterIssuer", "name": certificate_authority.ISSUER}
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": "status"},
        "spec": {"secretName": "status-tls", "dnsNames": [HOST], "issuerRef": issuer},
    }


def route() -> dict[str, Any]:
    backend = {"service": {"name": "kubernetes", "port": {"name": "https"}}}
    rule = {
        "host": HOST,
        "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
    }
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "status"},
        "spec": {
            "ingressClassName": ingress.CLASS,
            "rules": [rule],
            "tls": [{"hosts": [HOST], "secretName": "status-tls"}],
        },
    }


def test_a_certificate_is_issued_by_http_and_served_by_name(
    cluster: Cluster, namespace: str, authority: Authority
) -> None:
    before = authority.orders()
    cluster.apply(certificate(), route(), namespace=namespace)

    def issued() -> bool:
        text = cluster.kubectl("get", "certificate/status", "-n", namespace, "-o", "json")
        conditions = json.loads(text).get("status", {}).get("conditions", [])
        return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)

    wait_until(issued, what="the certificate is there", limit=60)
    assert authority.orders() > before
    trusting = ssl.create_default_context(cadata=authority.root())
    place = (authority.lab.node_address, 443)

    def served() -> bool:
        try:
            with tls.connected(trusting, place, HOST):
                return True
        except OSError:
            return False

    wait_until(served, what="the host answers with its certificate", limit=10)
