"""The one sentence over a page."""

from collections.abc import Sequence

from allswell_web.status.component_status import ComponentStatus
from allswell_web.status.overall_status import OverallStatus, StatusExtent
from allswell_web.text.language import Language, noted

_NOTHING = noted("Nothing is watched here yet")
_SILENT = noted("The present state is not known")
_ALL = {
    ComponentStatus.UP: noted("All systems operational"),
    ComponentStatus.DOWN: noted("All systems are down"),
    ComponentStatus.DEGRADED: noted("All systems are degraded"),
    ComponentStatus.UNKNOWN: noted("We cannot see any component"),
    ComponentStatus.NEW: noted("The first checks are under way"),
    ComponentStatus.MAINTENANCE: noted("All systems are under maintenance"),
    ComponentStatus.PAUSED: noted("Monitoring is paused"),
}
_ONE = {
    ComponentStatus.DOWN: noted("{name} is down"),
    ComponentStatus.DEGRADED: noted("{name} is degraded"),
    ComponentStatus.MAINTENANCE: noted("{name} is under maintenance"),
    ComponentStatus.UNKNOWN: noted("We cannot see {name}"),
    ComponentStatus.NEW: noted("No data yet from {name}"),
}
# With one component on the page, its name says more than "all systems".
_NAMED_ALONE = (ComponentStatus.DOWN, ComponentStatus.DEGRADED, ComponentStatus.MAINTENANCE)


def of(overall: OverallStatus, titles: Sequence[str], say: Language, *, silent: bool) -> str:
    """The sentence for visitors, e.g. `Public API is down`."""
    if not titles:
        return say.text(_NOTHING)
    if silent:
        return say.text(_SILENT)
    what, places = overall.status, overall.indices
    of_all = overall.extent is StatusExtent.ALL
    if len(places) == 1 and what in (_NAMED_ALONE if of_all else _ONE):
        return say.text(_ONE[what], name=titles[places[0]])
    return say.text(_ALL[what]) if of_all else _some(what, len(places), len(titles), say)


def of_incidents(titles: Sequence[str], say: Language) -> str:
    """The sentence where open incidents say worse than what is observed."""
    if len(titles) == 1:
        return say.text("Open incident: {title}", title=titles[0])
    return say.count("{number} open incident", "{number} open incidents", len(titles))


def _some(what: ComponentStatus, number: int, total: int, say: Language) -> str:
    """The sentence for several of all components."""
    if what is ComponentStatus.DOWN:
        return say.count(
            "{number} of {total} components is down",
            "{number} of {total} components are down",
            number,
            total=total,
        )
    if what is ComponentStatus.DEGRADED:
        return say.count(
            "{number} of {total} components is degraded",
            "{number} of {total} components are degraded",
            number,
            total=total,
        )
    if what is ComponentStatus.MAINTENANCE:
        return say.count(
            "{number} of {total} components is under maintenance",
            "{number} of {total} components are under maintenance",
            number,
            total=total,
        )
    if what is ComponentStatus.NEW:
        return say.count(
            "No data yet from {number} of {total} components",
            "No data yet from {number} of {total} components",
            number,
            total=total,
        )
    return say.count(
        "We cannot see {number} of {total} components",
        "We cannot see {number} of {total} components",
        number,
        total=total,
    )
