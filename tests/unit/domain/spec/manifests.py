"""Manifests for tests: whole ones to change, and what is said about wrong ones."""

from collections.abc import Callable

import pytest

from allswell.domain.spec.problem import InvalidManifest, dotted


def manifest(kind: str, spec: object, **rest: object) -> dict[str, object]:
    """Return a manifest of a kind around a spec."""
    head = {"apiVersion": "allswell.dev/v1alpha1", "kind": kind, "metadata": {"name": "api"}}
    return {**head, "spec": spec, **rest}


def monitor(**spec: object) -> dict[str, object]:
    """Return a Monitor; without a check among the fields it has an http one."""
    check: dict[str, object] = {"http": {"url": "https://example.com/"}}
    return manifest("Monitor", spec if {"http", "tcp"} & spec.keys() else check | spec)


def http(**block: object) -> dict[str, object]:
    """Return a Monitor with an http block."""
    return monitor(http={"url": "https://example.com/", **block})


def largest(character: str = "😀") -> dict[str, object]:
    """Return a Monitor with as much in every field as there may be, of large characters."""
    texts = dict.fromkeys(("contains", "notContains", "matches"), character * 1024)
    return http(
        url="http://a/" + "é" * 2039,
        method="PUT",
        headers=[{"name": f"{n:a>128}", "value": "ÿ" * 4096} for n in range(32)],
        body=character * 65_536,
        expect={"body": texts},
    )


def block(of: dict[str, object]) -> dict[str, object]:
    """Return the spec of a manifest."""
    found = of["spec"]
    assert isinstance(found, dict)
    return found


def tcp(**block: object) -> dict[str, object]:
    """Return a Monitor with a tcp block."""
    return monitor(tcp={"host": "db", "port": 5432, **block})


def page(**spec: object) -> dict[str, object]:
    """Return a StatusPage."""
    return manifest("StatusPage", {"title": "Acme Status", **spec})


def problems(read: Callable[[object], object], value: object) -> list[tuple[str, str, str]]:
    """Return the problems that reading a manifest raises: path, what is wrong, what to write."""
    with pytest.raises(InvalidManifest) as caught:
        read(value)
    return [(dotted(entry.path), entry.wrong, entry.instead) for entry in caught.value.problems]
