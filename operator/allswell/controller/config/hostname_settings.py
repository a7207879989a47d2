"""The settings of this room, from environment variables."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

import dns.exception
import dns.resolver

from allswell.central.registry import KEPT_HIDDEN
from allswell.controller.config.environment import Environment
from allswell.controller.hostnames import policy
from allswell.controller.hostnames.policy import HostnamePolicy
from allswell.dns.lookup import Resolver
from allswell.domain import hostname
from allswell.domain.hostname import InstallationDomains
from allswell.domain.hostname_claim import OrderBudget
from allswell.kube.hostname_objects import Gateway, IngressSettings

ISSUERS = ("Issuer", "ClusterIssuer")
ROUTINGS = ("Ingress", "Gateway")


def read(given: Environment, namespace: str) -> HostnamePolicy | None:
    """The policy; None where no domain is dedicated to pages. What is wrong is noted."""
    domain = given.text("ALLSWELL_PAGES_DOMAIN", "").lower().removesuffix(".")
    if not domain:
        return None
    products = _hosts(given)
    if why := hostname.pages_domain_problem(domain, products):
        given.problems.append(f"ALLSWELL_PAGES_DOMAIN cannot be used: {why}")
    return HostnamePolicy(
        own=InstallationDomains(domain, products),
        around=_around(given, namespace),
        resolvers=_resolvers(given),
        caa=given.words("ALLSWELL_CAA_DOMAINS"),
        rules=given.read(
            "ALLSWELL_HOSTNAME_RULES",
            "[]",
            policy.rules,
            '[{"namespaces": ["team-*"], "suffixes": ["example.com"]}]',
        ),
        budget=given.read("ALLSWELL_CERTIFICATE_BUDGET", "4,250,45", _budget, BUDGET),
        recheck=_time(given, "ALLSWELL_HOSTNAME_RECHECK_SECONDS", 600, "seconds"),
        grace=_time(given, "ALLSWELL_HOSTNAME_GRACE_SECONDS", 3 * 86_400, "seconds"),
        rest=given.read("ALLSWELL_HOSTNAME_REST_SECONDS", "2592000", _rest, REST),
    )


# A page that is gone is forgotten with the names that it had, however long these should rest.
REST = f"a number of seconds from 1 to {KEPT_HIDDEN.days} days"
BUDGET = "three numbers: of one name an hour, of all in three hours, of one domain a week"


def _hosts(given: Environment) -> tuple[str, ...]:
    """The product's own hosts: that of the page's address."""
    host = urlsplit(given.text("ALLSWELL_PAGE_URL", "")).hostname
    return (host,) if host else ()


def _around(given: Environment, namespace: str) -> IngressSettings:
    service, port = given.read(
        "ALLSWELL_WEB_SERVICE", "allswell-web:80", _service, "name:port of the page's Service"
    )
    routing = given.read("ALLSWELL_ROUTING", "Ingress", _routing, " or ".join(ROUTINGS))
    return IngressSettings(
        namespace=namespace,
        service=service,
        port=port,
        issuer=given.read("ALLSWELL_ISSUER", "", _issuer, "ClusterIssuer/name or Issuer/name"),
        ingress_class=given.text("ALLSWELL_INGRESS_CLASS", ""),
        gateway=_gateway(given) if routing == "Gateway" else None,
    )


def _gateway(given: Environment) -> Gateway:
    namespace, name = given.read("ALLSWELL_GATEWAY", "", _place, "namespace/name of a Gateway")
    if not name:
        given.problems.append("ALLSWELL_GATEWAY is missing: write namespace/name of a Gateway")
    return Gateway(namespace, name, given.text("ALLSWELL_GATEWAY_HTTP_LISTENER", ""))


def _resolvers(given: Environment) -> tuple[Resolver, ...]:
    words = given.words("ALLSWELL_RESOLVERS") or _of_machine()
    found = []
    for word in words:
        try:
            found.append(policy.resolver(word))
        except ValueError:
            given.problems.append(
                f"ALLSWELL_RESOLVERS holds {word[:60]!r}: write addresses, like 192.0.2.53"
            )
    return tuple(found)


def _of_machine() -> Sequence[str]:
    try:
        return [str(server) for server in dns.resolver.Resolver().nameservers]
    except dns.exception.DNSException:
        return ()


def _time(given: Environment, name: str, default: int, unit: str) -> timedelta:
    return given.read(name, str(default), _seconds, f"a number of {unit} from 1 on")


def _seconds(text: str) -> timedelta:
    if int(text) < 1:
        raise ValueError(text)
    return timedelta(seconds=int(text))


def _rest(text: str) -> timedelta:
    if (rest := _seconds(text)) > KEPT_HIDDEN:
        raise ValueError(text)
    return rest


def _budget(text: str) -> OrderBudget:
    per_host, total, per_domain = (int(word) for word in text.split(","))
    if min(per_host, total, per_domain) < 1:
        raise ValueError(text)
    return OrderBudget(per_host, total, per_domain)


def _service(text: str) -> tuple[str, int]:
    name, _, port = text.partition(":")
    if not name or not 0 < int(port) < 2**16:
        raise ValueError(text)
    return name, int(port)


def _issuer(text: str) -> tuple[str, str]:
    kind, _, name = text.partition("/")
    if text and (kind not in ISSUERS or not name):
        raise ValueError(text)
    return kind, name


def _routing(text: str) -> str:
    if text not in ROUTINGS:
        raise ValueError(text)
    return text


def _place(text: str) -> tuple[str, str]:
    namespace, _, name = text.partition("/")
    if text and not (namespace and name):
        raise ValueError(text)
    return namespace, name
