"""Read the policy for customers' host names from environment variables."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

import dns.exception
import dns.resolver

from allswell.central.registry import HIDDEN_FOR
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


def read(environment: Environment, namespace: str) -> HostnamePolicy | None:
    """Read the policy; None where no domain is dedicated to pages.

    Every problem is noted in the environment.
    """
    domain = environment.text("ALLSWELL_PAGES_DOMAIN", "").lower().removesuffix(".")
    if not domain:
        return None
    product_hosts = _product_hosts(environment)
    if problem := hostname.pages_domain_problem(domain, product_hosts):
        environment.problems.append(f"ALLSWELL_PAGES_DOMAIN cannot be used: {problem}")
    return HostnamePolicy(
        domains=InstallationDomains(domain, product_hosts),
        ingress=_ingress(environment, namespace),
        resolvers=_resolvers(environment),
        caa_issuers=environment.words("ALLSWELL_CAA_DOMAINS"),
        rules=environment.read(
            "ALLSWELL_HOSTNAME_RULES",
            "[]",
            policy.parse_rules,
            '[{"namespaces": ["team-*"], "suffixes": ["example.com"]}]',
        ),
        budget=environment.read("ALLSWELL_CERTIFICATE_BUDGET", "4,250,45", _budget, BUDGET),
        recheck=_period(environment, "ALLSWELL_HOSTNAME_RECHECK_SECONDS", 600),
        grace=_period(environment, "ALLSWELL_HOSTNAME_GRACE_SECONDS", 3 * 86_400),
        rest=environment.read("ALLSWELL_HOSTNAME_REST_SECONDS", "2592000", _rest, REST),
    )


# A page that is gone is purged with the names that it had, however long these should rest.
REST = f"a number of seconds from 1 to {HIDDEN_FOR.days} days"
BUDGET = "three numbers: of one name an hour, of all in three hours, of one domain a week"


def _product_hosts(environment: Environment) -> tuple[str, ...]:
    """Return the product's own hosts: that of the page's address."""
    host = urlsplit(environment.text("ALLSWELL_PAGE_URL", "")).hostname
    return (host,) if host else ()


def _ingress(environment: Environment, namespace: str) -> IngressSettings:
    service, port = environment.read(
        "ALLSWELL_WEB_SERVICE", "allswell-web:80", _service, "name:port of the page's Service"
    )
    routing = environment.read("ALLSWELL_ROUTING", "Ingress", _routing, " or ".join(ROUTINGS))
    issuer = environment.read("ALLSWELL_ISSUER", "", _issuer, "ClusterIssuer/name or Issuer/name")
    return IngressSettings(
        namespace=namespace,
        service=service,
        port=port,
        issuer=issuer,
        ingress_class=environment.text("ALLSWELL_INGRESS_CLASS", ""),
        gateway=_gateway(environment) if routing == "Gateway" else None,
    )


def _gateway(environment: Environment) -> Gateway:
    namespace, name = environment.read(
        "ALLSWELL_GATEWAY", "", _namespaced_name, "namespace/name of a Gateway"
    )
    if not name:
        environment.problems.append(
            "ALLSWELL_GATEWAY is missing: write namespace/name of a Gateway"
        )
    return Gateway(namespace, name, environment.text("ALLSWELL_GATEWAY_HTTP_LISTENER", ""))


def _resolvers(environment: Environment) -> tuple[Resolver, ...]:
    resolvers = []
    for text in environment.words("ALLSWELL_RESOLVERS") or _system_resolvers():
        try:
            resolvers.append(policy.parse_resolver(text))
        except ValueError:
            environment.problems.append(
                f"ALLSWELL_RESOLVERS holds {text[:60]!r}: write addresses, like 192.0.2.53"
            )
    return tuple(resolvers)


def _system_resolvers() -> Sequence[str]:
    try:
        return [str(server) for server in dns.resolver.Resolver().nameservers]
    except dns.exception.DNSException:
        return ()


def _period(environment: Environment, name: str, default: int) -> timedelta:
    return environment.read(name, str(default), _seconds, "a number of seconds from 1 on")


def _seconds(text: str) -> timedelta:
    if int(text) < 1:
        raise ValueError(text)
    return timedelta(seconds=int(text))


def _rest(text: str) -> timedelta:
    if (rest := _seconds(text)) > HIDDEN_FOR:
        raise ValueError(text)
    return rest


def _budget(text: str) -> OrderBudget:
    per_host, total, per_domain = (int(number) for number in text.split(","))
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


def _namespaced_name(text: str) -> tuple[str, str]:
    namespace, _, name = text.partition("/")
    if text and not (namespace and name):
        raise ValueError(text)
    return namespace, name
