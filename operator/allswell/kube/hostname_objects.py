"""What a customer's host name needs on the cluster: a Certificate, and a route to the page.

All of it lives beside the web Service, where no tenant looks, and bears the page's namespace, name
and UID. It has no owner: an owner in another namespace would have it collected within seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from allswell.kube import manifest, names
from allswell.kube.kinds import CERTIFICATE, HTTPROUTE, INGRESS, LISTENERSET, Kind
from allswell.kube.manifest import Json

GATEWAY_GROUP = "gateway.networking.k8s.io"
HTTPS = "https"


@dataclass(frozen=True, slots=True)
class PageHostname:
    """One host name of one page; `uid` is the page's own."""

    host: str
    namespace: str
    name: str
    uid: str

    @property
    def child(self) -> str:
        """What everything that belongs to it is called: another page's is called otherwise."""
        print_ = manifest.fingerprint([self.namespace, self.name, self.uid, self.host])
        return f"page-{print_}"


@dataclass(frozen=True, slots=True)
class Gateway:
    """A Gateway that takes ListenerSets; `http` is its listener for plain HTTP, empty for none."""

    namespace: str
    name: str
    http: str = ""


@dataclass(frozen=True, slots=True)
class IngressSettings:
    """Where children live and what they lead to.

    `issuer` is the kind and the name of cert-manager's issuer. Routes are Ingresses of a class,
    or with a `gateway` a ListenerSet and HTTPRoutes.
    """

    namespace: str
    service: str
    port: int
    issuer: tuple[str, str]
    ingress_class: str = ""
    gateway: Gateway | None = None

    @property
    def routes(self) -> tuple[Kind, ...]:
        """The kinds of which a route is made."""
        return (INGRESS,) if self.gateway is None else (LISTENERSET, HTTPROUTE)


def certificate(it: PageHostname, there: IngressSettings) -> Json:
    """The Certificate of a host name; its Secret has the same name."""
    kind, name = there.issuer
    spec = {
        "secretName": it.child,
        "secretTemplate": {"labels": _labels(it)},
        "dnsNames": [it.host],
        "issuerRef": {"group": "cert-manager.io", "kind": kind, "name": name},
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        "revisionHistoryLimit": 1,
    }
    return _object(CERTIFICATE, it.child, it, there, spec)


def routes(it: PageHostname, there: IngressSettings) -> tuple[tuple[Kind, Json], ...]:
    """What leads to the page, with the certificate."""
    if there.gateway is None:
        return ((INGRESS, _ingress(it, there)),)
    listeners = (LISTENERSET, _listeners(it, there, there.gateway))
    to_page = (HTTPROUTE, _to_page(it, there))
    if not there.gateway.http:
        return (listeners, to_page)
    return (listeners, to_page, (HTTPROUTE, _to_https(it, there, there.gateway)))


def _ingress(it: PageHostname, there: IngressSettings) -> Json:
    backend = {"service": {"name": there.service, "port": {"number": there.port}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    spec: dict[str, object] = {
        "rules": [{"host": it.host, "http": {"paths": [path]}}],
        "tls": [{"hosts": [it.host], "secretName": it.child}],
    }
    if there.ingress_class:
        spec["ingressClassName"] = there.ingress_class
    return _object(INGRESS, it.child, it, there, spec)


def _listeners(it: PageHostname, there: IngressSettings, gateway: Gateway) -> Json:
    listener = {
        "name": HTTPS,
        "hostname": it.host,
        "port": 443,
        "protocol": "HTTPS",
        "tls": {"mode": "Terminate", "certificateRefs": [{"name": it.child}]},
    }
    spec = {"parentRef": _gateway(gateway), "listeners": [listener]}
    return _object(LISTENERSET, it.child, it, there, spec)


def _to_page(it: PageHostname, there: IngressSettings) -> Json:
    parent = {"group": GATEWAY_GROUP, "kind": LISTENERSET.name, "name": it.child}
    rule = {"backendRefs": [{"name": there.service, "port": there.port}]}
    return _route(it.child, it, there, {**parent, "sectionName": HTTPS}, rule)


def _to_https(it: PageHostname, there: IngressSettings, gateway: Gateway) -> Json:
    parent = {**_gateway(gateway), "sectionName": gateway.http}
    redirect = {"scheme": "https", "statusCode": 301}
    rule = {"filters": [{"type": "RequestRedirect", "requestRedirect": redirect}]}
    return _route(f"{it.child}-http", it, there, parent, rule)


def _route(name: str, it: PageHostname, there: IngressSettings, parent: Json, rule: Json) -> Json:
    spec = {"parentRefs": [parent], "hostnames": [it.host], "rules": [rule]}
    return _object(HTTPROUTE, name, it, there, spec)


def _gateway(gateway: Gateway) -> Json:
    return {
        "group": GATEWAY_GROUP,
        "kind": "Gateway",
        "namespace": gateway.namespace,
        "name": gateway.name,
    }


def _labels(it: PageHostname) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": "allswell",
        "app.kubernetes.io/component": "hostname",
        "app.kubernetes.io/managed-by": names.FIELD_MANAGER,
        names.PAGE_NAMESPACE: it.namespace,
        names.PAGE_LABEL: it.name,
        names.PAGE_UID: it.uid,
    }


def _object(kind: Kind, name: str, it: PageHostname, there: IngressSettings, spec: Json) -> Json:
    metadata = {
        "namespace": there.namespace,
        "name": name,
        "labels": _labels(it),
        "annotations": {names.HOSTNAME: it.host},
    }
    return {"apiVersion": kind.api, "kind": kind.name, "metadata": metadata, "spec": spec}


def host_of(child: Json) -> str:
    """The host name that a child is for."""
    return manifest.text(child, "metadata", "annotations", names.HOSTNAME)


def named(children: Sequence[Json]) -> dict[str, Json]:
    """Children by their names."""
    return {manifest.name(child)[1]: child for child in children}
