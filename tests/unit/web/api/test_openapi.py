"""Check that the OpenAPI document is complete: `schemathesis` follows it."""

import json
import re
from collections.abc import Iterator

import jsonschema

from allswell_web.api import openapi, routes

DOCUMENT = json.loads(json.dumps(openapi.document(routes.EVERY, "https://status.example/")))
OPERATIONS = {path: item["get"] for path, item in DOCUMENT["paths"].items()}


def test_it_has_every_route_once() -> None:
    paths = [entry.path for entry in routes.EVERY]
    assert list(OPERATIONS) == [*paths, "/embed", "/healthz"]
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)


def test_it_names_the_parameters_that_a_path_has() -> None:
    names = {
        path: {it["name"] for it in one.get("parameters", [])} for path, one in OPERATIONS.items()
    }
    assert names == {path: set(re.findall(r"{(\w+)}", path)) for path in OPERATIONS}


def test_every_reference_leads_somewhere() -> None:
    names = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(DOCUMENT)))
    assert names == set(DOCUMENT["components"]["schemas"])


def test_every_schema_is_one() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def objects(value: object) -> Iterator[dict[str, object]]:
    """Yield every description of an object within a schema."""
    if isinstance(value, dict):
        if value.get("type") == "object":
            yield value
        for part in value.values():
            yield from objects(part)
    elif isinstance(value, list):
        for part in value:
            yield from objects(part)


def test_every_object_is_closed() -> None:
    described = list(objects(DOCUMENT["components"]["schemas"]))
    assert len(described) >= 10
    assert all(it["additionalProperties"] is False for it in described)


def test_it_is_served_below_the_page() -> None:
    assert DOCUMENT["servers"] == [{"url": "https://status.example"}]
    assert DOCUMENT["openapi"] == "3.1.0"
