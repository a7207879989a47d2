"""Define the closed JSON Schema of the document."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from allswell.domain.incident import Effect, Impact, Status
from allswell.domain.maintenance import Phase
from allswell.domain.state import State
from allswell_web.api.schemas import (
    DAY,
    ID,
    NUMBER,
    SHARE,
    TEXT,
    TIME,
    WHOLE,
    Schema,
    choice,
    closed,
    each,
    maybe,
    ref,
)
from allswell_web.api.v1.document import VERSION
from allswell_web.status.component_status import ComponentStatus
from allswell_web.status.overall_status import StatusExtent


def _words(enumeration: type[StrEnum]) -> Schema:
    return choice(*(word.value for word in enumeration))


_WINDOW = closed(
    {
        "name": choice("24h", "7d", "30d", "90d"),
        "uptime": maybe(SHARE),
        "coverage": maybe(SHARE),
        "p95_ms": maybe(NUMBER),
    }
)
_DAY = closed(
    {
        "day": DAY,
        "uptime": maybe(SHARE),
        "coverage": maybe(SHARE),
        "degraded_s": WHOLE,
        "down_s": WHOLE,
        "unknown_s": WHOLE,
        "maintenance_s": WHOLE,
        "paused_s": WHOLE,
    }
)
_COMPONENT = closed(
    {
        "id": ID,
        "name": TEXT,
        "group": maybe(TEXT),
        "condition": _words(ComponentStatus),
        "since": maybe(TIME),
        "reason": maybe(TEXT),
        "reason_text": maybe(TEXT),
        "observed": _words(State),
        "last": maybe(_words(ComponentStatus)),
        "declared": maybe(_words(Effect)),
        "created_at": TIME,
        "windows": each(ref("Window")),
        "days": each(ref("Day")),
    }
)
_INCIDENT = closed(
    {
        "id": ID,
        "kind": choice("declared", "observed"),
        "title": TEXT,
        "impact": _words(Impact),
        "status": _words(Status),
        "started_at": TIME,
        "resolved_at": maybe(TIME),
        "published_at": TIME,
        "updated_at": TIME,
        "url": TEXT,
        "components": each(closed({"id": ID, "effect": _words(Effect)})),
        "updates": each(
            closed(
                {"id": ID, "status": _words(Status), "body": TEXT, "at": TIME, "published_at": TIME}
            )
        ),
    }
)
_MAINTENANCE = closed(
    {
        "id": ID,
        "title": TEXT,
        "phase": _words(Phase),
        "start": TIME,
        "end": TIME,
        "cancelled_at": maybe(TIME),
        "published_at": TIME,
        "updated_at": TIME,
        "url": TEXT,
        "components": each(ID),
        "updates": each(
            closed(
                {"id": ID, "phase": _words(Phase), "body": TEXT, "at": TIME, "published_at": TIME}
            )
        ),
    }
)
SCHEMAS: Mapping[str, Schema] = MappingProxyType(
    {
        "Window": _WINDOW,
        "Day": _DAY,
        "OwnComponent": _COMPONENT,
        "OwnIncident": _INCIDENT,
        "OwnMaintenance": _MAINTENANCE,
    }
)
PAGE = closed(
    {
        "version": {"type": "integer", "const": VERSION},
        "page": closed(
            {
                "id": ID,
                "name": TEXT,
                "description": TEXT,
                "url": TEXT,
                "time_zone": TEXT,
                "updated_at": TIME,
            }
        ),
        "state": closed(
            {"condition": _words(ComponentStatus), "extent": _words(StatusExtent), "sentence": TEXT}
        ),
        "components": each(ref("OwnComponent")),
        "incidents": each(ref("OwnIncident")),
        "maintenances": each(ref("OwnMaintenance")),
    }
)
