"""How customers' host names are handled in this installation: settings, as values."""

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
    """Which namespaces (patterns like `team-*`) may have names under which domains."""

    namespaces: tuple[str, ...]
    suffixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HostnamePolicy:
    """What is allowed, who is asked, and how long anything is waited for.

    Without rules every namespace may have every public name. `recheck` is how often a name that is
    held is looked at, `grace` how long it may fail before its page loses it.
    """

    own: InstallationDomains
    around: IngressSettings
    resolvers: tuple[Resolver, ...]
    caa: tuple[str, ...] = ()
    rules: tuple[HostnameRule, ...] = ()
    budget: OrderBudget = field(default_factory=OrderBudget)
    recheck: timedelta = timedelta(minutes=10)
    grace: timedelta = hostname_claim.GRACE
    rest: timedelta = hostname_claim.REST

    def suffixes(self, namespace: str) -> Collection[str] | None:
        """The domains under which a namespace may have names; None for all."""
        if not self.rules:
            return None
        return tuple(
            suffix
            for rule in self.rules
            if any(fnmatchcase(namespace, pattern) for pattern in rule.namespaces)
            for suffix in rule.suffixes
        )

    def check(self, host: str, namespace: str) -> str:
        """Why a page of a namespace may not have a name; empty when it may."""
        if not self.around.issuer[1]:
            return (
                "this installation has no issuer of certificates: it serves no names of customers"
            )
        try:
            hostname.check(hostname.normalize(host), self.own, self.suffixes(namespace))
        except hostname.HostnameRefused as problem:
            return str(problem)
        return ""


def rules(text: str) -> tuple[HostnameRule, ...]:
    """Read rules from JSON. Raises ValueError."""
    found = json.loads(text or "[]")
    if not isinstance(found, list):
        raise ValueError(text)  # noqa: TRY004 - to the reader it is a text that cannot be used
    return tuple(
        HostnameRule(_words(each, "namespaces"), _words(each, "suffixes")) for each in found
    )


def _words(rule: object, key: str) -> tuple[str, ...]:
    words = rule.get(key) if isinstance(rule, dict) else None
    if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
        raise ValueError(key)
    return tuple(words)


def resolver(text: str) -> Resolver:
    """Read a resolver, an address with or without a port. Raises ValueError."""
    address, _, port = text.rpartition(":") if _has_port(text) else (text, "", "53")
    if not 0 < int(port) < 2**16:
        raise ValueError(text)
    return Resolver(str(ip_address(address.strip("[]"))), int(port))


def _has_port(text: str) -> bool:
    return text.count(":") == 1 or "]:" in text
