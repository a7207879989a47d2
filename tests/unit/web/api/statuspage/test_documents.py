"""Check the eight documents against the closed schemas and the original's rules."""

import json
from datetime import timedelta
from typing import Any, Unpack

import pytest

from allswell.central import page_data
from allswell.domain.health import HealthClaim
from allswell.domain.incident import AffectedComponent, Effect, Impact, Incident, Status
from allswell.domain.maintenance import Maintenance, Phase
from allswell.domain.state import State
from allswell.domain.timeline import Overlay, OverlayKind
from allswell_web.api import page_feed
from allswell_web.api.page_feed import PageFeed
from allswell_web.api.statuspage import documents
from tests.unit.web import fakes, shapes
from tests.unit.web.fakes import NOW, ago

UP = fakes.component(1, "Up")
DOWN = fakes.component(2, "Down", claims=[HealthClaim(State.DOWN, ago(hours=1), "Timeout")])
SLOW = fakes.component(3, "Slow", claims=[HealthClaim(State.DEGRADED, ago(hours=1), "Slow")])
UNSEEN = fakes.component(4, "Unseen", overlays=[Overlay(OverlayKind.UNSEEN, ago(hours=1))])
WINDOW = fakes.component(5, "Window", overlays=[Overlay(OverlayKind.MAINTENANCE, ago(hours=1))])
PAUSED = fakes.component(6, "Paused", overlays=[Overlay(OverlayKind.PAUSED, ago(hours=1))])
DOCUMENTS = {
    "summary": documents.summary,
    "status": documents.status,
    "components": documents.all_components,
    "incidents": documents.incidents,
    "incidents/unresolved": documents.unresolved,
    "scheduled-maintenances": documents.maintenances,
    "scheduled-maintenances/upcoming": documents.upcoming,
    "scheduled-maintenances/active": documents.active,
}
# The original's keys in the original's order.
KEYS = {
    "page": "id name url time_zone updated_at",
    "status": "indicator description",
    "component": "id name status created_at updated_at position description showcase start_date "
    "group_id page_id group only_show_if_degraded",
    "incident": "id name status created_at updated_at monitoring_at resolved_at impact shortlink "
    "started_at page_id incident_updates components reminder_intervals",
    "update": "id status body incident_id created_at updated_at display_at affected_components "
    "deliver_notifications custom_tweet tweet_id",
    "affected": "code name old_status new_status",
}


def feed_of(*components: page_data.ComponentData, **more: Unpack[shapes.More]) -> PageFeed:
    return page_feed.of(fakes.facts(*components, **more), NOW, "https://status.example/")


def document_of(
    name: str, *components: page_data.ComponentData, **more: Unpack[shapes.More]
) -> dict[str, Any]:
    """A document as JSON, which keeps to its closed schema."""
    document: dict[str, Any] = json.loads(json.dumps(DOCUMENTS[name](feed_of(*components, **more))))
    shapes.check(f"/api/v2/{name}.json", document)
    return document


def incident(*effects: tuple[int, Effect], impact: Impact = Impact.NONE) -> Incident:
    affected = [AffectedComponent(f"monitor-{number}", effect) for number, effect in effects]
    first = (Status.INVESTIGATING, "We look into it.", ago(minutes=30))
    return fakes.incident(1, "Errors", first, impact=impact, components=affected)


@pytest.mark.parametrize(
    ("components", "indicator", "description"),
    [
        ((UP,), "none", "All Systems Operational"),
        ((DOWN,), "critical", "Major System Outage"),
        ((UP, DOWN, SLOW), "major", "Partial System Outage"),
        ((DOWN, PAUSED), "critical", "Major System Outage"),
        ((SLOW,), "minor", "Degraded System Service"),
        ((UP, SLOW, UNSEEN), "minor", "Partially Degraded Service"),
        ((UNSEEN,), "minor", "Status Unknown"),
        ((UP, UNSEEN, WINDOW), "minor", "Status Partly Unknown"),
        ((UP, WINDOW), "maintenance", "Service Under Maintenance"),
        ((UP, PAUSED), "none", "All Systems Operational"),
        ((PAUSED,), "minor", "Status Unknown"),
        ((), "minor", "Status Unknown"),
    ],
)
def test_the_first_condition_that_applies_decides_indicator_and_description(
    components: tuple[page_data.ComponentData, ...], indicator: str, description: str
) -> None:
    expected = {"indicator": indicator, "description": description}
    assert document_of("status", *components)["status"] == expected
    assert document_of("summary", *components)["status"] == expected


