"""The JSON that existing tools read: the shape of Atlassian Statuspage's public API, v2.

Exactly its keys and its words, none added: some clients refuse a feed with one key more. No clock
reading is in it, so that its ETag stands still while nothing changes.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from allswell.central import facts
from allswell.domain import instant
from allswell_web import sentence, survey
from allswell_web.condition import Condition
from allswell_web.survey import Line, Survey

Json = dict[str, object]
STATUSES = {
    Condition.UP: "operational",
    Condition.DEGRADED: "degraded_performance",
    Condition.DOWN: "major_outage",
    # Not a word of our own: some clients paint a word they do not know green.
    Condition.UNKNOWN: "degraded_performance",
    Condition.NEW: "degraded_performance",
    Condition.PAUSED: "under_maintenance",
    Condition.MAINTENANCE: "under_maintenance",
}
_WORST_FIRST = (
    "major_outage",
    "partial_outage",
    "degraded_performance",
    "under_maintenance",
    "operational",
)
_ID_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_ID_LENGTH = 12


def summary(found: facts.Facts, now: datetime, url: str) -> Json:
    """`summary.json`."""
    it = survey.of(found, now)
    return {
        "page": _page(it, url),
        "components": _components(it),
        "incidents": [],
        "scheduled_maintenances": [],
        "status": _status(it),
    }


def status(found: facts.Facts, now: datetime, url: str) -> Json:
    """`status.json`."""
    it = survey.of(found, now)
    return {"page": _page(it, url), "status": _status(it)}


def _page(it: Survey, url: str) -> Json:
    changes = [it.page.updated_at, *(line.component.updated_at for line in it.lines)]
    changes += [claim.since for line in it.lines for claim in line.component.claims]
    return {
        "id": it.page.public_id,
        "name": it.page.title,
        "url": url,
        "time_zone": "Etc/UTC" if str(it.zone) == "UTC" else str(it.zone),
        "updated_at": instant.text(max(changes)),
    }


def _status(it: Survey) -> Json:
    indicator, description = sentence.indicator(it.overall)
    return {"indicator": indicator, "description": description}


def _components(it: Survey) -> list[Json]:
    """Each group, then its components."""
    groups: dict[str, list[Line]] = {}
    for line in sorted(it.lines, key=lambda line: line.component.position):
        groups.setdefault(line.component.group, []).append(line)
    listed: list[Json] = []
    place = 0
    for name, lines in groups.items():
        if not name:
            listed += [_component(it, line, place + n, None) for n, line in enumerate(lines, 1)]
            place += len(lines)
            continue
        place += 1
        page = it.page.public_id
        identity = group_id(page, name)
        children = [_component(it, line, n, identity) for n, line in enumerate(lines, 1)]
        listed += [_group(page, name, place, lines, children), *children]
    return listed


def _component(it: Survey, line: Line, position: int, group: str | None) -> Json:
    component = line.component
    return {
        "id": component.public_id,
        "name": component.title,
        "status": STATUSES[line.standing.condition],
        "created_at": instant.text(component.born),
        "updated_at": instant.text(_changed(line)),
        "position": position,
        "description": _description(line),
        "showcase": True,
        "start_date": f"{component.born.astimezone(it.zone):%Y-%m-%d}",
        "group_id": group,
        "page_id": it.page.public_id,
        "group": False,
        "only_show_if_degraded": False,
    }


def _group(
    page: str, name: str, place: int, lines: Sequence[Line], children: Sequence[Json]
) -> Json:
    statuses = {str(child["status"]) for child in children}
    return {
        "id": group_id(page, name),
        "name": name,
        "status": min(statuses, key=_WORST_FIRST.index),
        "created_at": instant.text(min(line.component.born for line in lines)),
        "updated_at": instant.text(max(_changed(line) for line in lines)),
        "position": place,
        "description": None,
        "showcase": False,
        "start_date": None,
        "group_id": None,
        "page_id": page,
        "group": True,
        "only_show_if_degraded": False,
        "components": [child["id"] for child in children],
    }


def _changed(line: Line) -> datetime:
    return max([line.component.updated_at, *(claim.since for claim in line.component.claims)])


def _description(line: Line) -> str | None:
    """What the status word cannot say."""
    standing = line.standing
    if standing.condition is Condition.PAUSED:
        return "Monitoring paused"
    if standing.condition is Condition.NEW or standing.last is Condition.NEW:
        return "No data yet"
    if standing.condition is Condition.UNKNOWN:
        # With the date, always: this text must not change when a day ends.
        since = standing.since
        return f"No data since {since.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if since else None
    return None


def group_id(page: str, name: str) -> str:
    """A stable id of a group: 12 characters of a-z and 0-9, from the page's id and its name."""
    number = int.from_bytes(hashlib.sha256(f"{page}\n{name}".encode()).digest())
    letters = []
    for _ in range(_ID_LENGTH):
        number, rest = divmod(number, len(_ID_LETTERS))
        letters.append(_ID_LETTERS[rest])
    return "".join(letters)
