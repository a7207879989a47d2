"""Test that each upper bound in pyproject.toml is there for as long as its reason holds."""

from importlib import metadata

from packaging.requirements import Requirement


def test_the_bound_of_kubernetes_still_has_its_reason() -> None:
    needs = [Requirement(text) for text in metadata.requires("botocore") or ()]
    dateutil = [need.specifier for need in needs if need.name == "python-dateutil"]
    assert any("3.0" not in versions for versions in dateutil), (
        "botocore takes python-dateutil 3 now: `kubernetes<37.0.2` may go from pyproject.toml, "
        "together with its comment and this test"
    )
