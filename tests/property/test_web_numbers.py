"""The numbers that machines get against a reading of the rules second by second."""

import json
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import given

from allswell_web.api import page_feed
from allswell_web.api.badges import badge, svg
from allswell_web.api.route import RouteRequest
from allswell_web.api.v1 import document
from allswell_web.presentation import context, presenter
from tests.property.test_uptime import (
    SECOND,
    START,
    WINDOW,
    Claims,
    Overlays,
    claims,
    counted_by_second,
    ledgers,
    overlays,
)
from tests.unit.web import fakes

END = START + WINDOW * SECOND
URL = "https://status.example/"


def floored(part: int, whole: int, decimals: int) -> str | None:
    """A percentage in whole numbers alone."""
    if whole == 0:
        return None
    if part == whole:
        return "100"
    scale = 10**decimals
    return f"{part * 100 * scale // whole / scale:.{decimals}f}"


def asked(found: Claims, over: Overlays) -> RouteRequest:
    told, laid = ledgers(found, over, SECOND, START)
    component = fakes.component(claims=told, overlays=laid, born=START)
    return RouteRequest(fakes.facts(component, observed=END), {}, END, URL)


def component_of(it: RouteRequest) -> dict[str, Any]:
    whole = json.loads(json.dumps(document.of(page_feed.of(it.facts, it.now, it.url), {})))
    (component,) = whole["components"]
    found: dict[str, Any] = component
    return found


@given(claims, overlays)
def test_json_and_badges_print_what_counting_each_second_gives(
    found: Claims, over: Overlays
) -> None:
    spent = counted_by_second(found, over, range(WINDOW))
    good = spent.get("up", 0) + spent.get("degraded", 0)
    known = good + spent.get("down", 0)
    uptime = floored(good, known, 2)
    coverage = floored(known, known + spent.get("unknown", 0), 1)

    it = asked(found, over)
    component = component_of(it)
    told = {(window["uptime"], window["coverage"]) for window in component["windows"]}
    numbers = tuple(None if text is None else float(text) for text in (uptime, coverage))
    assert told == {numbers}

    for fact in ("uptime", "uptime-24h", "uptime-7d"):
        for drawn in (badge.of_component(it, "comp00000001", fact), badge.of_page(it, fact)):
            assert drawn.message == ("no data" if uptime is None else f"{uptime} %")
            assert drawn.message in [text.text for text in ET.fromstring(svg.draw(drawn)).iter()]


@given(claims, overlays)
def test_days_tell_the_seconds_of_each_trouble(found: Claims, over: Overlays) -> None:
    spent = counted_by_second(found, over, range(WINDOW))
    it = asked(found, over)
    component = component_of(it)
    names = ("degraded", "down", "unknown", "maintenance", "paused")
    today = component["days"][-1]
    assert {name: today[f"{name}_s"] for name in names} == {
        name: spent.get(name, 0) for name in names
    }


@given(claims, overlays)
def test_people_read_the_numbers_that_machines_get(found: Claims, over: Overlays) -> None:
    it = asked(found, over)
    shown = presenter.page(context.of(it.facts, {}, it.now))
    windows = shown.groups[0].components[0].windows
    told = component_of(it)["windows"]
    assert [(one.percent, one.coverage) for one in windows] == [
        (written(one["uptime"], 2), written(one["coverage"], 1)) for one in told
    ]


def written(number: float | None, decimals: int) -> str | None:
    if number is None:
        return None
    shown = "100" if number == 100 else f"{number:.{decimals}f}"
    return f"{shown}\N{NO-BREAK SPACE}%"
