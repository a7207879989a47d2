"""Decide what a StatusPage shows, and build its status: pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from allswell.controller.hostnames import status as hostnames_status
from allswell.controller.hostnames.status import HostnameState
from allswell.domain.spec import page as spec
from allswell.domain.spec.meta import Meta
from allswell.domain.spec.page import ComponentSpec, StatusPage
from allswell.domain.spec.problem import InvalidManifest
from allswell.domain.state import State
from allswell.kube.conditions import FALSE, TRUE, Condition
from allswell.kube.views import page as page_view
from allswell.kube.views.object_meta import NamespacedName
from allswell.kube.views.page import PageAddress, PageStatusView, StatusPageView

READY = "Ready"


def components(
    page: StatusPage | InvalidManifest, monitors: Iterable[Meta]
) -> tuple[ComponentSpec, ...]:
    """Return the components of a page; a page that cannot be read has none."""
    return () if isinstance(page, InvalidManifest) else spec.components(page, monitors)


def missing(page: StatusPage, shown: Sequence[ComponentSpec]) -> tuple[str, ...]:
    """Return the monitors that the page names and that are not there."""
    there = {component.monitor for component in shown}
    named = [entry.name for group in page.groups for entry in group.monitors]
    return tuple(dict.fromkeys(name for name in named if name not in there))


def ready(page: StatusPage | InvalidManifest, shown: Sequence[ComponentSpec]) -> Condition:
    """Build `Ready`; a monitor that is not there yet does not make it false."""
    if isinstance(page, InvalidManifest):
        return Condition(READY, FALSE, "InvalidSpec", str(page))
    if lacking := missing(page, shown):
        return Condition(READY, TRUE, "MonitorsMissing", f"not there: {', '.join(lacking)}")
    return Condition(READY, TRUE, "Serving", "the page is served")


def overall(states: Iterable[State]) -> State:
    """Return the state of all monitors of a page together: the worst, paused ones aside."""
    return max((state for state in states), key=_BY_SEVERITY.index, default=State.UNKNOWN)


_BY_SEVERITY = (State.PAUSED, State.UP, State.UNKNOWN, State.DEGRADED, State.DOWN)


def address(
    page: NamespacedName,
    base: str,
    target: str,
    states: Sequence[HostnameState],
) -> PageAddress:
    """Return where a page is: a customer's name if one serves, else its own host, else by path.

    `base` is the page host's address, empty when it is not known.
    """
    serving = next((state.host for state in states if hostnames_status.is_ready(state)), target)
    if serving:
        return PageAddress(f"https://{serving}/", target)
    return PageAddress("/".join([base.rstrip("/"), *page, ""]) if base else "", target)


def build(
    page: StatusPageView,
    ready: Condition,
    state: State,
    address: PageAddress,
    now: datetime,
    *,
    states: Sequence[HostnameState] = (),
) -> PageStatusView:
    """Build the whole status."""
    before, generation = page.status, page.meta.generation
    desired = [ready, hostnames_status.all_ready(states)] if states else [ready]
    return page_view.status(
        state.value,
        before.conditions.merge(desired, generation, now),
        address,
        generation,
        hostnames=hostnames_status.entries(states, before, generation, now),
        ready_hostnames=hostnames_status.count(states),
    )
