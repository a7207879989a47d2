"""Provide what every test relies on: the `needs` marker, one profile for property tests."""

import os

import hypothesis
import pytest

from tests import needs, thoroughness

# A shared machine stalls now and then: an example's own time says nothing, the test's limit does.
hypothesis.settings.register_profile(
    "allswell", max_examples=thoroughness.of(100), deadline=None, print_blob=True
)
hypothesis.settings.load_profile("allswell")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what the machine cannot run, or fail where everything is required."""
    names = [name for mark in item.iter_markers("needs") for name in mark.args]
    for need in needs.lacking(needs.NEEDS[name] for name in names):
        if needs.everything_is_required(os.environ):
            pytest.fail(needs.sentence(need), pytrace=False)
        pytest.skip(needs.sentence(need))
