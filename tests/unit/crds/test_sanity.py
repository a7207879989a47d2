"""The CRDs as texts: complete, bounded, and of one mind with themselves."""

import re
from typing import Any
from zoneinfo import available_timezones

import pytest
import yaml

from allswell.domain import duration, state
from allswell.domain.spec.check import KINDS
from allswell.domain.spec.meta import API_VERSION
from tests.unit.crds import schema

EVERY = [
    pytest.param(node, id=f"{kind}:{path}")
    for kind in schema.KINDS
    for path, node in schema.nodes(schema.root(kind))
]


@pytest.mark.parametrize("node", EVERY)
def test_a_description_is_one_sentence_or_more(node: schema.Schema) -> None:
    assert re.fullmatch(r"[A-Z{].{6,}\.", node["description"])


@pytest.mark.parametrize("node", EVERY)
def test_a_field_is_bounded(node: schema.Schema) -> None:
    bounds: dict[str | None, set[str]] = {
        "string": {"maxLength"},
        "integer": {"minimum", "format"},
        "array": {"maxItems", "items", "x-kubernetes-list-type"},
        "boolean": set(),
        "object": {"maxProperties"} if "additionalProperties" in node else {"properties"},
        None: {"x-kubernetes-int-or-string", "minimum", "maximum", "maxLength"},
    }
    wanted = bounds[node.get("type")] - ({"maxLength"} if "enum" in node else set())
    assert wanted <= node.keys()


@pytest.mark.parametrize("node", EVERY)
def test_a_field_of_the_spec_that_is_a_number_has_both_bounds(node: schema.Schema) -> None:
    int64 = node.get("format") == "int64"
    assert node.get("type") != "integer" or int64 or {"minimum", "maximum"} <= node.keys()


@pytest.mark.parametrize("node", EVERY)
def test_a_keyed_list_needs_its_key(node: schema.Schema) -> None:
    keys = node.get("x-kubernetes-list-map-keys", [])
    assert len(keys) == (node.get("x-kubernetes-list-type") == "map")
    assert set(keys) <= set(node.get("items", {}).get("required", ()))


@pytest.mark.parametrize("node", EVERY)
def test_a_default_is_good_by_its_own_schema(node: schema.Schema) -> None:
    if "default" in node:
        judge = schema.judge(node)
        assert judge.problems(node["default"]) == []


@pytest.mark.parametrize("node", EVERY)
def test_unknown_fields_are_not_kept(node: schema.Schema) -> None:
    assert "x-kubernetes-preserve-unknown-fields" not in node


@pytest.mark.parametrize("node", EVERY)
def test_the_values_of_a_mapping_are_kept_when_null_and_only_they(node: schema.Schema) -> None:
    below = [*node.get("properties", {}).values(), node.get("items", {})]
    assert not any(child.get("nullable") for child in below)
    assert node.get("additionalProperties", {"nullable": True}).get("nullable")


@pytest.mark.parametrize("node", EVERY)
def test_every_rule_has_a_message_of_its_own_at_its_place(node: schema.Schema) -> None:
    messages = [rule["message"] for rule in schema.rules(node)]
    assert schema.distinct(messages)
    assert all("\n" not in message and len(message) < 120 for message in messages)


@pytest.mark.parametrize("node", EVERY)
def test_a_rule_is_said_again_in_python_or_only_repeats_its_pattern(node: schema.Schema) -> None:
    for rule in schema.rules(node):
        repeated = schema.matched(rule["rule"])
        if repeated is None or "pattern" not in node:
            assert rule["message"] in schema.RULES
        else:
            assert _go(node["pattern"]) == repeated


def _go(pattern: str) -> str:
    """Return a pattern as a rule writes it: Go has a name for the spaces beyond ASCII."""
    return re.sub(r"\\x85\\xa0[^]]+", r"\\x{85}\\p{Z}", pattern)


def test_every_rule_in_python_is_one_of_a_crd() -> None:
    used = {
        rule["message"]
        for kind in schema.KINDS
        for _, node in schema.nodes(schema.root(kind))
        for rule in schema.rules(node)
    }
    assert used >= schema.RULES.keys()