@pytest.mark.parametrize(
    ("declared", "indicator", "description"),
    [
        (incident((1, Effect.PARTIAL)), "minor", "Minor Service Outage"),
        (incident((1, Effect.PARTIAL), impact=Impact.MAJOR), "major", "Partial System Outage"),
        (incident((1, Effect.DOWN)), "major", "Partial System Outage"),
        (incident((1, Effect.DOWN), (3, Effect.DOWN)), "critical", "Major System Outage"),
        (incident((1, Effect.DEGRADED)), "minor", "Degraded System Service"),
        (incident((1, Effect.OPERATIONAL)), "minor", "Partially Degraded Service"),
        (incident(impact=Impact.CRITICAL), "critical", "Major System Outage"),
        (incident(impact=Impact.MINOR), "minor", "Partially Degraded Service"),
    ],
)
def test_what_people_declare_raises_the_indicator_and_never_lowers_it(
    declared: Incident, indicator: str, description: str
) -> None:
    status = document_of("status", UP, SLOW, incidents=[declared])["status"]
    assert status == {"indicator": indicator, "description": description}


def test_an_incident_that_is_over_raises_nothing() -> None:
    over = fakes.incident(
        1,
        "Errors",
        (Status.INVESTIGATING, "Looking.", ago(hours=2)),
        (Status.RESOLVED, "Fixed.", ago(hours=1)),
        impact=Impact.CRITICAL,
        components=[AffectedComponent("monitor-1", Effect.DOWN)],
    )
    summary = document_of("summary", UP, incidents=[over])
    assert summary["status"]["indicator"] == "none"
    assert summary["components"][1]["status"] == "operational"
    assert summary["incidents"] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_page_without_anything_has_every_document_with_empty_lists(name: str) -> None:
    document = document_of(name)
    lists = [value for value in document.values() if isinstance(value, list)]
    assert all(value == [] for value in lists)


def test_keys_are_the_originals_in_their_order() -> None:
    window = fakes.maintenance(
        1,
        "Upgrade",
        (Phase.SCHEDULED, "Planned.", ago(days=1)),
        start=ago(hours=1),
        end=ago(hours=-1),
        monitors=["monitor-1"],
    )
    summary = document_of("summary", UP, DOWN, maintenances=[window])
    outage, planned = summary["incidents"][0], summary["scheduled_maintenances"][0]
    update = outage["incident_updates"][0]
    keys = {
        "page": summary["page"],
        "status": summary["status"],
        "component": summary["components"][1],
        "incident": outage,
        "update": update,
        "affected": update["affected_components"][0],
    }
    assert {name: " ".join(value) for name, value in keys.items()} == KEYS
    assert list(summary) == ["page", "components", "incidents", "scheduled_maintenances", "status"]
    assert list(summary["components"][0])[-1] == "components"
    assert list(planned) == [*KEYS["incident"].split(), "scheduled_for", "scheduled_until"]


def test_unknown_is_never_operational_and_says_since_when() -> None:
    listed = document_of("components", UNSEEN)["components"]
    assert listed[1]["status"] == "degraded_performance"
    assert listed[1]["description"] == "No data since 2026-11-23 14:26 UTC"


def test_while_nothing_is_heard_every_component_is_unknown() -> None:
    summary = document_of("summary", UP, DOWN, observed=ago(minutes=30))
    assert {entry["status"] for entry in summary["components"]} == {"degraded_performance"}
    assert summary["status"] == {"indicator": "minor", "description": "Status Unknown"}


