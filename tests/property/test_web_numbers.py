"""Check the numbers of the API against the rules, read second by second."""

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


def floored(part: int, total: int, decimals: int) -> str | None:
    """Write a percentage with whole numbers only."""
    if total == 0:
        return None
    if part == total:
        return "100"
    scale = 10**decimals
    return f"{part * 100 * scale // total / scale:.{decimals}f}"


def request_of(found: Claims, over: Overlays) -> RouteRequest:
    told, laid = ledgers(found, over, SECOND, START)
    component = fakes.component(claims=told, overlays=laid, born=START)
    return RouteRequest(fakes.facts(component, observed=END), {}, END, URL)


def component_of(request: RouteRequest) -> dict[str, Any]:
    page_document = json.loads(
        json.dumps(document.of(page_feed.of(request.facts, request.now, request.url), {}))
    )
    (component,) = page_document["components"]
    first: dict[str, Any] = component
    return first


@given(claims, overlays)
def test_json_and_badges_print_what_counting_each_second_gives(
    claims: Claims, over: Overlays
) -> None:
    spent = counted_by_second(claims, over, range(WINDOW))
    good = spent.get("up", 0) + spent.get("degraded", 0)
    observed = good + spent.get("down", 0)
    uptime = floored(good, observed, 2)
    coverage = floored(observed, observed + spent.get("unknown", 0), 1)

    request = request_of(claims, over)
    component = component_of(request)
    printed = {(window["uptime"], window["coverage"]) for window in component["windows"]}
    numbers = tuple(None if text is None else float(text) for text in (uptime, coverage))
    assert printed == {numbers}

    for fact in ("uptime", "uptime-24h", "uptime-7d"):
        for drawn in (
            badge.of_component(request, "comp00000001", fact),
            badge.of_page(request, fact),
        ):
            assert drawn.message == ("no data" if uptime is None else f"{uptime} %")
            assert drawn.message in [text.text for text in ET.fromstring(svg.draw(drawn)).iter()]


@given(claims, overlays)
def test_days_tell_the_seconds_of_each_trouble(claims: Claims, over: Overlays) -> None:
    spent = counted_by_second(claims, over, range(WINDOW))
    request = request_of(claims, over)
    component = component_of(request)
    names = ("degraded", "down", "unknown", "maintenance", "paused")
    today = component["days"][-1]
    assert {name: today[f"{name}_s"] for name in names} == {
        name: spent.get(name, 0) for name in names
    }


@given(claims, overlays)
def test_people_read_the_numbers_that_machines_get(claims: Claims, over: Overlays) -> None:
    request = request_of(claims, over)
    page = presenter.page(context.of(request.facts, {}, request.now))
    windows = page.groups[0].components[0].windows
    documented = component_of(request)["windows"]
    assert [(one.percent, one.coverage) for one in windows] == [
        (written(one["uptime"], 2), written(one["coverage"], 1)) for one in documented
    ]


def written(number: float | None, decimals: int) -> str | None:
    if number is None:
        return None
    digits = "100" if number == 100 else f"{number:.{decimals}f}"
    return f"{digits}\N{NO-BREAK SPACE}%"
