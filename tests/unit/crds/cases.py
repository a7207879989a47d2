"""For each rule of the CRDs a manifest that breaks it and one that keeps it."""

import re
from dataclasses import dataclass
from typing import Any

from allswell.domain.spec.page import HOSTNAME_ADVICE
from allswell.domain.spec.problem import dotted
from tests.unit.crds import pools, schema, variants
from tests.unit.crds.variants import Change, Path

BASES = {
    "http": variants.HTTP,
    "tcp": variants.TCP,
    "page": variants.PAGE,
    "secret": variants.SECRET_PAGE,
    "inner": variants.INNER_PAGE,
}


def path(text: str) -> Path:
    """`a.0.b` as a path."""
    return tuple(int(part) if part.isdigit() else part for part in text.split(".") if part)


@dataclass(frozen=True, slots=True)
class Case:
    """A rule: its place, what it says there, a value that breaks it, one that keeps it.

    `below` is where the API server says so, if that is a field below the place.
    """

    base: str
    at: str
    message: str
    bad: Any
    good: Any
    below: str = ""

    @property
    def kind(self) -> str:
        """Return the kind in question."""
        return str(BASES[self.base]["kind"]).lower()

    @property
    def place(self) -> str:
        """Return the rule's place in the schema; names have theirs at the top."""
        text = re.sub(r"\.\d+", "[]", self.at)
        return (
            "" if self.at == "metadata.name" else text.replace("matchLabels.tier", "matchLabels[]")
        )

    @property
    def field(self) -> str:
        """Return the field that the API server names."""
        found = dotted(path(f"{self.at}.{self.below}")) if self.place else "<nil>"
        return found.replace("matchLabels.tier", "matchLabels[tier]")

    def manifest(self, value: object) -> dict[str, Any]:
        """Return the manifest with a value at the rule's place."""
        return Change(path(self.at), value).on(BASES[self.base])


