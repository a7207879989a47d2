"""Define closed JSON Schemas of the eight documents and of what is in them."""

from collections.abc import Mapping
from types import MappingProxyType

from allswell_web.api.schemas import (
    DAY,
    FLAG,
    ID,
    NOTHING,
    TEXT,
    TIME,
    Schema,
    choice,
    closed,
    each,
    maybe,
    ref,
)

_STATUS = choice(
    "operational",
    "degraded_performance",
    "partial_outage",
    "major_outage",
    "under_maintenance",
)
_PAGE = closed({"id": ID, "name": TEXT, "url": TEXT, "time_zone": TEXT, "updated_at": TIME})
_OVERALL = closed(
    {
        "indicator": choice("none", "minor", "major", "critical", "maintenance"),
        "description": TEXT,
    }
)
_COMPONENT = closed(
    {
        "id": ID,
        "name": TEXT,
        "status": _STATUS,
        "created_at": TIME,
        "updated_at": TIME,
        "position": {"type": "integer", "minimum": 1},
        "description": maybe(TEXT),
        "showcase": FLAG,
        "start_date": maybe(DAY),
        "group_id": maybe(ID),
        "page_id": ID,
        "group": FLAG,
        "only_show_if_degraded": FLAG,
        "components": each(ID),
    },
    optional=("components",),
)
_AFFECTED = closed({"code": ID, "name": TEXT, "old_status": _STATUS, "new_status": _STATUS})


def _update(*statuses: str) -> Schema:
    return closed(
        {
            "id": ID,
            "status": choice(*statuses),
            "body": TEXT,
            "incident_id": ID,
            "created_at": TIME,
            "updated_at": TIME,
            "display_at": TIME,
            "affected_components": maybe(each(ref("AffectedComponent"))),
            "deliver_notifications": FLAG,
            "custom_tweet": NOTHING,
            "tweet_id": NOTHING,
        }
    )


def _announcement(statuses: tuple[str, ...], impacts: tuple[str, ...], **extra: Schema) -> Schema:
    return closed(
        {
            "id": ID,
            "name": TEXT,
            "status": choice(*statuses),
            "created_at": TIME,
            "updated_at": TIME,
            "monitoring_at": maybe(TIME),
            "resolved_at": maybe(TIME),
            "impact": choice(*impacts),
            "shortlink": TEXT,
            "started_at": TIME,
            "page_id": ID,
            "incident_updates": each(_update(*statuses)),
            "components": each(ref("Component")),
            "reminder_intervals": NOTHING,
            **extra,
        }
    )


SCHEMAS: Mapping[str, Schema] = MappingProxyType(
    {
        "Page": _PAGE,
        "Status": _OVERALL,
        "Component": _COMPONENT,
        "AffectedComponent": _AFFECTED,
        "Incident": _announcement(
            ("investigating", "identified", "monitoring", "resolved", "postmortem"),
            ("none", "minor", "major", "critical"),
        ),
        "ScheduledMaintenance": _announcement(
            ("scheduled", "in_progress", "verifying", "completed"),
            ("maintenance",),
            scheduled_for=TIME,
            scheduled_until=TIME,
        ),
    }
)
_LISTS = {
    "components": each(ref("Component")),
    "incidents": each(ref("Incident")),
    "scheduled_maintenances": each(ref("ScheduledMaintenance")),
}
SUMMARY = closed({"page": ref("Page"), **_LISTS, "status": ref("Status")})
STATUS = closed({"page": ref("Page"), "status": ref("Status")})
COMPONENTS = closed({"page": ref("Page"), "components": _LISTS["components"]})
INCIDENTS = closed({"page": ref("Page"), "incidents": _LISTS["incidents"]})
MAINTENANCES = closed(
    {"page": ref("Page"), "scheduled_maintenances": _LISTS["scheduled_maintenances"]}
)
