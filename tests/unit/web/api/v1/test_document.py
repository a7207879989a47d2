"""Check our own document against its closed schema, and its content."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, Unpack

import pytest

from allswell.central import page_data
from allswell.domain import histogram
from allswell.domain.health import HealthClaim
from allswell.domain.incident import AffectedComponent, Effect, Status
from allswell.domain.maintenance import Phase
from allswell.domain.state import State
from allswell.domain.timeline import Overlay, OverlayKind
from allswell_web.api import page_feed
from allswell_web.api.v1 import document
from tests.unit.web import fakes, shapes
from tests.unit.web.fakes import BORN, NOW, ago

DOWN = fakes.component(
    2,
    "Down",
    claims=[HealthClaim(State.UP, BORN), HealthClaim(State.DOWN, ago(hours=1), "Timeout")],
)
SAID = fakes.incident(
    1,
    "Errors",
    (Status.INVESTIGATING, "We look into it.", ago(minutes=30)),
    components=[AffectedComponent("monitor-2", Effect.PARTIAL), AffectedComponent("elsewhere")],
)
WINDOW = fakes.maintenance(
    1,
    "Upgrade",
    (Phase.SCHEDULED, "Planned.", ago(days=1)),
    start=ago(hours=-1),
    end=ago(hours=-2),
    monitors=["monitor-1", "elsewhere"],
)


def document_of(
    *components: page_data.ComponentData, **more: Unpack[shapes.More]
) -> dict[str, Any]:
    feed = page_feed.of(fakes.facts(*components, **more), NOW, "https://status.example/")
    written = json.dumps(document.of(feed, {"comp00000001": fakes.day_of_buckets()}))
    parsed: dict[str, Any] = json.loads(written)
    shapes.check("/api/v1/page.json", parsed)
    return parsed


def test_the_version_stands_first() -> None:
    assert next(iter(document_of())) == "version"
    assert document_of()["version"] == 1


@pytest.mark.parametrize(
    ("components", "state"),
    [
        ((DOWN,), ("down", "all", "Down is down")),
        ((fakes.component(), DOWN), ("down", "some", "Down is down")),
        ((fakes.component(),), ("up", "all", "All systems operational")),
        ((), ("unknown", "all", "No components are monitored yet")),
    ],
)
def test_the_state_of_the_page_is_told_in_our_words(
    components: tuple[page_data.ComponentData, ...], state: tuple[str, str, str]
) -> None:
    assert tuple(document_of(*components)["state"].values()) == state


def test_a_component_tells_its_condition_its_reason_and_what_is_declared() -> None:
    component = document_of(DOWN, incidents=[SAID])["components"][0]
    shown = {
        key: component[key] for key in ("condition", "since", "reason", "observed", "declared")
    }
    assert shown == {
        "condition": "down",
        "since": "2026-11-23T14:26:08.000Z",
        "reason": "Timeout",
        "observed": "down",
        "declared": "partial",
    }
    assert component["reason_text"] == "timed out"


def test_silence_is_unknown_and_tells_what_was_seen_last() -> None:
    document = document_of(DOWN, observed=ago(minutes=5))
    assert document["state"]["condition"] == "unknown"
    assert (document["components"][0]["condition"], document["components"][0]["last"]) == (
        "unknown",
        "down",
    )


def test_windows_tell_uptime_coverage_and_p95() -> None:
    day = page_data.LatencyDay(ago(days=2).date(), 99, 99, 1, histogram.of([200_000] * 99))
    overlays = [Overlay(OverlayKind.UNSEEN, ago(hours=12), ago(hours=6))]
    component = replace(fakes.component(overlays=overlays), days=(day,))
    first, *others = document_of(component)["components"][0]["windows"]
    assert first == {"name": "24h", "uptime": 100.0, "coverage": 75.0, "p95_ms": 148.7}
    assert [window["name"] for window in others] == ["7d", "30d", "90d"]
    # 99 checks of that day, and of the last two days those in the collector's buckets.
    assert {window["p95_ms"] for window in others} == {167.936}


def test_every_day_of_the_bars_is_told() -> None:
    claims = [HealthClaim(State.UP, BORN), *fakes.outage(ago(days=2), timedelta(minutes=30))]
    days = document_of(fakes.component(claims=claims))["components"][0]["days"]
    assert (len(days), days[0]["day"], days[-1]["day"]) == (90, "2026-08-26", "2026-11-23")
    assert days[-3] == {
        "day": "2026-11-21",
        "uptime": 97.91,
        "coverage": 100.0,
        "degraded_s": 0,
        "down_s": 1800,
        "unknown_s": 0,
        "maintenance_s": 0,
        "paused_s": 0,
    }


def test_a_day_before_the_first_data_has_no_percentage() -> None:
    new = fakes.component(claims=[HealthClaim(State.UP, ago(hours=1))], born=ago(hours=1))
    days = document_of(new)["components"][0]["days"]
    assert [day["uptime"] for day in days[-2:]] == [None, 100.0]


def test_incidents_tell_whether_people_or_checkers_brought_them() -> None:
    incidents = document_of(DOWN, incidents=[SAID])["incidents"]
    assert [(entry["kind"], entry["title"]) for entry in incidents] == [
        ("declared", "Errors"),
        ("observed", "Down is down"),
    ]
    assert incidents[0]["components"] == [{"id": "comp00000002", "effect": "partial"}]
    assert incidents[0]["updates"][0]["body"] == "We look into it."


def test_maintenance_tells_its_phase_and_the_components_of_this_page() -> None:
    (maintenance,) = document_of(fakes.component(), maintenances=[WINDOW])["maintenances"]
    assert (maintenance["phase"], maintenance["components"]) == ("scheduled", ["comp00000001"])
    assert maintenance["updates"][0]["phase"] == "scheduled"
    off = replace(WINDOW, cancelled=ago(minutes=1))
    assert document_of(maintenances=[off])["maintenances"][0]["phase"] == "cancelled"


def test_what_goes_on_is_told_however_much_is_newer() -> None:
    over = [
        fakes.incident(number, "Over", (Status.RESOLVED, "Fixed.", ago(days=number)))
        for number in range(1, 61)
    ]
    still = fakes.incident(99, "Open", started=ago(days=100))
    incidents = document_of(incidents=[*over, still])["incidents"]
    assert len(incidents) == 51
    assert incidents[-1]["title"] == "Open"
