"""Measure the bytes of a page of 20 components and 90 days, in a calm and a rough quarter."""

from collections.abc import Iterator

from tests.bench.figure import figure
from tests.unit.web import test_weight


@figure(name="page_weight_gzip_calm_bytes", unit="bytes", limit=8192)
@figure(name="page_weight_gzip_rough_bytes", unit="bytes", limit=12_288)
@figure(name="page_elements", unit="elements", limit=800)
def weight() -> Iterator[tuple[str, float]]:
    """Measure the finished page, with everything that first paint needs."""
    calm, rough = test_weight.page(outages=1), test_weight.page(outages=13)
    yield "page_weight_gzip_calm_bytes", len(calm.ask(accept_encoding="gzip").body)
    yield "page_weight_gzip_rough_bytes", len(rough.ask(accept_encoding="gzip").body)
    # Of the two, whichever has more.
    yield "page_elements", max(map(test_weight.elements, (calm, rough)))
