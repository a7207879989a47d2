"""Whatever a decoder hands over, reading it gives a value or `Invalid`, soon and in few words."""

import time
from collections.abc import Callable
from datetime import date

import pytest

from allswell.domain.spec import monitor, page
from allswell.domain.spec.problem import InvalidManifest
from tests.unit.domain.spec import manifests

MONITOR = {
    **manifests.monitor(
        http={
            "url": "https://a.example/",
            "method": "POST",
            "headers": [{"name": "a", "value": "b"}],
            "body": "x",
            "maxRedirects": 1,
            "tlsConfig": {"insecureSkipVerify": True, "serverName": "a"},
            "expect": {
                "status": ["200"],
                "body": {"contains": "a", "notContains": "b", "matches": "c"},
                "latency": "1s",
                "certificateDays": 1,
            },
        },
        interval="30s",
        timeout="1s",
        confirm={"failures": 1, "successes": 1, "every": "1s"},
        paused=True,
        retentionDays=1,
        storage={"kind": "Ephemeral", "size": "16Mi"},
    ),
    "metadata": {"name": "a", "namespace": "b", "labels": {"c": "d"}, "uid": "e"},
}
TCP = manifests.tcp(send="a", tls={}, expect={"contains": "a", "latency": "1s"})
PAGE = manifests.page(
    description="a",
    timeZone="UTC",
    hostnames=["a.example"],
    groups=[
        {
            "name": "a",
            "monitors": [{"name": "a", "title": "b"}],
            "selector": {
                "matchLabels": {"a": "b"},
                "matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}],
            },
        }
    ],
)


def nested(depth: int) -> list[object]:
    found: list[object] = []
    for _ in range(depth):
        found = [found]
    return found


def doubled(depth: int) -> list[object]:
    """Return a list that would print as two to the power of `depth` entries."""
    found: list[object] = [0]
    for _ in range(depth):
        found = [found, found]
    return found


def cyclic_list() -> list[object]:
    found: list[object] = []
    found.append(found)
    return found


def cyclic_mapping() -> dict[object, object]:
    found: dict[object, object] = {}
    found["spec"] = found
    found[0] = found
    return found


HOSTILE: dict[str, object] = {
    "nothing": None,
    "true": True,
    "zero": 0,
    "minus one": -1,
    "a million digits": 10**1_000_000,
    "nan": float("nan"),
    "infinity": float("inf"),
    "empty text": "",
    "a megabyte": "x" * 1_000_000,
    "a megabyte of digits": "9" * 1_000_000,
    "a megabyte of dots": "." * 1_000_000,
    "nul": "\0",
    "half a surrogate pair": "\ud800",
    "lines": "a\r\nb",
    "binary": b"\xc8\x00",
    "a date": date(2026, 1, 1),
    "a set": {1},
    "a tuple": (1, "a"),
    "an empty list": [],
    "deeply nested": nested(100_000),
    "exponential": doubled(100),
    "a list in itself": cyclic_list(),
    "an empty mapping": {},
    "a mapping in itself": cyclic_mapping(),
    "keys that are no text": {2: 1, None: 2, (1, 2): 3, 10**10_000: 4, b"x": 5, "": 6, True: 7},
    "long keys": {"x" * 1_000_000: 1, "y" * 1_000_000: 2},
    "many keys": {f"interva{n}": n for n in range(100_000)},
    "many entries": [{"name": "a"}] * 100_000,
}


def variants(value: object, bad: object) -> list[object]:
    """Return the value with each of its parts in turn replaced, and the bad one beside each."""
    found = [bad]
    if isinstance(value, dict):
        found += [value | {key: part} for key in value for part in variants(value[key], bad)]
        found.append(value | {"odd": bad})
    if isinstance(value, list):
        found += [[*value[:n], part] for n, old in enumerate(value) for part in variants(old, bad)]
        found.append([*value, bad])
    return found


def outcome(read: Callable[[object], object], manifest: object) -> str:
    """Return what reading says, if it takes no longer than it may."""
    begin = time.process_time()
    try:
        read(manifest)
        said = ""
    except InvalidManifest as error:
        said = str(error)
    assert time.process_time() - begin < 2
    return said


@pytest.mark.parametrize("bad", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize(
    ("read", "whole"),
    [(monitor.read, MONITOR), (monitor.read, TCP), (page.read, PAGE)],
    ids=["http", "tcp", "page"],
)
def test_a_hostile_value_anywhere_is_a_problem_at_most(
    read: Callable[[object], object], whole: object, bad: object
) -> None:
    assert all(len(outcome(read, variant)) < 50_000 for variant in variants(whole, bad))


@pytest.mark.parametrize(
    ("read", "whole"), [(monitor.read, MONITOR), (monitor.read, TCP), (page.read, PAGE)]
)
def test_the_manifests_that_are_spoilt_here_are_good_ones(
    read: Callable[[object], object], whole: object
) -> None:
    assert outcome(read, whole) == ""
