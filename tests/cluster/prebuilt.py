"""Build what the chosen tests need before the first of them begins: no test's time goes into it."""

from collections.abc import Iterable

import pytest

from tests.cluster import product
from tests.cluster.lab import acme, images
from tests.cluster.lab.lifecycle import Lab


def is_of_the_product(item: pytest.Item) -> bool:
    """Tell whether a test looks at the product as it is installed."""
    return item.path.name.startswith("test_product")


def build(lab: Lab, items: Iterable[pytest.Item]) -> None:
    """Build the images and programs of these tests, if the lab runs pods."""
    chosen = list(items)
    of_the_product = any(is_of_the_product(item) for item in chosen)
    cache = lab.paths.cache
    if lab.has_node and of_the_product:
        product.built(cache)
        product.built_database(cache)
    if lab.has_node and (of_the_product or any(_asks_for_certificates(it) for it in chosen)):
        images.solver(acme.programs(cache), cache)


def _asks_for_certificates(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and "authority" in item.fixturenames
