"""Write components and groups, in the order in which the API lists them."""

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


def listed(feed: PageFeed) -> list[Json]:
    """List each group, followed by its components; positions count within a group."""
    groups: dict[str, list[ComponentState]] = {}
    for component in sorted(feed.state.components, key=lambda component: component.data.position):
        groups.setdefault(component.data.group, []).append(component)
    levels = level.of_components(feed.state, feed.declared)
    documents: list[Json] = []
    position = 0
    for name, components in groups.items():
        if not name:
            documents += [
                _component(feed, component, levels, position + n)
                for n, component in enumerate(components, 1)
            ]
            position += len(components)
            continue
        position += 1
        children = [
            _component(feed, component, levels, n) for n, component in enumerate(components, 1)
        ]
        documents += [_group(feed, position, components, levels, children), *children]
    return documents


def group_id(page: str, name: str) -> str:
    """Return the id of a group, from the page's id and the group's name."""
    return identity.of(page, name)


def _component(
    feed: PageFeed, component: ComponentState, levels: Mapping[str, Level], position: int
) -> Json:
    data, page = component.data, feed.state.page.public_id
    return {
        "id": data.public_id,
        "name": untrusted_text.line(data.title),
        "status": STATUSES[levels[data.name]],
        "created_at": instant.text(data.born),
        "updated_at": instant.text(page_feed.changed(component)),
        "position": position,
        "description": _description(component),
        "showcase": True,
        "start_date": f"{data.born.astimezone(feed.state.zone):%Y-%m-%d}",
        "group_id": group_id(page, data.group) if data.group else None,
        "page_id": page,
        "group": False,
        "only_show_if_degraded": False,
    }


def _group(
    feed: PageFeed,
    position: int,
    components: Sequence[ComponentState],
    levels: Mapping[str, Level],
    children: Sequence[Json],
) -> Json:
    page, name = feed.state.page.public_id, components[0].data.group
    return {
        "id": group_id(page, name),
        "name": untrusted_text.line(name),
        "status": STATUSES[max(levels[component.data.name] for component in components)],
        "created_at": instant.text(min(component.data.born for component in components)),
        "updated_at": instant.text(max(page_feed.changed(component) for component in components)),
        "position": position,
        "description": None,
        "showcase": False,
        "start_date": None,
        "group_id": None,
        "page_id": page,
        "group": True,
        "only_show_if_degraded": False,
        "components": [child["id"] for child in children],
    }


def _description(component: ComponentState) -> str | None:
    """Describe what the status word cannot express."""
    current = component.current
    if current.status is ComponentStatus.PAUSED:
        return "Monitoring paused"
    if current.status is ComponentStatus.NEW or current.last is ComponentStatus.NEW:
        return "No data yet"
    if current.status is ComponentStatus.UNKNOWN:
        # Always with the date: this text must not change when a day ends.
        since = current.since
        return f"No data since {since.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if since else None
    return None
