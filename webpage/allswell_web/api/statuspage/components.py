"""Components and groups, in the order in which the API lists them."""

from collections.abc import Mapping, Sequence
from datetime import UTC

from allswell.domain import instant
from allswell_web.api import page_feed
from allswell_web.api.page_feed import PageFeed
from allswell_web.api.statuspage import level
from allswell_web.api.statuspage.level import STATUSES, Level
from allswell_web.presentation import identity
from allswell_web.presentation.page_state import ComponentState
from allswell_web.status.component_status import ComponentStatus
from allswell_web.text import untrusted_text

Json = dict[str, object]


def listed(told: PageFeed) -> list[Json]:
    """Each group, followed by its components; positions count within a group."""
    groups: dict[str, list[ComponentState]] = {}
    for line in sorted(told.it.lines, key=lambda line: line.component.position):
        groups.setdefault(line.component.group, []).append(line)
    levels = level.of_lines(told.it, told.declared)
    found: list[Json] = []
    place = 0
    for name, lines in groups.items():
        if not name:
            found += [_component(told, line, levels, place + n) for n, line in enumerate(lines, 1)]
            place += len(lines)
            continue
        place += 1
        children = [_component(told, line, levels, n) for n, line in enumerate(lines, 1)]
        found += [_group(told, place, lines, levels, children), *children]
    return found


def group_id(page: str, name: str) -> str:
    """The id of a group, from the page's id and the group's name."""
    return identity.of(page, name)


def _component(
    told: PageFeed, line: ComponentState, levels: Mapping[str, Level], position: int
) -> Json:
    component, page = line.component, told.it.page.public_id
    return {
        "id": component.public_id,
        "name": untrusted_text.line(component.title),
        "status": STATUSES[levels[component.name]],
        "created_at": instant.text(component.born),
        "updated_at": instant.text(page_feed.changed(line)),
        "position": position,
        "description": _description(line),
        "showcase": True,
        "start_date": f"{component.born.astimezone(told.it.zone):%Y-%m-%d}",
        "group_id": group_id(page, component.group) if component.group else None,
        "page_id": page,
        "group": False,
        "only_show_if_degraded": False,
    }


def _group(
    told: PageFeed,
    place: int,
    lines: Sequence[ComponentState],
    levels: Mapping[str, Level],
    children: Sequence[Json],
) -> Json:
    page, name = told.it.page.public_id, lines[0].component.group
    return {
        "id": group_id(page, name),
        "name": untrusted_text.line(name),
        "status": STATUSES[max(levels[line.component.name] for line in lines)],
        "created_at": instant.text(min(line.component.born for line in lines)),
        "updated_at": instant.text(max(page_feed.changed(line) for line in lines)),
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


def _description(line: ComponentState) -> str | None:
    """What the status word cannot say."""
    standing = line.current
    if standing.status is ComponentStatus.PAUSED:
        return "Monitoring paused"
    if standing.status is ComponentStatus.NEW or standing.last is ComponentStatus.NEW:
        return "No data yet"
    if standing.status is ComponentStatus.UNKNOWN:
        # With the date, always: this text must not change when a day ends.
        since = standing.since
        return f"No data since {since.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if since else None
    return None