def test_a_paused_component_says_so() -> None:
    entry = document_of("components", PAUSED)["components"][1]
    assert (entry["status"], entry["description"]) == ("under_maintenance", "Monitoring paused")


def test_a_group_precedes_its_components_and_has_the_worst_of_their_states() -> None:
    group, *children = document_of("components", UP, DOWN)["components"]
    assert (group["group"], group["status"]) == (True, "major_outage")
    assert group["components"] == [child["id"] for child in children]
    assert {child["group_id"] for child in children} == {group["id"]}
    assert [child["position"] for child in children] == [1, 2]


def test_components_without_a_group_are_counted_with_the_groups() -> None:
    listed = document_of("components", fakes.component(1, "A", group=""), UP, SLOW)["components"]
    assert [(entry["name"], entry["position"]) for entry in listed] == [
        ("A", 1),
        ("API", 2),
        ("Up", 1),
        ("Slow", 2),
    ]
    assert listed[0]["group_id"] is None


def test_a_partial_outage_is_said_only_where_a_person_declares_it() -> None:
    declared = incident((1, Effect.PARTIAL))
    components = document_of("components", UP, DOWN, incidents=[declared])["components"]
    assert [entry["status"] for entry in components[1:]] == ["partial_outage", "major_outage"]


def test_utc_has_its_name_from_the_zone_database() -> None:
    assert document_of("status", UP)["page"]["time_zone"] == "Etc/UTC"
    berlin = fakes.page(zone="Europe/Berlin")
    assert document_of("status", UP, of=berlin)["page"]["time_zone"] == "Europe/Berlin"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_clock_reading_is_in_the_json(name: str) -> None:
    window = fakes.maintenance(start=ago(days=1), end=ago(days=-1), monitors=["monitor-1"])
    facts = fakes.facts(UP, DOWN, SLOW, UNSEEN, incidents=[incident()], maintenances=[window])
    later = NOW + timedelta(seconds=90)
    first, second = (page_feed.of(facts, now, "") for now in (NOW, later))
    assert json.dumps(DOCUMENTS[name](first)) == json.dumps(DOCUMENTS[name](second))


def test_the_horizon_moves_without_moving_anything_in_the_json() -> None:
    first = fakes.facts(UP, DOWN, observed=NOW)
    second = fakes.facts(UP, DOWN, observed=NOW + timedelta(seconds=60))
    texts = {
        json.dumps(documents.summary(page_feed.of(it, NOW + timedelta(seconds=70), "")))
        for it in (first, second)
    }
    assert len(texts) == 1


def test_the_pages_last_change_is_that_of_its_newest_part() -> None:
    changes = [
        document_of("status", UP)["page"]["updated_at"],
        document_of("status", UP, DOWN)["page"]["updated_at"],
        document_of("status", UP, DOWN, incidents=[incident()])["page"]["updated_at"],
    ]
    assert changes == [
        "2026-07-26T15:26:08.000Z",
        "2026-11-23T14:26:08.000Z",
        "2026-11-23T14:56:08.000Z",
    ]


def test_an_incident_tells_each_update_with_the_components_before_and_after() -> None:
    declared = fakes.incident(
        7,
        "Errors in the API",
        (Status.INVESTIGATING, "We look into it.", ago(hours=3)),
        (Status.MONITORING, "It is better.", ago(hours=2)),
        (Status.RESOLVED, "It is fixed.", ago(hours=1)),
        components=[AffectedComponent("monitor-1", Effect.PARTIAL)],
    )
    (shown,) = document_of("incidents", UP, incidents=[declared])["incidents"]
    assert (shown["id"], shown["status"], shown["impact"]) == ("inci00000007", "resolved", "major")
    assert shown["shortlink"] == "https://status.example/incidents/inci00000007"
    assert (shown["monitoring_at"], shown["resolved_at"]) == (
        "2026-11-23T13:26:08.000Z",
        "2026-11-23T14:26:08.000Z",
    )
    assert [component["name"] for component in shown["components"]] == ["Up"]
    affected = [update["affected_components"][0] for update in shown["incident_updates"]]
    assert [(entry["old_status"], entry["new_status"]) for entry in affected] == [
        ("partial_outage", "operational"),
        ("partial_outage", "partial_outage"),
        ("operational", "partial_outage"),
    ]
    assert {(entry["code"], entry["name"]) for entry in affected} == {("comp00000001", "API - Up")}


