"""Check documents against the closed schemas that the OpenAPI document shows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypedDict

import jsonschema

from allswell.central import page_data
from allswell.domain.incident import Incident
from allswell.domain.maintenance import Maintenance
from allswell_web.api import openapi, routes

WHOLE = {entry.path: entry for entry in routes.EVERY}


class More(TypedDict, total=False):
    """What facts hold beside components, as `fakes.found` takes it."""

    observed: datetime | None
    of: page_data.PageRow | None
    incidents: Sequence[Incident]
    maintenances: Sequence[Maintenance]


def check(path: str, document: Mapping[str, object]) -> None:
    """Raise `jsonschema.ValidationError` where a document does not keep to its schema."""
    schema = WHOLE[path].schema
    assert schema is not None
    full_schema = {**schema, "components": {"schemas": dict(openapi.SCHEMAS)}}
    jsonschema.validate(document, full_schema, jsonschema.Draft202012Validator)
