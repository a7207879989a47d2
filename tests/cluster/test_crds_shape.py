"""What people and tools see of the CRDs: explanations, columns, selectors, status, and an end."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster import crds
from tests.cluster.cluster_access import Cluster, wait_until
from tests.unit.crds import schema, variants
from tests.unit.crds.variants import Change
from tests.unit.domain.spec import manifests

MEGABYTE = 1_000_000
MANY = 10_000
NAMES = {"monitor": "Monitor", "statuspage": "StatusPage"}


@pytest.fixture(scope="module", autouse=True)
def _installed(any_cluster: Cluster | None) -> None:
    if any_cluster is not None:
        crds.install(any_cluster)


def published(cluster: Cluster, kind: str) -> schema.Schema | None:
    """Return a kind's schema as the API server publishes it, a moment after installing."""
    path = f"/openapi/v3/apis/{crds.GROUP}/{crds.VERSION}"
    text = json.loads(cluster.kubectl("get", "--raw", "/openapi/v3"))
    if path.removeprefix("/openapi/v3/") not in text["paths"]:
        return None
    schemas = json.loads(cluster.kubectl("get", "--raw", path))["components"]["schemas"]
    found: schema.Schema | None = schemas.get(f"dev.allswell.{crds.VERSION}.{NAMES[kind]}")
    return found


@pytest.mark.parametrize("kind", schema.KINDS)
def test_every_field_is_published_with_its_text(cluster: Cluster, kind: str) -> None:
    found = wait_until(lambda: published(cluster, kind), what=f"the schema of {kind} is published")
    assert found is not None
    texts = {path: node["description"] for path, node in schema.nodes(found)}
    wanted = {path: node["description"] for path, node in schema.nodes(schema.root(kind))}
    assert wanted == {path: texts.get(path) for path in wanted}


@pytest.mark.parametrize("kind", schema.KINDS)
def test_kubectl_explains_every_field(cluster: Cluster, kind: str) -> None:
    wait_until(lambda: published(cluster, kind), what=f"the schema of {kind} is published")
    shown = cluster.kubectl("explain", f"{kind}.spec", "--recursive")
    words = {line.split()[0] for line in shown.splitlines() if line.strip()}
    fields = {path.split(".")[-1] for path, _ in schema.nodes(schema.root(kind)) if path}
    status = {path.split(".")[-1] for path in _below(kind, "status")}
    assert {name.replace("[]", "") for name in fields - status - {"spec", "status"}} <= words


def _below(kind: str, part: str) -> Iterator[str]:
    return (path for path, _ in schema.nodes(schema.root(kind)) if path.startswith(part))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("monitor.spec.interval", "like 90s or 1h30m"),
        ("mon.spec.http.headers.valueFrom.secretKeyRef", "A key of a Secret"),
        ("monitor.spec.confirm", "How often a result must repeat"),
        ("statuspage.spec.timeZone", "Europe/Berlin"),
        ("spage.spec.groups.selector.matchLabels", "Labels that a monitor must have"),
    ],
)
def test_kubectl_explains_a_field_in_words(cluster: Cluster, path: str, words: str) -> None:
    wait_until(lambda: published(cluster, "monitor"), what="the schemas are published")
    assert words in " ".join(cluster.kubectl("explain", path).split())


def tell(cluster: Cluster, namespace: str, kind: str, name: str, status: dict[str, Any]) -> None:
    """Write a status, as the operator does."""
    text = json.dumps({"status": status})
    cluster.kubectl(
        *("patch", kind, name, "-n", namespace),
        *("--subresource=status", "--type=merge", "-p", text),
    )


CONDITION = {
    "type": "Ready",
    "status": "True",
    "reason": "Applied",
    "message": "All is made.",
    "observedGeneration": 1,
    "lastTransitionTime": "2026-11-23T12:00:00Z",
}
MONITOR_STATUS: dict[str, Any] = {
    "observedGeneration": 1,
    "state": "down",
    "since": "2026-11-23T12:00:00.123Z",
    "reason": "HTTP 503",
    "latency": "42ms",
    "uptime": "99.95%",
    "target": "https://example.com/",
    "effective": {"timeout": "5s", "confirm": {"every": "5s"}},
    "conditions": [CONDITION],
}
PAGE_STATUS: dict[str, Any] = {
    "observedGeneration": 1,
    "state": "degraded",
    "url": "https://acme.pages.example/",
    "target": "acme.pages.example",
    "readyHostnames": "0/1",
    "hostnames": [
        {
            "name": "status.acme.com",
            "proof": {"name": "_allswell.status.acme.com", "value": "token"},
            "conditions": [CONDITION | {"type": "DomainVerified", "status": "False"}],
        }
    ],
    "conditions": [CONDITION],
}


def read(cluster: Cluster, namespace: str, kind: str, name: str = "api") -> dict[str, Any]:
    """Return an object as it is stored."""
    found = json.loads(cluster.kubectl("get", kind, name, "-n", namespace, "-o", "json"))
    assert isinstance(found, dict)
    return found


