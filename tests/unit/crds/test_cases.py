"""Every rule has a manifest that breaks it and one that keeps it, for the API server to judge."""

import pytest

from tests.unit.crds import schema, variants
from tests.unit.crds.cases import EVERY, IDS, Case

# A new object cannot break what is said of changes.
OF_CHANGES = ("monitor", "spec.storage")


def test_every_rule_has_a_case() -> None:
    rules = {
        (kind, place, rule["message"])
        for kind in schema.KINDS
        for place, node in schema.nodes(schema.root(kind))
        for rule in schema.rules(node)
        if (kind, place) != OF_CHANGES
    }
    assert rules == {(case.kind, case.place, case.message) for case in EVERY}


@pytest.mark.parametrize("case", EVERY, ids=IDS)
def test_what_breaks_a_rule_is_refused_by_schema_and_parser(case: Case) -> None:
    manifest = case.manifest(case.bad)
    assert schema.of_kind(case.kind).problems(manifest) != []
    assert variants.refusal(case.kind, manifest) != ""


@pytest.mark.parametrize("case", EVERY, ids=IDS)
def test_what_keeps_a_rule_is_taken_by_schema_and_parser(case: Case) -> None:
    manifest = case.manifest(case.good)
    assert schema.of_kind(case.kind).problems(manifest) == []
    assert variants.refusal(case.kind, manifest) == ""
