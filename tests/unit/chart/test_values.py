"""Every value has a comment, a place in the schema, and bounds; an unknown one is refused."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from charts import documents
from tests.unit.chart import rendering

pytestmark = pytest.mark.needs("helm")
TEXT = (documents.CHART / "values.yaml").read_text("utf-8")
SCHEMA: rendering.Json = json.loads((documents.CHART / "values.schema.json").read_text("utf-8"))


def resolved(schema: rendering.Json) -> rendering.Json:
    name = str(schema.get("$ref", "")).removeprefix("#/definitions/")
    return dict(SCHEMA["definitions"][name]) if name else schema


def leaves(schema: rendering.Json, path: str = "") -> Iterator[tuple[str, rendering.Json]]:
    """Yield every value that the schema knows."""
    inner = resolved(schema)
    if "$ref" in schema or "properties" not in inner:
        yield path, inner
        return
    for name, child in inner["properties"].items():
        yield from leaves(child, f"{path}.{name}".lstrip("."))


def paths(values: Mapping[str, Any], path: str = "") -> Iterator[str]:
    for key, value in values.items():
        here = f"{path}.{key}".lstrip(".")
        yield here
        if isinstance(value, Mapping):
            yield from paths(value, here)


LEAVES = dict(leaves(SCHEMA))


def test_the_schema_knows_exactly_the_values_that_have_a_comment() -> None:
    described = {value.path for value in documents.leaves(documents.values(TEXT))}
    assert set(LEAVES) - {"global"} == described


def test_no_value_is_without_a_comment_but_within_a_structure_that_has_one() -> None:
    known = {value.path for value in documents.values(TEXT)}
    structures = tuple(f"{path}." for path in LEAVES)
    bare = [
        p for p in paths(yaml.safe_load(TEXT)) if p not in known and not p.startswith(structures)
    ]
    assert bare == []


def closed(schema: rendering.Json, path: str) -> Iterator[tuple[str, bool]]:
    if schema.get("type") == "object" and "properties" in schema:
        yield path, schema.get("additionalProperties") is False
    for name, child in schema.get("properties", {}).items():
        yield from closed(child, f"{path}.{name}")
    if isinstance(schema.get("items"), dict):
        yield from closed(schema["items"], f"{path}[]")


def test_no_structure_of_ours_takes_unknown_keys() -> None:
    whole = [*closed(SCHEMA, "values")]
    for name, schema in SCHEMA["definitions"].items():
        whole += closed(schema, name)
    assert [path for path, is_closed in whole if not is_closed] == []
    assert len(whole) > 15


def test_every_text_and_every_number_is_bounded() -> None:
    limits = {"enum", "pattern", "maxLength", "minLength", "maximum"}
    loose = [
        path
        for path, schema in LEAVES.items()
        if schema.get("type") in ("string", "integer") and not limits & set(schema)
    ]
    assert loose == []


BAD: list[tuple[rendering.Values, str]] = [
    ({"pages": {}}, "'pages' not allowed"),
    ({"page": {"replica": 3}}, "'replica' not allowed"),
    ({"operator": {"resources": {"limit": {}}}}, "'limit' not allowed"),
    ({"page": {"replicas": "2"}}, "/page/replicas"),
    ({"page": {"replicas": -1}}, "/page/replicas"),
    ({"page": {"url": "status.example.com"}}, "/page/url"),
    ({"page": {"url": "https://example.com/status"}}, "/page/url"),
    ({"page": {"service": {"type": "ExternalName"}}}, "/page/service/type"),
    ({"image": {"digest": "sha256:abc"}}, "/image/digest"),
    ({"hostnames": {"restSeconds": 7776001}}, "/hostnames/restSeconds"),
    (
        {"hostnames": {"rules": [{"namespaces": ["a"], "suffixes": [".acme.com"]}]}},
        "/hostnames/rules/0/suffixes/0",
    ),
    ({"image": {"tag": "a b"}}, "/image/tag"),
    ({"watchNamespaces": "team-a"}, "/watchNamespaces"),
    ({"watchNamespaces": ["team-a", "team-a"]}, "/watchNamespaces"),
    ({"deniedNetworks": ["10.0.0.0"]}, "/deniedNetworks/0"),
    ({"networkPolicy": {"metricsFrom": [{}]}}, "/networkPolicy/metricsFrom/0"),
    ({"references": ["example.com"]}, "/references/0"),
    ({"checker": {"memoryLimit": "128M"}}, "/checker/memoryLimit"),
    ({"checker": {"extraCAs": "ca.pem"}}, "/checker/extraCAs"),
    ({"archive": {"bucket": "s3://results"}}, "/archive/bucket"),
    ({"archive": {"bucket": "results", "endpoint": "minio:9000"}}, "/archive/endpoint"),
    ({"archive": {"bucket": "results", "addressing": "dns"}}, "/archive/addressing"),
    ({"archive": {"bucket": "results", "encryption": "aes"}}, "/archive/encryption"),
    ({"archive": {"bucket": "results", "ca": "ca.pem"}}, "/archive/ca"),
    ({"archive": {"bucket": "results", "deletedMonitors": "drop"}}, "/archive/deletedMonitors"),
    ({"archive": {"bucket": "results", "afterDays": 0}}, "/archive/afterDays"),
    ({"archive": {"bucket": "results", "accessKey": "x"}}, "'accessKey' not allowed"),
    ({"operator": {"logLevel": "info"}}, "/operator/logLevel"),
    ({"operator": {"extraEnv": [{"value": "x"}]}}, "/operator/extraEnv/0"),
    ({"serviceMonitor": {"interval": "often"}}, "/serviceMonitor/interval"),
]


@pytest.mark.parametrize(("values", "words"), BAD, ids=json.dumps)
def test_a_wrong_value_is_refused_with_its_place(values: rendering.Values, words: str) -> None:
    with pytest.raises(rendering.Refused, match=words):
        rendering.render(values)


def test_what_cannot_work_together_is_refused_with_what_to_set() -> None:
    with pytest.raises(rendering.Refused, match=r"page\.ingress needs page\.url"):
        rendering.render({"page": {"ingress": {"enabled": True}}})
    with pytest.raises(rendering.Refused, match=r"networkPolicy\.checkers needs namespaces"):
        rendering.render({"networkPolicy": {"checkers": {"enabled": True}}})


def test_an_archive_without_a_bucket_or_a_key_without_its_encryption_is_refused() -> None:
    with pytest.raises(rendering.Refused, match=r"archive\.endpoint needs archive\.bucket"):
        rendering.render({"archive": {"endpoint": "https://minio.example.com"}})
    with pytest.raises(rendering.Refused, match=r"archive\.kmsKey needs archive\.encryption"):
        rendering.render({"archive": {"bucket": "results", "kmsKey": "alias/x"}})


def test_a_chart_that_contains_this_one_may_have_global_values() -> None:
    assert rendering.render({"global": {"anything": 1}}) == rendering.render()


@pytest.mark.parametrize("values", rendering.VARIANTS.values(), ids=rendering.VARIANTS)
def test_helm_finds_no_fault(values: rendering.Values) -> None:
    said = rendering.helm(
        "lint", "--strict", "--values", "-", str(documents.CHART), text=json.dumps(values)
    )
    assert "0 chart(s) failed" in said