def table(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


@pytest.mark.parametrize(
    ("manifest", "status"), [(manifests.monitor(), MONITOR_STATUS), (manifests.page(), PAGE_STATUS)]
)
def test_a_status_is_kept_whole_and_is_no_new_generation(
    cluster: Cluster, namespace: str, manifest: dict[str, Any], status: dict[str, Any]
) -> None:
    cluster.apply(manifest, namespace=namespace)
    tell(cluster, namespace, manifest["kind"].lower(), "api", status)
    found = read(cluster, namespace, manifest["kind"].lower())
    assert (found["status"], found["metadata"]["generation"]) == (status, 1)


def test_a_status_cannot_be_applied_with_the_spec(cluster: Cluster, namespace: str) -> None:
    cluster.apply(manifests.monitor() | {"status": MONITOR_STATUS}, namespace=namespace)
    assert "status" not in read(cluster, namespace, "monitor")


def test_the_columns_of_a_monitor(cluster: Cluster, namespace: str) -> None:
    cluster.apply(manifests.monitor(), namespace=namespace)
    tell(cluster, namespace, "monitor", "api", MONITOR_STATUS | {"since": "2020-01-01T00:00:00Z"})
    head, line = table(cluster.kubectl("get", "mon", "-n", namespace))
    assert head == ["NAME", "STATE", "SINCE", "LATENCY", "UPTIME", "TARGET", "AGE"]
    assert [*line[:2], *line[3:6]] == ["api", "down", "42ms", "99.95%", "https://example.com/"]
    assert line[2].endswith("d") or "y" in line[2]


def test_the_columns_of_a_page(cluster: Cluster, namespace: str) -> None:
    cluster.apply(manifests.page(), namespace=namespace)
    tell(cluster, namespace, "statuspage", "api", PAGE_STATUS)
    head, line = table(cluster.kubectl("get", "spage", "-n", namespace))
    assert head == ["NAME", "STATE", "URL", "HOSTNAMES", "AGE"]
    assert line[:4] == ["api", "degraded", "https://acme.pages.example/", "0/1"]


def test_both_kinds_are_of_one_category(cluster: Cluster, namespace: str) -> None:
    cluster.apply(manifests.monitor(), manifests.page(), namespace=namespace)
    found = cluster.kubectl("get", "allswell", "-n", namespace, "-o", "name").split()
    assert sorted(found) == ["monitor.allswell.dev/api", "statuspage.allswell.dev/api"]


def test_monitors_are_selected_by_state_and_by_pause(cluster: Cluster, namespace: str) -> None:
    for name, paused in (("api", False), ("db", False), ("old", True)):
        manifest = manifests.monitor(paused=paused) | {"metadata": {"name": name}}
        cluster.apply(manifest, namespace=namespace)
    tell(cluster, namespace, "monitor", "db", {"state": "down"})

    def selected(field: str) -> str:
        return cluster.kubectl(
            "get", "mon", "-n", namespace, "-o", "name", "--field-selector", field
        )

    found = (selected("status.state=down"), selected("spec.paused=true"))
    assert found == ("monitor.allswell.dev/db\n", "monitor.allswell.dev/old\n")


def test_each_condition_has_an_owner_of_its_own(cluster: Cluster, namespace: str) -> None:
    cluster.apply(manifests.monitor(), namespace=namespace)
    head = {key: manifests.monitor()[key] for key in ("apiVersion", "kind", "metadata")}
    for owner, kind in (("one", "Ready"), ("two", "Up")):
        status = {"conditions": [CONDITION | {"type": kind}]}
        cluster.kubectl(
            *("apply", "--server-side", "--subresource=status", f"--field-manager={owner}"),
            *("-n", namespace, "-f", "-"),
            text=json.dumps(head | {"status": status}),
        )
    found = read(cluster, namespace, "monitor")["status"]["conditions"]
    assert [entry["type"] for entry in found] == ["Ready", "Up"]


def texts(kind: str) -> list[Change]:
    """Return each text of a kind's manifests with a megabyte in it."""
    return [
        Change(change.path, "x" * MEGABYTE)
        for base in variants.BASES[kind]
        for change in variants.changes(base)
        if change.value == "x" and change.path[0] == "spec"
    ]


@pytest.mark.parametrize("kind", schema.KINDS)
def test_a_megabyte_is_refused_anywhere(cluster: Cluster, kind: str) -> None:
    for base in variants.BASES[kind]:
        for change in texts(kind):
            changed = change.on(base)
            if changed != base:
                assert crds.create(cluster, "default", changed).status in (400, 422), change.path


LISTS: list[dict[str, Any]] = [
    manifests.http(headers=[{"name": f"a{n}", "value": "1"} for n in range(MANY)]),
    manifests.http(expect={"status": ["200"] * MANY}),
    manifests.page(hostnames=[f"a{n}.de" for n in range(MANY)]),
    manifests.page(groups=[{"name": f"g{n}", "selector": {}} for n in range(MANY)]),
    manifests.page(groups=[{"name": "g", "monitors": [{"name": f"m{n}"} for n in range(MANY)]}]),
    manifests.page(
        groups=[{"name": "g", "selector": {"matchLabels": {f"l{n}": "a" for n in range(MANY)}}}]
    ),
]


@pytest.mark.parametrize("manifest", LISTS)
def test_ten_thousand_entries_are_refused_soon(cluster: Cluster, manifest: dict[str, Any]) -> None:
    answer = crds.create(cluster, "default", manifest)
    assert answer.status == 422
    assert "Too many" in answer.message


def test_the_largest_monitor_is_stored(cluster: Cluster, namespace: str) -> None:
    largest = manifests.largest()
    assert crds.create(cluster, namespace, largest, dry=False).message == ""
    assert variants.refusal("monitor", read(cluster, namespace, "monitor")) == ""


def test_a_page_beyond_what_etcd_keeps_is_refused(cluster: Cluster, namespace: str) -> None:
    # Above 3 MB the API server hangs up before it has read all, and that may be all one sees.
    entries = [{"name": f"{n:a>45}", "title": "x" * 120} for n in range(200)]
    groups = [{"name": f"g{n}", "monitors": entries} for n in range(50)]
    answer = crds.create(cluster, namespace, manifests.page(groups=groups), dry=False)
    assert "too large" in answer.message