def test_an_incident_without_components_affects_null() -> None:
    shown = document_of("incidents", UP, incidents=[incident()])["incidents"][0]
    assert shown["incident_updates"][0]["affected_components"] is None
    assert shown["components"] == []


def test_outages_stand_beside_declared_incidents_newest_first() -> None:
    incidents = document_of("incidents", UP, DOWN, incidents=[incident()])["incidents"]
    assert [entry["name"] for entry in incidents] == ["Errors", "Down is down"]


def test_at_most_fifty_incidents_are_listed() -> None:
    declared = [
        fakes.incident(number, "Old", (Status.RESOLVED, "Fixed.", ago(days=number)))
        for number in range(1, 61)
    ]
    listed = document_of("incidents", incidents=declared)["incidents"]
    assert [entry["id"] for entry in listed] == [f"inci{number:08}" for number in range(1, 51)]


def test_however_many_are_open_all_of_them_are_listed() -> None:
    declared = [fakes.incident(number, "Open", started=ago(days=number)) for number in range(1, 61)]
    for name in ("summary", "incidents/unresolved"):
        assert len(document_of(name, incidents=declared)["incidents"]) == 60


def windows() -> list[Maintenance]:
    verifying = (Phase.VERIFYING, "Nearly done.", ago(minutes=5))
    return [
        fakes.maintenance(1, "Next", start=ago(hours=-2), end=ago(hours=-3)),
        fakes.maintenance(2, "Cancelled", start=ago(hours=-1), end=ago(hours=-2), cancelled=NOW),
        fakes.maintenance(3, "Running", start=ago(hours=1), end=ago(hours=-1)),
        fakes.maintenance(4, "Checked", verifying, start=ago(hours=2), end=ago(hours=-1)),
        fakes.maintenance(5, "Done", start=ago(hours=4), end=ago(hours=3)),
        fakes.maintenance(
            6, "Broken off", start=ago(hours=9), end=ago(hours=7), cancelled=ago(hours=8)
        ),
    ]


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        (
            "scheduled-maintenances",
            {
                "Next": "scheduled",
                "Running": "in_progress",
                "Checked": "verifying",
                "Done": "completed",
                "Broken off": "completed",
            },
        ),
        ("scheduled-maintenances/upcoming", {"Next": "scheduled"}),
        (
            "scheduled-maintenances/active",
            {"Running": "in_progress", "Checked": "verifying"},
        ),
        (
            "summary",
            {"Next": "scheduled", "Running": "in_progress", "Checked": "verifying"},
        ),
    ],
)
def test_maintenance_is_listed_by_how_far_it_has_come(name: str, listed: dict[str, str]) -> None:
    shown = document_of(name, UP, maintenances=windows())["scheduled_maintenances"]
    assert {entry["name"]: entry["status"] for entry in shown} == listed


def test_maintenance_that_was_broken_off_ended_then() -> None:
    listed = document_of("scheduled-maintenances", maintenances=windows())["scheduled_maintenances"]
    assert [entry["resolved_at"] for entry in listed] == [
        None,
        None,
        None,
        "2026-11-23T12:26:08.000Z",
        "2026-11-23T07:26:08.000Z",
    ]


def test_an_incident_that_begins_later_is_not_told_yet() -> None:
    later = fakes.incident(1, "Later", started=ago(hours=-1))
    assert document_of("incidents", incidents=[later])["incidents"] == []


def test_times_are_the_moments_that_were_written() -> None:
    update = document_of("incidents", incidents=[incident()])["incidents"][0]["incident_updates"][0]
    assert update["display_at"] == update["created_at"] == "2026-11-23T14:56:08.000Z"


def test_the_address_has_no_slash_at_its_end_as_in_the_original() -> None:
    assert document_of("status")["page"]["url"] == "https://status.example"
