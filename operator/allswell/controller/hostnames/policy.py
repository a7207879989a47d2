"""Hold the installation's policy for customers' host names, and parse the texts it comes in."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from ipaddress import ip_address

from allswell.dns.lookup import Resolver
from allswell.domain import hostname, hostname_claim
from allswell.domain.hostname import InstallationDomains
from allswell.domain.hostname_claim import OrderBudget
from allswell.kube.hostname_objects import IngressSettings


@dataclass(frozen=True, slots=True)
class HostnameRule:
    """The domains under which some namespaces (patterns like `team-*`) may have host names."""

    namespaces: tuple[str, ...]
    suffixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HostnamePolicy:
    """The rules, limits and intervals for customers' host names.

    Without rules every namespace may have every public name. `caa_issuers` are the names of the
    certificate authority in CAA records; without any, these are ignored. `recheck` is the interval
    of verified names, `grace` how long a name may fail before its page loses it, `rest` how long a
    released name is kept from other namespaces.
    """

    domains: InstallationDomains
    ingress: IngressSettings
    resolvers: tuple[Resolver, ...]
    caa_issuers: tuple[str, ...] = ()
    rules: tuple[HostnameRule, ...] = ()
    budget: OrderBudget = field(default_factory=OrderBudget)
    recheck: timedelta = timedelta(minutes=10)
    grace: timedelta = hostname_claim.GRACE
    rest: timedelta = hostname_claim.REST

    def suffixes(self, namespace: str) -> Collection[str] | None:
        """Return the domains under which a namespace may have names; None for all."""
        if not self.rules:
            return None
        return tuple(
            suffix
            for rule in self.rules
            if any(fnmatchcase(namespace, pattern) for pattern in rule.namespaces)
            for suffix in rule.suffixes
        )

    def refusal(self, host: str, namespace: str) -> str:
        """Return why no page of a namespace may have a host name; empty when one may."""
        if not self.ingress.issuer[1]:
            return (
                "this installation has no issuer of certificates,"
                " so it serves no customers' host names"
            )
        try:
            hostname.check(hostname.normalize(host), self.domains, self.suffixes(namespace))
        except hostname.HostnameRefused as problem:
            return str(problem)
        return ""


def parse_rules(text: str) -> tuple[HostnameRule, ...]:
    """Parse rules from JSON. Raises ValueError."""
    entries = json.loads(text or "[]")
    if not isinstance(entries, list):
        raise ValueError(text)  # noqa: TRY004 - to the reader it is a text that cannot be used
    return tuple(
        HostnameRule(_texts(entry, "namespaces"), _texts(entry, "suffixes")) for entry in entries
    )


def _texts(rule: object, key: str) -> tuple[str, ...]:
    texts = rule.get(key) if isinstance(rule, dict) else None
    if not isinstance(texts, list) or not all(isinstance(text, str) and text for text in texts):
        raise ValueError(key)
    return tuple(texts)


def parse_resolver(text: str) -> Resolver:
    """Parse a resolver, an address with or without a port. Raises ValueError."""
    address, _, port = text.rpartition(":") if _has_port(text) else (text, "", "53")
    if not 0 < int(port) < 2**16:
        raise ValueError(text)
    return Resolver(str(ip_address(address.strip("[]"))), int(port))


def _has_port(text: str) -> bool:
    return text.count(":") == 1 or "]:" in text
