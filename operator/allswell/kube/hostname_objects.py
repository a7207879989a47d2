"""Build the objects of a customer's host name: a Certificate, and a route to the page.

All of them live beside the web Service, where no tenant can read, and are labelled with the page's
namespace, name and UID. They have no owner: an owner in another namespace would have them garbage
collected within seconds.
"""

from dataclasses import dataclass
from datetime import datetime

from allswell.kube import conditions, manifest, names
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
    def child_name(self) -> str:
        """Return the name of every object that belongs to it; no other page's object has it."""
        digest = manifest.short_hash([self.namespace, self.name, self.uid, self.host])
        return f"page-{digest}"


@dataclass(frozen=True, slots=True)
class Gateway:
    """A Gateway that takes ListenerSets; `http` is its listener for plain HTTP, empty for none."""

    namespace: str
    name: str
    http: str = ""


@dataclass(frozen=True, slots=True)
class IngressSettings:
    """The namespace of the objects, and the Service that the routes lead to.

    `issuer` is the kind and the name of cert-manager's issuer. A route is an Ingress of a class, or
    with a `gateway` a ListenerSet and HTTPRoutes.
    """

    namespace: str
    service: str
    port: int
    issuer: tuple[str, str]
    ingress_class: str = ""
    gateway: Gateway | None = None

    @property
    def route_kinds(self) -> tuple[Kind, ...]:
        """Return the kinds of objects that a route is made of."""
        return (INGRESS,) if self.gateway is None else (LISTENERSET, HTTPROUTE)


def certificate(hostname: PageHostname, settings: IngressSettings) -> Json:
    """Build the Certificate of a host name; its Secret has the same name."""
    kind, name = settings.issuer
    spec = {
        "secretName": hostname.child_name,
        "secretTemplate": {"labels": _labels(hostname)},
        "dnsNames": [hostname.host],
        "issuerRef": {"group": "cert-manager.io", "kind": kind, "name": name},
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        "revisionHistoryLimit": 1,
    }
    return _object(CERTIFICATE, hostname.child_name, hostname, settings, spec)


def routes(hostname: PageHostname, settings: IngressSettings) -> tuple[tuple[Kind, Json], ...]:
    """Build the objects that lead visitors to the page, and terminate TLS by the certificate."""
    if settings.gateway is None:
        return ((INGRESS, _ingress(hostname, settings)),)
    listeners = (LISTENERSET, _listener_set(hostname, settings, settings.gateway))
    to_page = (HTTPROUTE, _route_to_page(hostname, settings))
    if not settings.gateway.http:
        return (listeners, to_page)
    return (listeners, to_page, (HTTPROUTE, _route_to_https(hostname, settings, settings.gateway)))


def _ingress(hostname: PageHostname, settings: IngressSettings) -> Json:
    backend = {"service": {"name": settings.service, "port": {"number": settings.port}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    spec: dict[str, object] = {
        "rules": [{"host": hostname.host, "http": {"paths": [path]}}],
        "tls": [{"hosts": [hostname.host], "secretName": hostname.child_name}],
    }
    if settings.ingress_class:
        spec["ingressClassName"] = settings.ingress_class
    return _object(INGRESS, hostname.child_name, hostname, settings, spec)


def _listener_set(hostname: PageHostname, settings: IngressSettings, gateway: Gateway) -> Json:
    listener = {
        "name": HTTPS,
        "hostname": hostname.host,
        "port": 443,
        "protocol": "HTTPS",
        "tls": {"mode": "Terminate", "certificateRefs": [{"name": hostname.child_name}]},
    }
    spec = {"parentRef": _gateway_reference(gateway), "listeners": [listener]}
    return _object(LISTENERSET, hostname.child_name, hostname, settings, spec)


def _route_to_page(hostname: PageHostname, settings: IngressSettings) -> Json:
    parent = {
        "group": GATEWAY_GROUP,
        "kind": LISTENERSET.name,
        "name": hostname.child_name,
        "sectionName": HTTPS,
    }
    rule = {"backendRefs": [{"name": settings.service, "port": settings.port}]}
    return _http_route(hostname.child_name, hostname, settings, parent, rule)


def _route_to_https(hostname: PageHostname, settings: IngressSettings, gateway: Gateway) -> Json:
    parent = {**_gateway_reference(gateway), "sectionName": gateway.http}
    redirect = {"scheme": "https", "statusCode": 301}
    rule = {"filters": [{"type": "RequestRedirect", "requestRedirect": redirect}]}
    return _http_route(f"{hostname.child_name}-http", hostname, settings, parent, rule)


def _http_route(
    name: str, hostname: PageHostname, settings: IngressSettings, parent: Json, rule: Json
) -> Json:
    spec = {"parentRefs": [parent], "hostnames": [hostname.host], "rules": [rule]}
    return _object(HTTPROUTE, name, hostname, settings, spec)


def _gateway_reference(gateway: Gateway) -> Json:
    return {
        "group": GATEWAY_GROUP,
        "kind": "Gateway",
        "namespace": gateway.namespace,
        "name": gateway.name,
    }


def _labels(hostname: PageHostname) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": "allswell",
        "app.kubernetes.io/component": "hostname",
        "app.kubernetes.io/managed-by": names.FIELD_MANAGER,
        names.PAGE_NAMESPACE: hostname.namespace,
        names.PAGE_LABEL: hostname.name,
        names.PAGE_UID: hostname.uid,
    }


def _object(
    kind: Kind, name: str, hostname: PageHostname, settings: IngressSettings, spec: Json
) -> Json:
    metadata = {
        "namespace": settings.namespace,
        "name": name,
        "labels": _labels(hostname),
        "annotations": {names.HOSTNAME: hostname.host},
    }
    return {"apiVersion": kind.api, "kind": kind.name, "metadata": metadata, "spec": spec}


def failure_time_patch(namespace: str, name: str, at: datetime | None) -> Json:
    """Build the merge patch that sets when a Certificate failed; None removes that."""
    status: dict[str, object] = {"lastFailureTime": None}
    if at is not None:
        status = {"lastFailureTime": conditions.time(at), "failedIssuanceAttempts": 1}
    return {
        "apiVersion": CERTIFICATE.api,
        "kind": CERTIFICATE.name,
        "metadata": {"namespace": namespace, "name": name},
        "status": status,
    }
