"""Check how long the facts of a page are fresh."""

from datetime import timedelta

import pytest

from allswell.central.page_data import ComponentData
from allswell.domain.health import HealthClaim
from allswell.domain.state import State
from allswell.domain.timeline import Overlay, OverlayKind
from allswell_web.cache import facts_cache
from allswell_web.cache.facts_sources import PageMaterial
from allswell_web.cache.single_flight import FRESH_S, MIN_GAP_S
from tests.unit.web import fakes, harness
from tests.unit.web.fakes import NOW, ago, component, facts

LATER = NOW + timedelta(seconds=1)


def test_facts_that_can_all_be_shown_are_enough_for_thirty_seconds() -> None:
    calm = component(
        claims=[HealthClaim(State.UP, ago(days=1)), HealthClaim(State.DOWN, ago(seconds=1))]
    )
    assert facts_cache.fresh_for_s(PageMaterial(facts(calm), {})) == FRESH_S
    assert facts_cache.fresh_for_s(PageMaterial(facts(calm, observed=None), {})) == FRESH_S
    assert facts_cache.fresh_for_s(PageMaterial(None, {})) == FRESH_S


@pytest.mark.parametrize(
    "ahead",
    [
        component(claims=[HealthClaim(State.UP, ago(days=1)), HealthClaim(State.DOWN, NOW)]),
        component(overlays=[Overlay(OverlayKind.UNSEEN, LATER)]),
        component(overlays=[Overlay(OverlayKind.UNSEEN, ago(hours=1), LATER)]),
    ],
    ids=["a claim", "a silence that begins", "a silence that ends"],
)
def test_a_change_beyond_what_was_observed_is_asked_for_again_soon(ahead: ComponentData) -> None:
    """It may be shown only when the collector has seen so far, a few seconds later."""
    assert facts_cache.fresh_for_s(PageMaterial(facts(component(), ahead), {})) == MIN_GAP_S


def test_a_maintenance_that_is_planned_makes_nothing_due() -> None:
    planned = component(
        overlays=[Overlay(OverlayKind.MAINTENANCE, LATER, LATER + timedelta(hours=1))]
    )
    assert facts_cache.fresh_for_s(PageMaterial(facts(planned), {})) == FRESH_S


def test_while_versions_are_watched_the_list_of_pages_is_read_when_one_of_them_changes() -> None:
    reader = fakes.Reader(fakes.facts(component()))
    bench = harness.bench(reader)
    for _ in range(9):
        bench.web.watch.poll()
        bench.ask()
        bench.clock.advance(31)
    assert reader.directory_reads == 1
    reader.facts_by_page[1] = fakes.facts(component(), of=fakes.page(version=2))
    bench.web.watch.poll()
    bench.ask()
    assert reader.directory_reads == 2


def test_a_list_of_pages_shows_a_new_one_within_half_a_minute() -> None:
    first, second = fakes.page(), fakes.page(2, "beta", "Beta Status")
    bench = harness.bench(fakes.Reader(fakes.facts(of=first), fakes.facts(of=second)))
    bench.web.watch.poll()
    bench.ask()
    bench.reader.facts_by_page[3] = fakes.facts(of=fakes.page(3, "gamma", "Gamma Status"))
    bench.clock.advance(29)
    bench.web.watch.poll()
    bench.clock.advance(1)
    assert "Gamma Status" in bench.ask().text
