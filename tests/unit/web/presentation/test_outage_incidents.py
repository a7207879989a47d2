"""Check outages as incidents."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from allswell.central import page_data
from allswell.domain.health import HealthClaim
from allswell.domain.incident import Impact, Incident, Status
from allswell.domain.state import State
from allswell.domain.timeline import Overlay, OverlayKind
from allswell_web.presentation import outage_incidents, page_state
from allswell_web.text import languages
from tests.unit.web import fakes, harness
from tests.unit.web.fakes import BORN, NOW, ago

UP = HealthClaim(State.UP, BORN)


def down(**when: float) -> HealthClaim:
    return HealthClaim(State.DOWN, ago(**when), "Timeout")


def up(**when: float) -> HealthClaim:
    return HealthClaim(State.UP, ago(**when))


def slow(**when: float) -> HealthClaim:
    return HealthClaim(State.DEGRADED, ago(**when), "Slow")


def incidents_of(
    *components: page_data.ComponentData, observed: datetime = NOW
) -> tuple[Incident, ...]:
    return outage_incidents.incidents(
        page_state.of(fakes.facts(*components, observed=observed), NOW)
    )


def of(
    *claims: HealthClaim, number: int = 1, overlays: Sequence[Overlay] = ()
) -> page_data.ComponentData:
    return fakes.component(number, claims=[UP, *claims], overlays=overlays)


def only(*components: page_data.ComponentData) -> Incident:
    (incident,) = incidents_of(*components)
    return incident


def test_an_outage_that_goes_on_is_an_open_incident() -> None:
    incident = only(of(down(hours=1)), fakes.component(2, "Other"))
    assert (incident.title, incident.impact) == ("Public API is down", Impact.MAJOR)
    assert (incident.status, incident.resolved) == (Status.INVESTIGATING, None)
    assert incident.started == ago(hours=1)
    assert [update.body for update in incident.updates] == ["Public API is down: timed out"]
    assert [affected.monitor for affected in incident.components] == ["monitor-1"]


def test_its_end_resolves_it_and_tells_how_long_it_took() -> None:
    incident = only(of(down(hours=2), up(hours=1)))
    assert (incident.status, incident.resolved) == (Status.RESOLVED, ago(hours=1))
    assert incident.updates[0].body == "Public API is operational again after 1 h"


def test_every_component_down_at_once_is_critical() -> None:
    first, second = of(down(hours=3), up(hours=1)), of(down(hours=2), number=2)
    assert {it.impact for it in incidents_of(first, second)} == {Impact.CRITICAL}


def test_components_down_one_after_the_other_are_not_critical() -> None:
    first, second = of(down(hours=3), up(hours=2)), of(down(hours=2), number=2)
    assert {it.impact for it in incidents_of(first, second)} == {Impact.MAJOR}


def test_a_paused_component_is_not_asked_whether_all_are_down() -> None:
    paused = of(number=2, overlays=[Overlay(OverlayKind.PAUSED, ago(hours=5))])
    assert only(of(down(hours=3)), paused).impact is Impact.CRITICAL


def test_degraded_alone_is_minor() -> None:
    incident = only(of(slow(hours=2), up(hours=1)))
    assert (incident.title, incident.impact) == ("Public API is degraded", Impact.MINOR)


def test_degraded_and_down_without_a_pause_are_one_outage() -> None:
    incident = only(of(slow(hours=3), down(hours=2), slow(hours=1)), of(number=2))
    assert (incident.title, incident.impact) == ("Public API is down", Impact.MAJOR)
    assert [update.at for update in incident.updates] == [ago(hours=n) for n in (1, 2, 3)]
    assert {update.status for update in incident.updates} == {Status.INVESTIGATING}


def test_time_without_data_neither_begins_nor_ends_an_outage() -> None:
    gap = Overlay(OverlayKind.UNSEEN, ago(hours=2), ago(hours=1))
    assert incidents_of(of(overlays=[gap])) == ()
    incident = only(of(down(hours=3), overlays=[gap]))
    assert incident.resolved is None
    assert incident.updates[1].body == "The status of Public API is unknown"


def test_maintenance_and_a_pause_end_an_outage() -> None:
    window = only(of(down(hours=3), overlays=[Overlay(OverlayKind.MAINTENANCE, ago(hours=1))]))
    assert window.resolved == ago(hours=1)
    assert window.updates[0].body == "Public API is under maintenance"
    paused = only(of(down(hours=3), overlays=[Overlay(OverlayKind.PAUSED, ago(hours=1))]))
    assert paused.updates[0].body == "Monitoring is paused"


def test_an_id_follows_from_the_component_and_the_start_alone() -> None:
    first = only(of(down(hours=3)))
    later = only(of(down(hours=3), up(hours=1)))
    other = only(of(down(hours=3), number=2))
    assert first.id == later.id != other.id
    assert [it.id for it in first.updates] == [it.id for it in later.updates[1:]]


def test_evidence_that_comes_late_moves_the_start_and_no_id() -> None:
    gap = Overlay(OverlayKind.UNSEEN, ago(hours=4), ago(hours=2))
    before, after = only(of(down(hours=3), overlays=[gap])), only(of(down(hours=3)))
    assert (before.started, after.started) == (ago(hours=2), ago(hours=3))
    assert before.id == after.id
    assert before.updates[0].id == after.updates[0].id


def test_two_outages_of_one_claim_have_two_ids() -> None:
    window = Overlay(OverlayKind.MAINTENANCE, ago(hours=3), ago(hours=2))
    gap = Overlay(OverlayKind.UNSEEN, ago(hours=2), ago(hours=1))
    later, earlier = incidents_of(of(down(hours=4), overlays=[window, gap]))
    assert (earlier.started, later.started) == (ago(hours=4), ago(hours=1))
    assert earlier.id != later.id


def test_it_is_published_when_the_collector_heard_of_it() -> None:
    component = of(down(hours=3), up(hours=1))
    received = (BORN, ago(hours=3, minutes=-4), ago(hours=1, minutes=-1))
    incident = only(replace(component, received_at=received))
    assert (incident.started, incident.published) == (ago(hours=3), ago(hours=2, minutes=56))
    assert incident.updated == incident.updates[0].published == ago(minutes=59)


def test_no_update_is_published_before_the_one_that_it_follows() -> None:
    component = of(down(hours=3), up(hours=1))
    incident = only(replace(component, received_at=(BORN, NOW, ago(minutes=30))))
    assert [update.published for update in incident.updates] == [NOW, NOW]


def test_the_newest_stand_first_and_only_so_many_are_listed() -> None:
    claims = [
        claim
        for hours in range(2 * outage_incidents.MAX_OUTAGES + 20, 0, -2)
        for claim in (down(hours=hours), up(hours=hours - 1))
    ]
    incidents = incidents_of(of(*claims))
    assert len(incidents) == outage_incidents.MAX_OUTAGES
    assert [it.started for it in incidents[:2]] == [ago(hours=2), ago(hours=4)]


def test_an_outage_that_goes_on_is_told_however_many_are_newer() -> None:
    claims = [
        claim
        for hours in range(2 * outage_incidents.MAX_OUTAGES + 20, 0, -2)
        for claim in (down(hours=hours), up(hours=hours - 1))
    ]
    long = fakes.component(2, "Long", claims=[HealthClaim(State.UP, BORN), down(days=60)])
    incidents = incidents_of(of(*claims), long)
    assert len(incidents) == outage_incidents.MAX_OUTAGES + 1
    assert incidents[-1].title == "Long is down"


def test_a_name_that_turns_the_reading_around_does_not_in_a_title() -> None:
    component = fakes.component(1, "\u202eevil\nname", claims=[UP, down(hours=1)])
    assert only(component).title == "evil name is down"


def test_nothing_is_told_of_the_time_that_was_not_observed() -> None:
    component = of(down(hours=1))
    assert incidents_of(component, observed=ago(hours=2)) == ()
    assert incidents_of(component, observed=ago(minutes=30)) == incidents_of(
        component, observed=NOW
    )


def test_a_short_outage_is_told_to_the_second() -> None:
    start = ago(hours=1)
    claims = (
        HealthClaim(State.DOWN, start, "Timeout"),
        HealthClaim(State.UP, start + timedelta(seconds=75)),
    )
    assert only(of(*claims)).updates[0].body.endswith("after 1 min 15 s")


def test_an_outage_is_told_in_the_language_of_the_page() -> None:
    component = of(down(hours=2), up(hours=1))
    state = page_state.of(fakes.facts(component), NOW)
    english, german = (
        outage_incidents.incidents(state, languages.of(code))[0] for code in ("en", "de")
    )
    assert german.title == "Public API ist ausgefallen"
    assert german.updates[0].body == "Public API ist nach 1 h wieder in Betrieb"
    assert (german.id, german.updates[0].id) == (english.id, english.updates[0].id)


def test_an_outage_has_its_page_however_many_newer_ones_there_are() -> None:
    turns = [claim for n in range(150, 0, -1) for claim in (down(hours=2 * n), up(hours=2 * n - 1))]
    facts = fakes.facts(of(*turns))
    every = outage_incidents.incidents(page_state.of(facts, NOW), limit=None)
    assert (len(every), len(incidents_of(of(*turns)))) == (150, outage_incidents.MAX_OUTAGES)
    bench = harness.bench(fakes.Reader(facts))
    assert bench.ask(f"/incidents/{every[-1].id}").status == 200