@pytest.mark.parametrize("node", EVERY)
def test_a_pattern_takes_the_whole_text(node: schema.Schema) -> None:
    pattern = node.get("pattern")
    assert pattern is None or re.fullmatch(r"\^.*\$", pattern)


@pytest.mark.parametrize("kind", schema.KINDS)
def test_durations_have_the_one_grammar(kind: str) -> None:
    patterns = [
        node["pattern"]
        for path, node in schema.nodes(schema.root(kind))
        if re.search(r"^spec.*\b(interval|timeout|every|latency)$", path)
    ]
    assert set(patterns) <= {duration.PATTERN}
    assert len(patterns) == (5 if kind == "monitor" else 0)


@pytest.mark.parametrize("kind", schema.KINDS)
def test_the_states_are_those_of_the_domain(kind: str) -> None:
    status = schema.root(kind)["properties"]["status"]["properties"]
    assert status["state"]["enum"] == [entry.value for entry in state.State]


def test_every_kind_of_check_is_there() -> None:
    spec = schema.root("monitor")["properties"]["spec"]["properties"]
    shared = {"interval", "timeout", "confirm", "paused", "retentionDays", "storage"}
    assert spec.keys() - shared == set(KINDS)


def test_every_reason_fits_into_the_status() -> None:
    status = schema.root("monitor")["properties"]["status"]["properties"]
    longest = max(len(state.reason_of(number)) for number in range(2000))
    assert longest <= status["reason"]["maxLength"]


def test_every_time_zone_is_spelled_as_the_pattern_has_it() -> None:
    zone = schema.root("statuspage")["properties"]["spec"]["properties"]["timeZone"]
    # What systems have beside the database's own names begins in lower case.
    names = {name for name in available_timezones() if name != "localtime"}
    assert [name for name in names if not re.search(zone["pattern"], name)] == []


@pytest.mark.parametrize("kind", schema.KINDS)
def test_the_names_are_those_that_the_parser_asks_for(kind: str) -> None:
    spec = schema.crd(kind)["spec"]
    (version,) = spec["versions"]
    assert f"{spec['group']}/{version['name']}" == API_VERSION
    assert kind == spec["names"]["kind"].lower() == spec["names"]["singular"]
    assert schema.crd(kind)["metadata"]["name"] == f"{kind}s.allswell.dev"
    assert (spec["scope"], spec["names"]["categories"]) == ("Namespaced", ["allswell"])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("monitor", ["State", "Since", "Latency", "Uptime", "Target", "Age"]),
        ("statuspage", ["State", "URL", "Hostnames", "Age"]),
    ],
)
def test_the_columns_are_those_of_the_usual_view(kind: str, expected: list[str]) -> None:
    (version,) = schema.crd(kind)["spec"]["versions"]
    columns = version["additionalPrinterColumns"]
    assert expected == [entry["name"] for entry in columns if not entry.get("priority")]
    assert all(entry["description"] for entry in columns)


def _leads_somewhere(kind: str, path: str) -> bool:
    paths = {found for found, _ in schema.nodes(schema.root(kind))}
    plain = re.sub(r"\[\?\(.*?\)\]", "[]", path.lstrip("."))
    return plain in paths | {"metadata.creationTimestamp"}


@pytest.mark.parametrize("kind", schema.KINDS)
def test_columns_and_selectable_fields_lead_to_fields(kind: str) -> None:
    (version,) = schema.crd(kind)["spec"]["versions"]
    entries: list[dict[str, Any]] = (
        version["additionalPrinterColumns"] + version["selectableFields"]
    )
    assert [e["jsonPath"] for e in entries if not _leads_somewhere(kind, e["jsonPath"])] == []


@pytest.mark.parametrize("kind", schema.KINDS)
def test_nothing_is_said_by_reference_to_another_place_of_the_file(kind: str) -> None:
    text = (schema.FOLDER / f"{kind}.yaml").read_text("utf-8")
    events = [type(event).__name__ for event in yaml.parse(text)]
    assert "AliasEvent" not in events