WEB = {"url": "http://a.example/"}
PORT = {"host": "a", "port": 1}
CERTIFICATE = PORT | {"expect": {"certificateDays": 1}}
REFERENCE = "spec.http.headers.1.valueFrom.secretKeyRef"
EXPRESSION = "spec.groups.1.selector.matchExpressions.0"
NUL = "this holds a character that cannot be stored (U+0000); leave it out"
LATENCY = "write 1ms to 24h in whole numbers with h, m, s or ms, like 800ms or 2s"
VALUE = "write up to 63 letters, digits, -, _ and ."
EVERY = [
    *(
        Case(base, "metadata.name", schema.NAME, name, "a" * 45)
        for base in ("http", "page")
        for name in ("a" * 46, "a.b")
    ),
    *(
        Case("http", "spec", "write exactly one of http, tcp", bad, {"http": WEB})
        for bad in ({}, {"http": WEB, "tcp": PORT})
    ),
    Case(
        "http",
        "spec",
        "the timeout is longer than the interval; write a shorter timeout or a longer interval",
        {"http": WEB, "interval": "10s", "timeout": "10001ms"},
        {"http": WEB, "interval": "10s", "timeout": "10s"},
        "timeout",
    ),
    Case(
        "http",
        "spec",
        "this is longer than the interval; write a shorter pause or a longer interval",
        {"http": WEB, "interval": "10s", "confirm": {"every": "11s"}},
        {"http": WEB, "interval": "10s", "confirm": {"every": "10s"}},
        "confirm.every",
    ),
    *(
        Case(
            "http",
            "spec.interval",
            "write 1s to 24h in whole numbers with h, m, s or ms, like 90s or 1h30m",
            bad,
            "90s",
        )
        for bad in ("2w", "999ms", "24h1s")
    ),
    Case(
        "http",
        "spec.timeout",
        "write 10ms to 5m in whole numbers with h, m, s or ms, like 5s or 800ms",
        "9ms",
        "10ms",
    ),
    Case(
        "http",
        "spec.confirm.every",
        "write 1s to 24h in whole numbers with h, m, s or ms, like 5s or 1m",
        "1",
        "1s",
    ),
    *(
        Case(
            "http",
            "spec.storage.size",
            "write a size like 128Mi or 1Gi, from 16Mi to 64Gi",
            bad,
            "16Mi",
        )
        for bad in ("15Mi", "1Ti", "65Gi")
    ),
    Case(
        "http",
        "spec.http",
        "a GET or HEAD request has no body; write method: POST, or leave the body out",
        WEB | {"body": "x"},
        WEB | {"body": "x", "method": "PUT"},
        "body",
    ),
    Case("http", "spec.http.url", schema.ADDRESS, "https:/a.example", "https://a.example/health"),
    Case(
        "http",
        "spec.http.url",
        "the address holds a user or password; put it in a header with valueFrom",
        "https://user:password@a.example/",
        "https://a.example/@user",
    ),
    Case(
        "http",
        "spec.http.url",
        "the part after # is never sent; leave it out",
        "http://a/#b",
        "http://a/?b",
    ),
    Case(
        "http",
        "spec.http.headers",
        "a header stands here twice, perhaps in another case; remove one of the two",
        [{"name": "a", "value": "1"}, {"name": "A", "value": "2"}],
        [{"name": "a", "value": "1"}, {"name": "B", "value": "2"}],
    ),
    Case(
        "http",
        "spec.http.headers.0",
        "a header has one source; write either value or valueFrom",
        {"name": "a"},
        {"name": "a", "value": ""},
    ),
    Case("http", "spec.http.headers.0.name", "write a name like Authorization", "a b", "X-A"),
    Case(
        "http",
        "spec.http.headers.0.name",
        "this header is set by the checker itself; remove it",
        "Content-Length",
        "Content-Type",
    ),
    Case(
        "http",
        "spec.http.headers.0.value",
        "write one line of characters up to U+00FF, without spaces at its ends",
        "a ",
        "a b",
    ),
    Case("http", f"{REFERENCE}.name", "write the name of a Secret", "A", "a"),
    Case("http", f"{REFERENCE}.key", "write a key of that Secret", "a/b", "a.B"),
    Case("http", "spec.http.body", NUL, "a\0", "a\n"),
    Case("http", "spec.http.tlsConfig.serverName", "write a host name", "a b", "a.b"),
    Case(
        "http",
        "spec.http.expect.status",
        "a status stands here twice; remove one of the two",
        [200, "200-200"],
        [200, "201"],
    ),
    Case(
        "http",
        "spec.http.expect.status.0",
        'write "200" or a range like "200-299"',
        "299-200",
        "299-300",
    ),
    *(
        Case("http", f"spec.http.expect.body.{name}", NUL, "\0", "\t")
        for name in ("contains", "notContains", "matches")
    ),
    Case("http", "spec.http.expect.latency", LATENCY, "0.5s", "500ms"),
    Case(
        "tcp",
        "spec.tcp",
        "plain TCP has no certificate; write tls: {}, or leave certificateDays out",
        CERTIFICATE,
        CERTIFICATE | {"tls": {}},
        "expect.certificateDays",
    ),
    Case(
        "tcp",
        "spec.tcp.host",
        "write a host name or an address, without a scheme",
        "tcp://a",
        "::1",
    ),
    Case("tcp", "spec.tcp.send", NUL, "\0", "\r\n"),
    Case("tcp", "spec.tcp.tls.serverName", "write a host name", "a_b", "a-b"),
    Case("tcp", "spec.tcp.expect.contains", NUL, "\0", "\t"),
    Case("tcp", "spec.tcp.expect.latency", LATENCY, "25h", "24h"),
    Case("page", "spec.title", "write one line of text", "a\nb", "a – b"),
    Case("page", "spec.description", NUL, "\0", "a\nb"),
    Case("page", "spec.timeZone", "write a name like Europe/Berlin", "+01:00", "Asia/Tokyo"),
    *(
        Case(
            "page",
            "spec.hostnames.0",
            HOSTNAME_ADVICE,
            bad,
            "status.example",
        )
        for bad in ("1.2.3.4", "Status.example.com", "*.example.com", "localhost")
    ),
    Case(
        "page",
        "spec.links.0.url",
        "write an address with https:// or mailto:, like https://example.com/help",
        "javascript:alert(1)",
        "mailto:help@acme.com",
    ),
    Case("page", "spec.links.0.title", "write one line of text", "a\tb", "a b"),
    Case(
        "page",
        "spec.branding",
        "accentColor is missing; write both, or accentColor",
        {"accentColorDark": "#8fabff"},
        {"accentColor": "#0f7d64", "accentColorDark": "#8fabff"},
        "accentColorDark",
    ),
    *(
        Case(
            "page",
            f"spec.branding.{name}",
            "write a PNG, JPEG or WebP picture as data:image/png;base64,…",
            "https://acme.com/logo.png",
            pools.PNG,
        )
        for name in ("logo", "favicon")
    ),
    Case("page", "spec.branding.accentColorDark", "write a colour like #2145c7", "blue", "#8fabff"),
    Case("page", "spec.branding.accentColor", "write a colour like #2145c7", "red", "#0f7d64"),
    Case("page", "spec.branding.variables.radius", "write 0px to 24px", "25px", "24px"),
    Case("page", "spec.branding.variables.width", "write 36rem to 80rem", "81rem", "80rem"),
    Case(
        "secret",
        "spec.access",
        "write either passwordHash or allowedNetworks",
        {"passwordHash": variants.HASH, "allowedNetworks": ["::/0"]},
        {"passwordHash": variants.HASH, "allowedNetworks": []},
    ),
    Case(
        "secret",
        "spec.access.passwordHash",
        "write the line that allswell hash-password prints",
        "hunter2",
        variants.HASH[:-1] + "_",
    ),
    Case(
        "inner",
        "spec.access.allowedNetworks.0",
        "write a network like 192.0.2.0/24 or 2001:db8::/32",
        "10.0.0.1",
        "10.0.0.1/32",
    ),
    Case(
        "page",
        "spec.groups.0",
        "this group shows nothing; write monitors or a selector",
        {"name": "a", "monitors": []},
        {"name": "a", "selector": {}},
    ),
    Case("page", "spec.groups.0.name", "write one line of text", "\t", "é"),
    Case(
        "page",
        "spec.groups.0.monitors.0.name",
        "write the name of a Monitor in this namespace",
        "other/api",
        "other-api",
    ),
    Case("page", "spec.groups.0.monitors.0.title", "write one line of text", "a\tb", "a b"),
    Case(
        "page",
        "spec.groups.1.selector.matchLabels",
        'a label has no value; write one, or "" for the empty one',
        {"tier": None},
        {"tier": ""},
    ),
    Case("page", "spec.groups.1.selector.matchLabels", schema.LABEL, {"a b": "c"}, {"a/b": "c"}),
    Case("page", "spec.groups.1.selector.matchLabels.tier", VALUE, "a b", ""),
    Case(
        "page",
        EXPRESSION,
        "In and NotIn need values; write a list of them",
        {"key": "a", "operator": "In", "values": []},
        {"key": "a", "operator": "In", "values": ["a"]},
        "values",
    ),
    Case(
        "page",
        EXPRESSION,
        "Exists and DoesNotExist take no values; remove them",
        {"key": "a", "operator": "Exists", "values": ["a"]},
        {"key": "a", "operator": "Exists"},
        "values",
    ),
    Case("page", f"{EXPRESSION}.key", schema.LABEL, "a/b/c", "a.b/c"),
]
IDS = [f"{number}-{case.kind}-{case.at}" for number, case in enumerate(EVERY)]
