"""Incidents and maintenance on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from allswell.central import page_data
from allswell.domain import incident
from allswell.domain.incident import AffectedComponent, DeclaredIncident, Effect, Impact, Status
from allswell.domain.maintenance import AnnouncedMaintenance, MaintenanceMessage, Phase
from allswell.domain.spec.page import StatusPage
from allswell.domain.state import State
from allswell.domain.timeline import Overlay, OverlayKind
from tests.central_database import (
    DAY,
    HOUR,
    NOON,
    Central,
    day_report,
    lines,
    page,
    transition,
)

OUTAGE = DeclaredIncident(
    title="API errors",
    impact=Impact.MAJOR,
    started=NOON,
    updates=(incident.IncidentMessage(Status.INVESTIGATING, "We are looking.", NOON),),
    components=(AffectedComponent("api", Effect.PARTIAL),),
)
WORK = AnnouncedMaintenance("Upgrade", NOON + HOUR, NOON + 3 * HOUR, monitors=("api",))


def declare(central: Central, declared: DeclaredIncident = OUTAGE, hours: float = 0) -> str:
    now = NOON + hours * HOUR
    return central.writer.put_incident("acme", "errors", declared, now, namespace_uid="ns")


def announce(
    central: Central,
    announced: AnnouncedMaintenance = WORK,
    hours: float = 0,
    name: str = "upgrade",
) -> str:
    now = NOON + hours * HOUR
    return central.writer.put_maintenance("acme", name, announced, now, namespace_uid="ns")


def windows(central: Central, monitor: int) -> list[tuple[float, float]]:
    found = [it for it in central.overlays(monitor) if it.kind is OverlayKind.MAINTENANCE]
    return [((it.start - NOON) / HOUR, ((it.end or NOON) - NOON) / HOUR) for it in found]


def said(central: Central, identity: int, hours: float = 0) -> page_data.PageData:
    return central.said(identity, NOON + hours * HOUR)


def test_an_incident_is_read_as_it_was_declared(central: Central) -> None:
    central.add()
    identity = central.show("api")
    public_id = declare(central, hours=1)
    (found,) = said(central, identity).incidents
    assert found.id == public_id
    assert (found.title, found.impact, found.started) == ("API errors", Impact.MAJOR, NOON)
    assert (found.status, found.resolved, found.revision) == (Status.INVESTIGATING, None, 1)
    assert (found.published, found.updated) == (NOON + HOUR, NOON + HOUR)
    assert found.components == (AffectedComponent("api", Effect.PARTIAL),)
    (update,) = found.updates
    assert (update.body, update.at, update.published) == ("We are looking.", NOON, NOON + HOUR)


def test_declaring_the_same_again_writes_nothing(central: Central) -> None:
    central.add()
    identity = central.show("api")
    assert declare(central) == declare(central, hours=5)
    announce(central)
    before = said(central, identity)
    announce(central, hours=5)
    assert said(central, identity) == before


def test_further_updates_resolve_an_incident_and_keep_the_ids_of_the_earlier(
    central: Central,
) -> None:
    central.add()
    identity = central.show("api")
    public_id = declare(central)
    (before,) = said(central, identity).incidents
    last = incident.IncidentMessage(Status.RESOLVED, "All is well.", NOON + 2 * HOUR)
    assert declare(central, replace(OUTAGE, updates=(*OUTAGE.updates, last)), 3) == public_id
    (found,) = said(central, identity).incidents
    assert (found.status, found.resolved) == (Status.RESOLVED, NOON + 2 * HOUR)
    assert (found.published, found.updated, found.revision) == (NOON, NOON + 3 * HOUR, 2)
    newest, oldest = found.updates
    assert (newest.body, oldest) == ("All is well.", before.updates[0])


def test_a_corrected_word_is_the_same_update_and_one_taken_back_is_gone(
    central: Central,
) -> None:
    central.add()
    identity = central.show("api")
    more = incident.IncidentMessage(Status.IDENTIFIED, "Found.", NOON + HOUR)
    declare(central, replace(OUTAGE, updates=(*OUTAGE.updates, more)))
    before = said(central, identity).incidents[0].updates[-1]
    declare(central, replace(OUTAGE, updates=(replace(OUTAGE.updates[0], body="We looked."),)))
    (after,) = said(central, identity).incidents[0].updates
    assert (after.id, after.body) == (before.id, "We looked.")


def test_every_change_of_an_incident_makes_the_pages_newer_that_show_it(
    central: Central,
) -> None:
    central.add("api")
    central.add("web")
    shows = central.show("api")
    other = central.writer.put_page(
        replace(page(), meta=replace(page().meta, name="other")),
        lines("web"),
        NOON,
        namespace_uid="ns",
    )
    before = central.reader.versions()
    declare(central)
    declare(central, replace(OUTAGE, impact=Impact.MINOR), hours=1)
    central.writer.hide_incident("acme", "errors", NOON + 2 * HOUR, namespace_uid="ns")
    after = central.reader.versions()
    assert (after[shows] - before[shows], after[other] - before[other]) == (3, 0)


def test_a_component_that_is_taken_out_of_an_incident_makes_its_pages_newer_too(
    central: Central,
) -> None:
    central.add()
    identity = central.show("api")
    declare(central)
    before = central.version(identity)
    declare(central, replace(OUTAGE, components=()))
    assert central.version(identity) == before + 1
    assert said(central, identity).incidents == ()


def test_an_incident_of_everywhere_is_on_every_page_of_its_namespace_only(
    central: Central,
) -> None:
    own = central.show()
    foreign = central.writer.put_page(page(namespace="other"), (), NOON, namespace_uid="o")
    before = central.reader.versions()
    declare(central, replace(OUTAGE, components=(), everywhere=True))
    after = central.reader.versions()
    assert (after[own] - before[own], after[foreign] - before[foreign]) == (1, 0)
    assert [it.title for it in said(central, own).incidents] == ["API errors"]
    assert said(central, foreign).incidents == ()


def test_only_the_components_of_a_page_are_told_on_it(central: Central) -> None:
    central.add("api")
    central.add("secret")
    identity = central.show("api")
    both = (AffectedComponent("api", Effect.DOWN), AffectedComponent("secret", Effect.DOWN))
    declare(central, replace(OUTAGE, components=both))
    announce(central, replace(WORK, monitors=("api", "secret", "missing")))
    found = said(central, identity)
    assert found.incidents[0].components == (AffectedComponent("api", Effect.DOWN),)
    assert found.maintenances[0].monitors == ("api",)


def test_an_incident_that_is_hidden_is_gone_and_its_name_free(central: Central) -> None:
    central.add()
    identity = central.show("api")
    first = declare(central)
    assert central.writer.hide_incident("acme", "errors", NOON, namespace_uid="ns")
    assert not central.writer.hide_incident("acme", "errors", NOON, namespace_uid="ns")
    assert said(central, identity).incidents == ()
    assert declare(central) != first


def test_another_namespace_of_that_name_does_not_inherit_what_was_said(
    central: Central,
) -> None:
    everywhere = replace(OUTAGE, everywhere=True, components=())
    first = declare(central, everywhere)
    identity = central.writer.put_page(page(), (), NOON, namespace_uid="new")
    assert said(central, identity).incidents == ()
    second = central.writer.put_incident("acme", "errors", everywhere, NOON, namespace_uid="new")
    assert [it.id for it in said(central, identity).incidents] == [second]
    assert first != second


def test_a_resolved_incident_is_told_for_a_year_and_an_open_one_for_ever(
    central: Central,
) -> None:
    central.add()
    identity = central.show("api")
    declare(central)
    assert len(said(central, identity, 24 * 1000).incidents) == 1
    ended = incident.IncidentMessage(Status.RESOLVED, "", NOON)
    declare(central, replace(OUTAGE, updates=(ended,)))
    assert len(said(central, identity, 24 * 366 - 1).incidents) == 1
    assert said(central, identity, 24 * 366).incidents == ()


def test_the_newest_incident_is_read_first(central: Central) -> None:
    central.add()
    identity = central.show("api")
    for name, hours in (("b", 2), ("a", 3), ("c", 1)):
        declared = replace(OUTAGE, title=name, started=NOON + hours * HOUR)
        central.writer.put_incident("acme", name, declared, NOON, namespace_uid="ns")
    assert [it.title for it in said(central, identity).incidents] == ["a", "b", "c"]


def test_maintenance_is_read_as_it_was_announced(central: Central) -> None:
    central.add()
    identity = central.show("api")
    told = replace(WORK, updates=(MaintenanceMessage(Phase.SCHEDULED, "Tonight.", NOON),))
    public_id = announce(central, told)
    (found,) = said(central, identity).maintenances
    assert (found.id, found.title, found.monitors) == (public_id, "Upgrade", ("api",))
    assert (found.start, found.end, found.cancelled) == (WORK.start, WORK.end, None)
    assert [(it.phase, it.body) for it in found.updates] == [(Phase.SCHEDULED, "Tonight.")]


def test_maintenance_lays_its_window_over_its_monitors(central: Central) -> None:
    api, web = central.add("api"), central.add("web")
    identity = central.show("api", "web")
    announce(central)
    (first, second) = said(central, identity).components
    assert first.overlays == (Overlay(OverlayKind.MAINTENANCE, WORK.start, WORK.end),)
    assert second.overlays == ()
    assert (windows(central, api.id), windows(central, web.id)) == ([(1, 3)], [])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"end": NOON + 2 * HOUR}, [(1, 2)]),
        ({"start": NOON + 2 * HOUR}, [(2, 3)]),
        ({"end": NOON}, []),
        ({"cancelled": True}, []),
        ({"monitors": ()}, []),
    ],
    ids=["ended early", "postponed", "ended before it began", "called off", "of others"],
)
def test_a_changed_maintenance_moves_its_window(
    central: Central, change: dict[str, object], expected: list[tuple[float, float]]
) -> None:
    row = central.add()
    announce(central)
    announce(central, replace(WORK, **change), hours=1)  # type: ignore[arg-type]
    assert windows(central, row.id) == expected


def test_windows_that_overlap_are_one_and_the_second_outlives_the_first(
    central: Central,
) -> None:
    row = central.add()
    announce(central)
    announce(central, replace(WORK, start=NOON + 2 * HOUR, end=NOON + 5 * HOUR), name="other")
    assert windows(central, row.id) == [(1, 5)]
    central.writer.hide_maintenance("acme", "upgrade", NOON, namespace_uid="ns")
    assert windows(central, row.id) == [(2, 5)]


def test_called_off_maintenance_is_still_told_with_when(central: Central) -> None:
    central.add()
    identity = central.show("api")
    announce(central)
    announce(central, replace(WORK, cancelled=True), hours=0.5)
    (found,) = said(central, identity).maintenances
    assert (found.cancelled, found.revision) == (NOON + HOUR / 2, 2)
    announce(central, hours=0.7)
    assert said(central, identity).maintenances[0].cancelled is None


def test_a_window_that_is_announced_late_takes_its_time_out_of_the_days_row(
    central: Central,
) -> None:
    row = central.add()
    central.writer.accept_transition(row.id, transition(1, State.DOWN, NOON), NOON)
    now = NOON + DAY
    central.writer.observe(now)
    central.writer.accept_rollup(row.id, day_report(NOON.date()), now)
    announce(central, hours=24)
    central.writer.fill_days(now)
    with central.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT down_ms, maintenance_ms FROM rollup").one()
    assert tuple(found) == ((12 - 2) * 3_600_000, 2 * 3_600_000)


def test_unseen_and_maintenance_do_not_disturb_each_other(central: Central) -> None:
    row = central.add()
    central.writer.open_unseen({row.id: NOON}, NOON)
    announce(central)
    announce(central, replace(WORK, cancelled=True))
    assert central.overlays(row.id) == (Overlay(OverlayKind.UNSEEN, NOON),)


def test_what_was_said_of_monitors_that_are_forgotten_is_forgotten_too(
    central: Central,
) -> None:
    row = central.add()
    declare(central)
    announce(central)
    central.writer.hide([row.id], NOON)
    central.writer.purge(NOON + timedelta(days=91), confirmed=True)
    counts = central.counts()
    assert (counts["announcement"], counts["announcement_update"]) == (0, 0)


def test_everything_said_is_one_query_more_or_less(central: Central) -> None:
    """A page of many words is read by as many queries as one of none: see the page's own test."""
    central.add()
    identity = central.show("api")
    for number in range(30):
        name = f"n{number}"
        central.writer.put_incident("acme", name, OUTAGE, NOON, namespace_uid="ns")
        announce(central, name=name)
    found = said(central, identity)
    assert (len(found.incidents), len(found.maintenances)) == (30, 30)


def test_a_hidden_page_is_told_nothing(central: Central) -> None:
    shown: StatusPage = page()
    identity = central.show()
    central.writer.hide_page(shown.meta.namespace, shown.meta.name, NOON)
    assert central.reader.facts(identity, NOON) is None
