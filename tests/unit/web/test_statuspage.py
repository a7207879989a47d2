import json

import jsonschema
import pytest

from allswell.domain.health import Claim
from allswell.domain.state import State
from allswell.domain.timeline import Kind, Overlay
from allswell_web import statuspage
from tests.unit.web import fakes
from tests.unit.web.fakes import NOW, ago

Schema = dict[str, object]
TIME: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
ID: Schema = {"type": "string", "pattern": "^[a-z0-9]{12}$"}
TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}


def closed(properties: dict[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


PAGE = closed({"id": ID, "name": TEXT, "url": TEXT, "time_zone": TEXT, "updated_at": TIME})
STATUS = closed(
    {
        "indicator": {"enum": ["none", "minor", "major", "critical", "maintenance"]},
        "description": TEXT,
    }
)
COMPONENT = closed(
    {
        "id": ID,
        "name": TEXT,
        "status": {"enum": [*statuspage.STATUSES.values(), "partial_outage"]},
        "created_at": TIME,
        "updated_at": TIME,
        "position": {"type": "integer", "minimum": 1},
        "description": maybe(TEXT),
        "showcase": FLAG,
        "start_date": maybe({"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}),
        "group_id": maybe(ID),
        "page_id": ID,
        "group": FLAG,
        "only_show_if_degraded": FLAG,
        "components": {"type": "array", "items": ID},
    },
    optional=("components",),
)
SUMMARY = closed(
    {
        "page": PAGE,
        "components": {"type": "array", "items": COMPONENT},
        "incidents": {"type": "array", "maxItems": 0},
        "scheduled_maintenances": {"type": "array", "maxItems": 0},
        "status": STATUS,
    }
)

UP = fakes.component(1, "Up")
DOWN = fakes.component(2, "Down", claims=[Claim(State.DOWN, ago(hours=1), "Timeout")])
SLOW = fakes.component(3, "Slow", claims=[Claim(State.DEGRADED, ago(hours=1), "Slow")])
UNSEEN = fakes.component(4, "Unseen", overlays=[Overlay(Kind.UNSEEN, ago(hours=1))])
WINDOW = fakes.component(5, "Window", overlays=[Overlay(Kind.MAINTENANCE, ago(hours=1))])
PAUSED = fakes.component(6, "Paused", overlays=[Overlay(Kind.PAUSED, ago(hours=1))])


def summary(*components: object, **more: object) -> statuspage.Json:
    found = fakes.found(*components, **more)  # type: ignore[arg-type]
    made = statuspage.summary(found, NOW, "https://status.example/")
    jsonschema.validate(made, SUMMARY)
    return made


@pytest.mark.parametrize(
    ("components", "indicator", "description"),
    [
        ((UP,), "none", "All Systems Operational"),
        ((DOWN,), "critical", "Major System Outage"),
        ((UP, DOWN, SLOW), "major", "Partial System Outage"),
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
    components: tuple[object, ...], indicator: str, description: str
) -> None:
    made = summary(*components)
    assert made["status"] == {"indicator": indicator, "description": description}


def test_status_json_holds_the_page_and_the_status_of_the_summary() -> None:
    found = fakes.found(UP, DOWN)
    made = statuspage.status(found, NOW, "https://status.example/")
    jsonschema.validate(made, closed({"page": PAGE, "status": STATUS}))
    assert made["status"] == statuspage.summary(found, NOW, "")["status"]


def test_the_keys_stand_in_the_order_of_the_original() -> None:
    assert list(summary(UP)) == [
        "page",
        "components",
        "incidents",
        "scheduled_maintenances",
        "status",
    ]


def test_unknown_is_never_operational_and_says_since_when() -> None:
    listed = summary(UNSEEN)["components"]
    assert isinstance(listed, list)
    assert listed[1]["status"] == "degraded_performance"
    assert listed[1]["description"] == "No data since 2026-11-23 14:26 UTC"


def test_while_nothing_is_heard_every_component_is_unknown() -> None:
    made = summary(UP, DOWN, observed=ago(minutes=30))
    listed = made["components"]
    assert isinstance(listed, list)
    assert {entry["status"] for entry in listed} == {"degraded_performance"}
    assert made["status"] == {"indicator": "minor", "description": "Status Unknown"}


def test_a_group_precedes_its_components_and_has_the_worst_of_their_states() -> None:
    listed = summary(UP, DOWN)["components"]
    assert isinstance(listed, list)
    group, *children = listed
    assert (group["group"], group["status"]) == (True, "major_outage")
    assert group["components"] == [child["id"] for child in children]
    assert {child["group_id"] for child in children} == {group["id"]}
    assert [child["position"] for child in children] == [1, 2]


def test_utc_has_its_name_from_the_zone_database() -> None:
    page = summary(UP)["page"]
    assert isinstance(page, dict)
    assert page["time_zone"] == "Etc/UTC"


def test_no_clock_reading_is_in_the_json() -> None:
    found = fakes.found(UP, DOWN, UNSEEN, observed=NOW)
    first = statuspage.summary(found, NOW, "")
    later = statuspage.summary(found, NOW + (NOW - ago(seconds=90)), "")
    assert json.dumps(first) == json.dumps(later)
