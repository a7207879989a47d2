"""Provide customers' host names: what a customer sets in the DNS, and what a visitor sees."""

import contextlib
import http.client
import json
import ssl
from dataclasses import dataclass
from typing import Any

from tests import tls
from tests.cluster import certificate_authority, ingress
from tests.cluster.cluster_access import Cluster, wait_until
from tests.cluster.installation import Installation, Values
from tests.cluster.lab.acme import Authority

DOMAIN = "pages.test"
CUSTOMERS = "customers.test"
WILDCARD = "wildcard"
# The stand-in's own requests come from the node, as seen by the pods.
PROXIES = ["10.0.0.0/8", "192.168.0.0/16"]


def values(authority: Authority) -> Values:
    """Return what to install the product with, so that it serves customers' host names."""
    return {
        "pagesDomain": DOMAIN,
        "pagesCertificate": {"existingSecret": WILDCARD},
        "hostnames": {
            "issuerRef": {"name": certificate_authority.ISSUER},
            "resolvers": [authority.nameserver],
            "caaDomains": ["pebble.letsencrypt.org"],
            "rules": [{"namespaces": ["*"], "suffixes": [CUSTOMERS]}],
            "recheckSeconds": 2,
            "graceSeconds": 6,
        },
        "routing": {"ingressClassName": ingress.CLASS},
        "page": {"trustedProxies": PROXIES},
    }


@dataclass(frozen=True, slots=True)
class Page:
    """A StatusPage with host names."""

    cluster: Cluster
    namespace: str
    name: str

    def lists(self, *hostnames: str) -> None:
        """Apply the page as its owner does."""
        spec = {"title": f"{self.namespace} {self.name}", "hostnames": list(hostnames)}
        manifest = {
            "apiVersion": "allswell.dev/v1alpha1",
            "kind": "StatusPage",
            "metadata": {"name": self.name, "namespace": self.namespace},
            "spec": spec,
        }
        self.cluster.kubectl("apply", "-f", "-", text=json.dumps(manifest))

    @property
    def title(self) -> str:
        """Return what a visitor reads."""
        return f"{self.namespace} {self.name}"

    def read(self) -> dict[str, Any]:
        """Return its status."""
        flags = ["-n", self.namespace, "-o", "json"]
        objects = json.loads(self.cluster.kubectl("get", "statuspage", self.name, *flags))
        status: dict[str, Any] = objects.get("status", {})
        return status

    def target(self) -> str:
        """Return what a CNAME is to point at."""
        return str(wait_until(lambda: self.read().get("target"), what="the page has an address"))

    def said(self, host: str) -> dict[str, tuple[str, str]]:
        """Return status and reason of each condition of a host name."""
        entries = {each["name"]: each for each in self.read().get("hostnames", [])}
        conditions = entries.get(host, {}).get("conditions", [])
        return {each["type"]: (each["status"], each["reason"]) for each in conditions}

    def token(self, host: str) -> dict[str, str]:
        """Return the TXT record that proves a host."""
        entries = {each["name"]: each for each in self.read().get("hostnames", [])}
        proof: dict[str, str] = entries[host]["proof"]
        return proof

    def events(self) -> list[str]:
        """Return the reasons of its events."""
        flags = ["-n", self.namespace, "-o", "json"]
        objects = json.loads(self.cluster.kubectl("get", "events.events.k8s.io", *flags))["items"]
        return [each["reason"] for each in objects if each["regarding"]["name"] == self.name]


def cname(authority: Authority, host: str, target: str) -> None:
    """Set a CNAME record."""
    authority.record("set-cname", {"host": f"{host}.", "target": f"{target}."})


def uncname(authority: Authority, host: str) -> None:
    """Remove it again."""
    authority.record("clear-cname", {"host": f"{host}."})


def visit(
    authority: Authority, host: str, path: str = "/", *, said: str = "", root: str = ""
) -> tuple[int, str]:
    """Ask by HTTPS with a host as SNI, trusting the authority alone; status 0 when that fails.

    `said` is the Host header where it is another, `root` what else is to be trusted.
    """
    trusting = ssl.create_default_context(cadata=root or authority.root())
    place = (authority.lab.node_address, 443)
    try:
        with tls.connected(trusting, place, host) as asked:
            asked.request("GET", path, headers={"Host": said or host, "Connection": "close"})
            answer = asked.getresponse()
            return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)


def plain(authority: Authority, host: str, path: str = "/") -> tuple[int, str]:
    """Ask by plain HTTP; the status, and where it leads."""
    asked = http.client.HTTPConnection(authority.lab.node_address, 80, timeout=5)
    with contextlib.closing(asked):
        asked.request("GET", path, headers={"Host": host})
        answer = asked.getresponse()
        answer.read()
        return answer.status, answer.getheader("Location", "") or ""


def children(release: Installation, host: str) -> list[str]:
    """Return the kinds of what a host name has beside the page's Service."""
    form = ["-l", "app.kubernetes.io/component=hostname", "-o", "json"]
    objects = json.loads(release.kubectl("get", "certificates,ingresses,secrets", *form))["items"]
    return sorted(
        each["kind"]
        for each in objects
        if host in json.dumps(each["metadata"].get("annotations", {}))
    )
