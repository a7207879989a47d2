"""A value is printed as a manifest that people could have written."""

from collections.abc import Callable

import pytest

from allswell.domain.spec import monitor, page
from tests.unit.domain.spec import manifests

SMALL_HTTP = {
    "apiVersion": "allswell.dev/v1alpha1",
    "kind": "Monitor",
    "metadata": {"name": "api", "namespace": "default"},
    "spec": {
        "interval": "30s",
        "http": {
            "url": "https://example.com/",
            "method": "GET",
            "maxRedirects": 5,
            "expect": {"status": ["200-299"]},
        },
        "confirm": {"failures": 2, "successes": 1},
        "paused": False,
        "retentionDays": 14,
        "storage": {"kind": "Persistent", "size": "128Mi"},
    },
}
LARGE_HTTP = SMALL_HTTP | {
    "metadata": {"name": "api", "namespace": "acme", "labels": {"a": "b"}, "uid": "7"},
    "spec": {
        "interval": "1m",
        "http": {
            "url": "https://example.com/",
            "method": "POST",
            "headers": [
                {"name": "Accept", "value": "*/*"},
                {"name": "A", "valueFrom": {"secretKeyRef": {"name": "api", "key": "token"}}},
            ],
            "body": "{}",
            "maxRedirects": 0,
            "tlsConfig": {"insecureSkipVerify": True, "serverName": "a"},
            "expect": {
                "status": ["200", "300-399"],
                "body": {"contains": "a", "notContains": "b", "matches": "c"},
                "latency": "800ms",
                "certificateDays": 14,
            },
        },
        "timeout": "10s",
        "confirm": {"failures": 3, "successes": 2, "every": "2s"},
        "paused": True,
        "retentionDays": 30,
        "storage": {"kind": "Ephemeral", "size": "1Gi"},
    },
}
REST = {key: SMALL_HTTP["spec"][key] for key in ("interval", "confirm", "paused", "storage")}  # type: ignore[index]
SMALL_TCP = SMALL_HTTP | {
    "spec": {**REST, "retentionDays": 14, "tcp": {"host": "db", "port": 5432}},
}
LARGE_TCP = SMALL_HTTP | {
    "spec": {
        **REST,
        "retentionDays": 14,
        "tcp": {
            "host": "db",
            "port": 5432,
            "send": "PING",
            "tls": {},
            "expect": {"contains": "PONG", "latency": "1s", "certificateDays": 0},
        },
    },
}
SMALL_PAGE = {
    "apiVersion": "allswell.dev/v1alpha1",
    "kind": "StatusPage",
    "metadata": {"name": "api", "namespace": "default"},
    "spec": {"title": "Acme Status", "timeZone": "UTC"},
}
LARGE_PAGE = SMALL_PAGE | {
    "spec": {
        "title": "Acme Status",
        "description": "All of it",
        "timeZone": "Europe/Berlin",
        "hostnames": ["status.acme.com"],
        "groups": [
            {"name": "API", "monitors": [{"name": "api", "title": "API"}, {"name": "db"}]},
            {
                "name": "Regions",
                "selector": {
                    "matchLabels": {"tier": "edge"},
                    "matchExpressions": [
                        {"key": "zone", "operator": "In", "values": ["eu"]},
                        {"key": "old", "operator": "Exists"},
                    ],
                },
            },
            {"name": "Everything", "selector": {}},
        ],
    },
}
LOCKED_PAGE = SMALL_PAGE | {
    "spec": {
        "title": "Acme Status",
        "timeZone": "UTC",
        "access": {"passwordHash": f"scrypt:14:8:5:{'A' * 22}:{'A' * 43}"},
    },
}
INNER_PAGE = SMALL_PAGE | {
    "spec": {
        "title": "Acme Status",
        "timeZone": "UTC",
        "access": {"allowedNetworks": ["10.0.0.0/8", "fd00::/8"]},
    },
}


def reprinted_monitor(manifest: object) -> object:
    return monitor.text(monitor.read(manifest))


def reprinted_page(manifest: object) -> object:
    return page.text(page.read(manifest))


@pytest.mark.parametrize(
    ("reprinted", "manifest"),
    [
        (reprinted_monitor, SMALL_HTTP),
        (reprinted_monitor, LARGE_HTTP),
        (reprinted_monitor, SMALL_TCP),
        (reprinted_monitor, LARGE_TCP),
        (reprinted_page, SMALL_PAGE),
        (reprinted_page, LARGE_PAGE),
        (reprinted_page, LOCKED_PAGE),
        (reprinted_page, INNER_PAGE),
    ],
)
def test_a_manifest_that_says_everything_is_printed_as_it_was_written(
    reprinted: Callable[[object], object], manifest: object
) -> None:
    assert manifest == reprinted(manifest)


def test_a_short_manifest_is_printed_with_its_defaults() -> None:
    assert reprinted_monitor(manifests.monitor()) == SMALL_HTTP
