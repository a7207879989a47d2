"""Build the badge for shields.io's endpoint badge, which refuses unknown keys."""

from collections.abc import Mapping

from allswell_web.api.badges.badge import Badge
from allswell_web.api.schemas import FLAG, TEXT, Schema, closed

SCHEMA: Schema = closed(
    {
        "schemaVersion": {"type": "integer", "const": 1},
        "label": TEXT,
        "message": {"type": "string", "minLength": 1},
        "color": {"type": "string", "pattern": "^#[0-9a-f]{6}$"},
        "isError": FLAG,
    },
    optional=("isError",),
)


def of(badge: Badge) -> Mapping[str, object]:
    """Build the document; shields.io shows an error more prominently."""
    document: dict[str, object] = {
        "schemaVersion": 1,
        "label": badge.label,
        "message": badge.message,
        "color": badge.colour,
    }
    return document | ({"isError": True} if badge.is_bad else {})
