"""Check badges: what they show, how they look, and what shields.io gets."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Unpack
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from allswell.central import page_data
from allswell.domain import histogram
from allswell.domain.health import HealthClaim
from allswell.domain.incident import AffectedComponent, Effect, Impact, Incident, Status
from allswell.domain.latency import LatencyBucket
from allswell.domain.state import State
from allswell.domain.timeline import Overlay, OverlayKind
from allswell_web.api.badges import badge, lettering, shield, svg
from allswell_web.api.badges.badge import Badge
from allswell_web.api.route import RouteRequest
from tests.unit.web import fakes, shapes
from tests.unit.web.fakes import BORN, NOW, ago

ONE = "comp00000001"
DOWN = [HealthClaim(State.DOWN, ago(hours=1), "Timeout")]
SLOW = [HealthClaim(State.DEGRADED, ago(hours=1), "Slow")]
WINDOW = [Overlay(OverlayKind.MAINTENANCE, ago(hours=1))]
UNSEEN = [Overlay(OverlayKind.UNSEEN, ago(hours=1))]
PAUSED = [Overlay(OverlayKind.PAUSED, ago(hours=1))]


def request(
    *components: page_data.ComponentData,
    buckets: Mapping[str, tuple[LatencyBucket, ...]] | None = None,
    **more: Unpack[shapes.More],
) -> RouteRequest:
    return RouteRequest(
        fakes.facts(*components, **more), buckets or {}, NOW, "https://status.example/"
    )


def badge_of(fact: str, component: page_data.ComponentData, **more: Any) -> Badge:  # noqa: ANN401
    return badge.of_component(request(component, **more), ONE, fact)


def partly_down() -> Incident:
    update = (Status.INVESTIGATING, "We look.", ago(hours=1))
    return fakes.incident(
        1,
        "Errors",
        update,
        impact=Impact.MINOR,
        components=[AffectedComponent("monitor-1", Effect.PARTIAL)],
    )


@pytest.mark.parametrize(
    ("claims", "overlays", "message", "colour"),
    [
        ([HealthClaim(State.UP, BORN)], [], "up", badge.UP),
        (SLOW, [], "degraded", badge.DEGRADED),
        (DOWN, [], "down", badge.DOWN),
        (DOWN, WINDOW, "maintenance", badge.MAINTENANCE),
        ([HealthClaim(State.UP, BORN)], UNSEEN, "unknown", badge.UNKNOWN),
        (DOWN, PAUSED, "paused", badge.UNKNOWN),
        ([], [], "no data yet", badge.UNKNOWN),
    ],
)
def test_a_state_has_its_word_and_its_colour(
    claims: Sequence[HealthClaim], overlays: Sequence[Overlay], message: str, colour: str
) -> None:
    shown = badge_of("state", fakes.component(claims=claims, overlays=overlays))
    assert shown == Badge("Public API", message, colour)


def test_a_state_that_is_not_known_any_more_is_grey() -> None:
    shown = badge_of("state", fakes.component(), observed=ago(minutes=3))
    assert shown == Badge("Public API", "unknown", badge.UNKNOWN)


def test_a_declared_partial_outage_is_told() -> None:
    shown = badge_of("state", fakes.component(), incidents=[partly_down()])
    assert (shown.message, shown.colour) == ("partial outage", badge.DOWN)


@pytest.mark.parametrize(
    ("components", "message", "colour"),
    [
        ([fakes.component()], "All Systems Operational", badge.UP),
        ([fakes.component(claims=SLOW)], "Degraded System Service", badge.DEGRADED),
        ([fakes.component(claims=DOWN)], "Major System Outage", badge.DOWN),
        (
            [fakes.component(), fakes.component(2, overlays=UNSEEN)],
            "Status Partly Unknown",
            badge.UNKNOWN,
        ),
        (
            [fakes.component(), fakes.component(2, overlays=WINDOW)],
            "Service Under Maintenance",
            badge.MAINTENANCE,
        ),
        ([], "Status Unknown", badge.UNKNOWN),
    ],
)
def test_the_page_has_the_description_of_the_api(
    components: Sequence[page_data.ComponentData], message: str, colour: str
) -> None:
    shown = badge.of_page(request(*components), "state")
    assert shown == Badge("Acme Status", message, colour)


def test_an_unknown_component_is_grey_and_not_found() -> None:
    shown = badge.of_component(request(fakes.component()), "comp99999999", "uptime")
    assert shown == Badge("Acme Status", "not found", badge.UNKNOWN)


@pytest.mark.parametrize(
    ("down", "message", "colour"),
    [
        (timedelta(0), "100 %", badge.UP),
        (timedelta(seconds=1), "99.99 %", badge.UP),
        (timedelta(hours=10), "99.53 %", badge.DEGRADED),
        (timedelta(hours=30), "98.60 %", badge.DOWN),
    ],
)
def test_uptime_is_that_of_the_page_over_ninety_days(
    down: timedelta, message: str, colour: str
) -> None:
    claims = [HealthClaim(State.UP, BORN), *(fakes.outage(ago(days=20), down) if down else ())]
    shown = badge_of("uptime", fakes.component(claims=claims))
    assert shown == Badge("Public API uptime 90d", message, colour)


@pytest.mark.parametrize(("name", "message"), [("24h", "100 %"), ("7d", "99.84 %")])
def test_uptime_may_be_asked_of_other_windows(name: str, message: str) -> None:
    claims = [HealthClaim(State.UP, BORN), *fakes.outage(ago(days=3), timedelta(minutes=15))]
    shown = badge_of(f"uptime-{name}", fakes.component(claims=claims))
    assert (shown.label, shown.message) == (f"Public API uptime {name}", message)


def test_without_data_there_is_no_percentage() -> None:
    new = fakes.component(claims=[], born=ago(minutes=1))
    assert badge_of("uptime", new) == Badge("Public API uptime 90d", "no data", badge.UNKNOWN)
    assert badge_of("p95", new) == Badge("Public API p95 24h", "no data", badge.UNKNOWN)


def test_p95_is_that_of_the_last_day_or_of_merged_histograms() -> None:
    latencies = histogram.of([200_000] * 96 + [900_000] * 4)
    day = page_data.LatencyDay(ago(days=2).date(), 100, 100, 1, latencies)
    component = replace(fakes.component(), days=(day,))
    shown = badge_of("p95", component, buckets={ONE: fakes.day_of_buckets()})
    assert shown == Badge("Public API p95 24h", "149 ms", badge.NEUTRAL)
    assert badge_of("p95-7d", component).message == "201 ms"


def test_the_page_counts_the_time_of_all_its_components() -> None:
    healthy = [HealthClaim(State.UP, BORN)]
    half = [HealthClaim(State.UP, BORN), *fakes.outage(ago(hours=12), timedelta(hours=12))]
    components = [fakes.component(1, claims=healthy), fakes.component(2, claims=half)]
    assert badge.of_page(request(*components), "uptime-24h").message == "75.00 %"


def test_a_long_name_is_cut() -> None:
    shown = badge_of("state", fakes.component(1, "x" * 10_000))
    assert shown.label == "x" * 59 + "…"


def test_a_picture_says_in_words_what_it_shows() -> None:
    picture = ET.fromstring(svg.draw(Badge("api", "down", badge.DOWN)))
    assert (picture.get("role"), picture.get("aria-label")) == ("img", "api: down")
    assert picture.get("height") == "20"
    texts = [(element.tag.rpartition("}")[2], element.text) for element in picture.iter()]
    assert texts == [
        ("svg", None),
        ("title", "api: down"),
        ("path", None),
        ("path", None),
        ("g", None),
        ("text", "api"),
        ("text", "down"),
    ]


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    "colour",
    [badge.UP, badge.DEGRADED, badge.DOWN, badge.MAINTENANCE, badge.UNKNOWN, badge.NEUTRAL],
)
def test_white_is_readable_on_every_colour(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= 6.5


def test_letters_are_as_wide_as_they_are() -> None:
    assert lettering.width("") == 0
    assert lettering.width("iiii") < lettering.width("mmmm")
    assert lettering.width("日本") == 22
    assert lettering.width("e\u0301\u200d") == lettering.width("e")


@pytest.mark.parametrize(
    ("found", "keys"),
    [
        (Badge("api", "up", badge.UP), ["schemaVersion", "label", "message", "color"]),
        (
            Badge("api", "down", badge.DOWN),
            ["schemaVersion", "label", "message", "color", "isError"],
        ),
        (Badge("api", "unknown"), ["schemaVersion", "label", "message", "color", "isError"]),
    ],
)
def test_shields_get_the_keys_that_they_know(found: Badge, keys: list[str]) -> None:
    written = shield.of(found)
    assert list(written) == keys
    jsonschema.validate(json.loads(json.dumps(written)), shield.SCHEMA)
