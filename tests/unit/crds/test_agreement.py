"""The schemas and the parser take and refuse the same manifests, but for a few that stand here."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from allswell.domain.spec import monitor, page
from tests import thoroughness
from tests.property import strategies
from tests.unit.crds import schema, variants
from tests.unit.crds.variants import Change
from tests.unit.domain.spec import manifests

EXAMPLES = Path(__file__).parents[3] / "examples"
JUDGES = {kind: schema.of_kind(kind) for kind in schema.KINDS}


def differs(kind: str, manifest: dict[str, Any]) -> str:
    """Return nothing if both say the same of a manifest, else what each says."""
    decoded = json.loads(json.dumps(manifest))
    by_schema = JUDGES[kind].problems(decoded)
    by_parser = variants.refusal(kind, decoded)
    same = bool(by_schema) == bool(by_parser)
    return "" if same else f"schema: {by_schema}; parser: {by_parser}; {json.dumps(decoded)[:1000]}"


@pytest.mark.parametrize(
    ("kind", "base"), [(kind, base) for kind in schema.KINDS for base in variants.BASES[kind]]
)
def test_they_agree_on_every_change_of_one_field(kind: str, base: dict[str, Any]) -> None:
    assert differs(kind, base) == ""
    found = {change: differs(kind, change.on(base)) for change in variants.changes(base)}
    assert [(change, words) for change, words in found.items() if words] == []


@given(variants.combinations("monitor"))
@settings(max_examples=thoroughness.of(500))
def test_they_agree_on_monitors_with_several_changes(manifest: dict[str, Any]) -> None:
    assert differs("monitor", manifest) == ""


@given(variants.combinations("statuspage"))
@settings(max_examples=thoroughness.of(500))
def test_they_agree_on_pages_with_several_changes(manifest: dict[str, Any]) -> None:
    assert differs("statuspage", manifest) == ""


@given(strategies.monitors())
def test_a_monitor_that_is_printed_is_taken(value: monitor.Monitor) -> None:
    manifest = json.loads(json.dumps(monitor.text(value)))
    assert JUDGES["monitor"].problems(manifest) == []


@given(strategies.pages)
def test_a_page_that_is_printed_is_taken(value: page.StatusPage) -> None:
    manifest = json.loads(json.dumps(page.text(value)))
    assert JUDGES["statuspage"].problems(manifest) == []


@given(st.sampled_from(variants.changes(variants.HTTP)))
def test_defaults_change_nothing_that_the_parser_reads(change: Change) -> None:
    manifest = json.loads(json.dumps(change.on(variants.HTTP)))
    if not variants.refusal("monitor", manifest):
        ready = schema.prepared(JUDGES["monitor"].schema, manifest)
        assert monitor.read(manifest) == monitor.read(ready)


@pytest.mark.parametrize(
    "manifest", [manifests.monitor(), manifests.tcp(), manifests.http(expect={})]
)
def test_what_is_not_written_is_the_same_in_both(manifest: dict[str, Any]) -> None:
    ready = schema.prepared(JUDGES["monitor"].schema, manifest)
    assert monitor.read(manifest) == monitor.read(ready)
    assert {"storage", "confirm", "interval"} <= ready["spec"].keys()


@pytest.mark.parametrize("interval", ["1s", "3s", "5s", "24h"])
def test_no_default_clashes_with_what_is_written(interval: str) -> None:
    assert JUDGES["monitor"].problems(manifests.monitor(interval=interval)) == []


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_the_examples_are_taken(path: Path) -> None:
    for manifest in yaml.safe_load_all(path.read_text("utf-8")):
        assert JUDGES[manifest["kind"].lower()].problems(manifest) == []


@pytest.mark.parametrize(("kind", "manifest"), variants.LEFT_TO_THE_PARSER)
def test_what_no_schema_can_say_is_left_to_the_parser(kind: str, manifest: dict[str, Any]) -> None:
    assert JUDGES[kind].problems(manifest) == []
    assert variants.refusal(kind, manifest) != ""
