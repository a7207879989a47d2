"""Write the one sentence at the top of a page."""

from collections.abc import Sequence

from allswell_web.status.component_status import ComponentStatus
from allswell_web.status.overall_status import OverallStatus, StatusExtent
from allswell_web.text.languages import Language, translatable

_NO_COMPONENTS = translatable("No components are monitored yet")
_STALE = translatable("The current status is unknown")
_ALL = {
    ComponentStatus.UP: translatable("All systems operational"),
    ComponentStatus.DOWN: translatable("All systems are down"),
    ComponentStatus.DEGRADED: translatable("All systems are degraded"),
    ComponentStatus.UNKNOWN: translatable("The status of all systems is unknown"),
    ComponentStatus.NEW: translatable("Waiting for the first checks"),
    ComponentStatus.MAINTENANCE: translatable("All systems are under maintenance"),
    ComponentStatus.PAUSED: translatable("Monitoring is paused"),
}
_ONE = {
    ComponentStatus.DOWN: translatable("{name} is down"),
    ComponentStatus.DEGRADED: translatable("{name} is degraded"),
    ComponentStatus.MAINTENANCE: translatable("{name} is under maintenance"),
    ComponentStatus.UNKNOWN: translatable("The status of {name} is unknown"),
    ComponentStatus.NEW: translatable("No data yet from {name}"),
}
# With one component on the page, its name is more informative than "all systems".
_NAMED_ALONE = (ComponentStatus.DOWN, ComponentStatus.DEGRADED, ComponentStatus.MAINTENANCE)


def of(overall: OverallStatus, titles: Sequence[str], language: Language, *, is_stale: bool) -> str:
    """Return the sentence for visitors, e.g. `Public API is down`."""
    if not titles:
        return language.text(_NO_COMPONENTS)
    if is_stale:
        return language.text(_STALE)
    status, indices = overall.status, overall.indices
    of_all = overall.extent is StatusExtent.ALL
    if len(indices) == 1 and status in (_NAMED_ALONE if of_all else _ONE):
        return language.text(_ONE[status], name=titles[indices[0]])
    return (
        language.text(_ALL[status])
        if of_all
        else _some(status, len(indices), len(titles), language)
    )


def of_incidents(titles: Sequence[str], language: Language) -> str:
    """Return the sentence for open incidents that report worse than what is observed."""
    if len(titles) == 1:
        return language.text("Open incident: {title}", title=titles[0])
    return language.plural("{number} open incident", "{number} open incidents", len(titles))


def _some(status: ComponentStatus, number: int, total: int, language: Language) -> str:
    """Return the sentence where several, but not all, components have the status."""
    if status is ComponentStatus.DOWN:
        return language.plural(
            "{number} of {total} components is down",
            "{number} of {total} components are down",
            number,
            total=total,
        )
    if status is ComponentStatus.DEGRADED:
        return language.plural(
            "{number} of {total} components is degraded",
            "{number} of {total} components are degraded",
            number,
            total=total,
        )
    if status is ComponentStatus.MAINTENANCE:
        return language.plural(
            "{number} of {total} components is under maintenance",
            "{number} of {total} components are under maintenance",
            number,
            total=total,
        )
    if status is ComponentStatus.NEW:
        return language.plural(
            "No data yet from {number} of {total} components",
            "No data yet from {number} of {total} components",
            number,
            total=total,
        )
    return language.plural(
        "The status of {number} of {total} components is unknown",
        "The status of {number} of {total} components is unknown",
        number,
        total=total,
    )
