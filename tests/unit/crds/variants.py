"""Manifests good and bad by a field: what the schema and the parser must agree upon.

Each field of a full manifest is replaced by every value of its pool and by what fits nowhere. What
the two cannot agree upon stands in `test_agreement.py`, and in no pool.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from allswell.domain.spec import monitor, page
from allswell.domain.spec.problem import InvalidManifest
from tests.unit.crds import pools
from tests.unit.domain.spec import manifests

Path = tuple[str | int, ...]
READ: dict[str, Callable[[object], object]] = {"monitor": monitor.read, "statuspage": page.read}


def refusal(kind: str, manifest: object) -> str:
    """Why the parser refuses a manifest; nothing if it takes it."""
    try:
        READ[kind](manifest)
    except InvalidManifest as problem:
        return str(problem)
    return ""


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """A value for one place of a manifest; `pools.ABSENT` removes what is there."""

    path: Path
    value: Any

    def on(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """Return the changed manifest; the same if it has no such place any more."""
        changed = copy.deepcopy(manifest)
        here: Any = changed
        for part in self.path[:-1]:
            if isinstance(part, int):
                here = here[part] if isinstance(here, list) and len(here) > part else None
            else:
                here = here.get(part) if isinstance(here, dict) else None
        _put(here, self.path[-1], self.value)
        return changed


def _put(here: object, part: str | int, value: object) -> None:
    if isinstance(here, dict):
        if value is pools.ABSENT:
            here.pop(part, None)
        else:
            here[part] = copy.deepcopy(value)
    elif isinstance(here, list) and isinstance(part, int) and len(here) > part:
        here[part : part + 1] = [] if value is pools.ABSENT else [copy.deepcopy(value)]


HTTP: dict[str, Any] = manifests.monitor(
    interval="30s",
    timeout="5s",
    confirm={"failures": 2, "successes": 1, "every": "5s"},
    paused=False,
    retentionDays=14,
    storage={"kind": "Persistent", "size": "128Mi"},
    http={
        "url": "https://api.example.com/health",
        "method": "POST",
        "headers": [
            {"name": "Accept", "value": "application/json"},
            {"name": "Authorization", "valueFrom": pools.REFERENCE},
        ],
        "body": "{}",
        "maxRedirects": 5,
        "tlsConfig": {"insecureSkipVerify": False, "serverName": "api.example.com"},
        "expect": {
            "status": ["200-299", 304],
            "body": {"contains": "ok", "notContains": "error", "matches": "o+k"},
            "latency": "800ms",
            "certificateDays": 7,
        },
    },
)
TCP: dict[str, Any] = manifests.monitor(
    tcp={
        "host": "db",
        "port": 5432,
        "send": "hello",
        "tls": {"insecureSkipVerify": True, "serverName": "db.example.com"},
        "expect": {"contains": "hi", "latency": "1s", "certificateDays": 7},
    },
)
PAGE: dict[str, Any] = manifests.page(
    description="All of\nAcme",
    timeZone="Europe/Berlin",
    hostnames=["status.acme.com"],
    language="de",
    links=[{"title": "Help", "url": "https://acme.com/help"}],
    branding={
        "logo": pools.PNG,
        "favicon": pools.PNG,
        "accentColor": "#0f7d64",
        "accentColorDark": "#8fabff",
        "variables": {"radius": "6px", "width": "64rem", "font": "Serif"},
    },
    groups=[
        {"name": "API", "monitors": [{"name": "api", "title": "Public API"}, {"name": "db"}]},
        {
            "name": "Regions",
            "selector": {
                "matchLabels": {"tier": "edge"},
                "matchExpressions": [
                    {"key": "zone", "operator": "In", "values": ["eu", ""]},
                    {"key": "old", "operator": "DoesNotExist"},
                ],
            },
        },
    ],
)
HASH = f"scrypt:14:8:5:{'AAECAwQFBgcICQoLDA0ODw'}:{'0' * 43}"
SECRET_PAGE: dict[str, Any] = manifests.page(access={"passwordHash": HASH})
INNER_PAGE: dict[str, Any] = manifests.page(
    access={"allowedNetworks": ["192.0.2.0/24", "2001:db8::/32"]}
)
BASES = {"monitor": (HTTP, TCP), "statuspage": (PAGE, SECRET_PAGE, INNER_PAGE)}


def _pool(path: Path) -> list[Any]:
    words = [part for part in path if isinstance(part, str)]
    last = words[-1] + ("[]" if isinstance(path[-1], int) else "")
    if last == "name":
        return [*pools.ANYTHING, *pools.NAMED[words[-2]]]
    if last == "key" and words[-2] == "matchExpressions":
        return [*pools.ANYTHING, *pools.LABEL_NAMES]
    return [*pools.ANYTHING, *pools.POOLS.get(last, []), *pools.POOLS.get(".".join(words[-2:]), [])]


def places(value: object, path: Path) -> Iterator[Path]:
    """Yield every place of a manifest below a path, and an unknown one in each mapping."""
    yield path
    if isinstance(value, dict):
        yield (*path, "unknown")
        for name, entry in value.items():
            yield from places(entry, (*path, name))
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from places(entry, (*path, index))


def changes(base: dict[str, Any]) -> list[Change]:
    """Return every change of one place of a manifest, and all names it may have."""
    named = [Change(("metadata", "name"), name) for name in ("a" * 45, "a" * 46, "a.b", "1")]
    return named + [
        Change(path, value) for path in places(base["spec"], ("spec",)) for value in _pool(path)
    ]


def combinations(kind: str) -> SearchStrategy[dict[str, Any]]:
    """Return manifests with up to four changes."""

    @st.composite
    def build(draw: st.DrawFn) -> dict[str, Any]:
        base = draw(st.sampled_from(BASES[kind]))
        found: dict[str, Any] = base
        for change in draw(st.lists(st.sampled_from(changes(base)), max_size=4)):
            found = change.on(found)
        return found

    return build()


# Taken by the API server; the operator says in the condition Ready what is wrong.
LEFT_TO_THE_PARSER: list[tuple[str, dict[str, Any]]] = [
    *(
        ("monitor", manifests.http(expect={"body": {"matches": pattern}}))
        for pattern in ("a(", "*", "a{99999999999}", r"\p{L}")
    ),
    *(
        ("monitor", manifests.http(url=url))
        # No IPv6 address; a letter that is made of forbidden signs.
        for url in ("http://[:::]/", "http://a\u2100b/")
    ),
    *(("statuspage", manifests.page(timeZone=zone)) for zone in ("Mars", "Europe/Berlni", "EU")),
    *(
        ("statuspage", manifests.page(access={"allowedNetworks": [text]}))
        for text in (":::/1", "1:2/64", "2001:db8::12345/128")
    ),
    *(
        ("statuspage", manifests.page(branding=branding))
        for branding in (
            {"accentColor": "#2145c7"},
            {"accentColor": "#ffffff"},
            {"accentColor": "#2145c7", "accentColorDark": "#202020"},
            {"logo": pools.PNG.replace("image/png", "image/jpeg")},
            {"favicon": "data:image/png;base64," + "A" * 17},
            {"favicon": pools.PNG + "A"},
        )
    ),
    ("monitor", manifests.monitor(retentionDays=14.0)),
]
