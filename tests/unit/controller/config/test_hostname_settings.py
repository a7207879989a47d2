"""The settings of customers' host names."""

from datetime import timedelta
from pathlib import Path

import pytest

from allswell.controller.config import hostname_settings
from allswell.controller.config.environment import Environment
from allswell.controller.hostnames.policy import HostnamePolicy, HostnameRule
from allswell.dns.lookup import Resolver
from allswell.kube.hostname_objects import Gateway

ALL = {
    "ALLSWELL_PAGES_DOMAIN": "Pages.IO.",
    "ALLSWELL_PAGE_URL": "https://status.product.io/",
    "ALLSWELL_ISSUER": "ClusterIssuer/letsencrypt",
    "ALLSWELL_RESOLVERS": "192.0.2.53,192.0.2.54:5353,[2001:db8::1]:53,2001:db8::2",
}


def read(**more: str) -> tuple[HostnamePolicy | None, list[str]]:
    given = Environment({**ALL, **more})
    return hostname_settings.read(given, "allswell"), given.problems


def test_without_a_domain_there_is_nothing_to_do() -> None:
    assert read(ALLSWELL_PAGES_DOMAIN="") == (None, [])


def test_all_that_is_said_is_read() -> None:
    rules = '[{"namespaces": ["team-*"], "suffixes": ["acme.com"]}]'
    found, problems = read(
        ALLSWELL_HOSTNAME_RULES=rules,
        ALLSWELL_CAA_DOMAINS="le.org, zero.com",
        ALLSWELL_HOSTNAME_REST_SECONDS="7776000",
    )
    assert problems == []
    assert found is not None
    assert found.domains.pages_domain == "pages.io"
    assert found.domains.hosts == ("status.product.io",)
    assert found.ingress.issuer == ("ClusterIssuer", "letsencrypt")
    assert found.caa_issuers == ("le.org", "zero.com")
    assert found.rules == (HostnameRule(("team-*",), ("acme.com",)),)
    assert found.suffixes("team-a") == ("acme.com",)
    assert found.suffixes("other") == ()
    assert found.rest == timedelta(days=90)
    assert found.resolvers == (
        Resolver("192.0.2.53", 53),
        Resolver("192.0.2.54", 5353),
        Resolver("2001:db8::1", 53),
        Resolver("2001:db8::2", 53),
    )


def test_a_gateway_is_named() -> None:
    found, problems = read(
        ALLSWELL_ROUTING="Gateway",
        ALLSWELL_GATEWAY="infra/public",
        ALLSWELL_GATEWAY_HTTP_LISTENER="http",
    )
    assert problems == []
    assert found is not None
    assert found.ingress.gateway == Gateway("infra", "public", "http")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ALLSWELL_PAGES_DOMAIN", "pages.status.product.io", "dedicate another"),
        ("ALLSWELL_PAGES_DOMAIN", "product.io", "dedicate another"),
        ("ALLSWELL_PAGES_DOMAIN", "pages", "full name"),
        ("ALLSWELL_ISSUER", "letsencrypt", "ClusterIssuer/name"),
        ("ALLSWELL_ROUTING", "Route", "Ingress or Gateway"),
        ("ALLSWELL_ROUTING", "Gateway", "ALLSWELL_GATEWAY is missing"),
        ("ALLSWELL_RESOLVERS", "dns.example", "write addresses"),
        ("ALLSWELL_HOSTNAME_RULES", "{}", "suffixes"),
        ("ALLSWELL_HOSTNAME_RULES", '[{"namespaces": "a"}]', "suffixes"),
        ("ALLSWELL_CERTIFICATE_BUDGET", "1,2", "three numbers"),
        ("ALLSWELL_HOSTNAME_GRACE_SECONDS", "0", "from 1 on"),
        ("ALLSWELL_HOSTNAME_REST_SECONDS", "7776001", "to 90 days"),
        ("ALLSWELL_WEB_SERVICE", "web", "name:port"),
    ],
)
def test_what_cannot_be_used_is_told_with_what_to_write(name: str, value: str, words: str) -> None:
    _, problems = read(**{name: value})
    assert any(words in problem for problem in problems)


def test_without_an_issuer_no_customer_has_a_name() -> None:
    found, problems = read(ALLSWELL_ISSUER="")
    assert problems == []
    assert found is not None
    assert "issuer" in found.refusal("status.acme.com", "acme")


def test_the_machine_names_resolvers_where_nobody_else_does() -> None:
    found, problems = read(ALLSWELL_RESOLVERS="")
    assert found is not None
    if Path("/etc/resolv.conf").exists():
        assert (problems, bool(found.resolvers)) == ([], True)
