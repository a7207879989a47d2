"""A real API server takes and refuses the same manifests as the parser, and adds what it would."""

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.cluster import crds
from tests.cluster.cluster_access import Cluster
from tests.unit.crds import schema, variants

JUDGES = {kind: schema.of_kind(kind) for kind in schema.KINDS}
ASKING = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
EVERY_CHANGE = [
    pytest.param(kind, base, id=f"{kind}-{number}")
    for kind in schema.KINDS
    for number, base in enumerate(variants.BASES[kind])
]


@pytest.fixture(scope="module", autouse=True)
def _installed(any_cluster: Cluster | None) -> None:
    if any_cluster is not None:
        crds.install(any_cluster)


def differs(cluster: Cluster, kind: str, manifest: dict[str, Any]) -> str:
    """Return what differs between both judgements of a manifest; nothing if they agree."""
    decoded = json.loads(json.dumps(manifest))
    answer = crds.create(cluster, "default", decoded)
    by_parser = variants.refusal(kind, decoded)
    # A rule that could not be evaluated refuses as well, but says nothing that helps.
    right = (201,) if not by_parser else (400, 422)
    odd = answer.status not in right or "evaluat" in answer.message
    if odd or (answer.accepted and not same(kind, decoded, answer.stored)):
        return f"{answer.status} {answer.message or answer.stored}; parser: {by_parser}; {decoded}"
    return ""


def same(kind: str, sent: dict[str, Any], stored: Mapping[str, Any]) -> bool:
    """Tell whether what is stored is as our schema makes it, and reads as what was sent."""
    ready = schema.prepared(JUDGES[kind].schema, sent)
    bare = copy.deepcopy(dict(stored)) | {"metadata": sent["metadata"]}
    return bool(
        ready["spec"] == bare["spec"] and variants.READ[kind](bare) == variants.READ[kind](sent)
    )


@pytest.mark.parametrize(("kind", "base"), EVERY_CHANGE)
def test_they_agree_on_every_change_of_one_field(
    cluster: Cluster, kind: str, base: dict[str, Any]
) -> None:
    assert differs(cluster, kind, base) == ""
    found = [differs(cluster, kind, change.on(base)) for change in variants.changes(base)]
    assert [words for words in found if words] == []


@given(manifest=variants.combinations("monitor"))
@ASKING
def test_they_agree_on_monitors_with_several_changes(
    cluster: Cluster, manifest: dict[str, Any]
) -> None:
    assert differs(cluster, "monitor", manifest) == ""


@given(manifest=variants.combinations("statuspage"))
@ASKING
def test_they_agree_on_pages_with_several_changes(
    cluster: Cluster, manifest: dict[str, Any]
) -> None:
    assert differs(cluster, "statuspage", manifest) == ""


@pytest.mark.parametrize(("kind", "manifest"), variants.LEFT_TO_THE_PARSER)
def test_what_no_schema_can_say_is_taken(
    cluster: Cluster, kind: str, manifest: dict[str, Any]
) -> None:
    assert crds.create(cluster, "default", manifest).message == ""
    assert variants.refusal(kind, manifest) != ""


def test_a_whole_number_with_a_decimal_point_is_stored_without_it(
    cluster: Cluster, namespace: str
) -> None:
    manifest = copy.deepcopy(variants.TCP)
    manifest["spec"]["retentionDays"] = 14.0
    assert crds.create(cluster, namespace, manifest, dry=False).message == ""
    stored = json.loads(cluster.kubectl("get", "monitor", "api", "-n", namespace, "-o", "json"))
    assert variants.refusal("monitor", stored) == ""
