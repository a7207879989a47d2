"""What a StatusPage shows and what its status says: pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from allswell.controller.hostnames import status as hostnames_status
from allswell.controller.hostnames.status import HostnameState
from allswell.domain.hostname_claim import GRACE
from allswell.domain.spec import page as spec
from allswell.domain.spec.meta import Meta
from allswell.domain.spec.page import ComponentSpec, StatusPage
from allswell.domain.spec.problem import InvalidManifest
from allswell.domain.state import State
from allswell.kube import conditions, manifest
from allswell.kube.conditions import FALSE, TRUE, Condition
from allswell.kube.manifest import Json

READY = "Ready"


def parse(seen: Json) -> StatusPage | InvalidManifest:
    """The page that a manifest is, or what is wrong with it."""
    try:
        return spec.read(seen)
    except InvalidManifest as problems:
        return problems


def shown(page: StatusPage, monitors: Iterable[Meta]) -> tuple[ComponentSpec, ...]:
    """The lines of the page."""
    return spec.components(page, monitors)


def missing(page: StatusPage, components: Sequence[ComponentSpec]) -> tuple[str, ...]:
    """The monitors that the page names and that are not there."""
    there = {entry.monitor for entry in components}
    named = [entry.name for group in page.groups for entry in group.monitors]
    return tuple(dict.fromkeys(name for name in named if name not in there))


def ready(page: StatusPage | InvalidManifest, components: Sequence[ComponentSpec]) -> Condition:
    """What `Ready` says; a monitor that is not there yet does not make it false."""
    if isinstance(page, InvalidManifest):
        return Condition(READY, FALSE, "InvalidSpec", str(page))
    if lacking := missing(page, components):
        return Condition(READY, TRUE, "MonitorsMissing", f"not there: {', '.join(lacking)}")
    return Condition(READY, TRUE, "Serving", "the page is served")


def overall(states: Iterable[State]) -> State:
    """What a page says of all its monitors together: the worst, paused ones aside."""
    return max((state for state in states), key=_WORSE.index, default=State.UNKNOWN)


_WORSE = (State.PAUSED, State.UP, State.UNKNOWN, State.DEGRADED, State.DOWN)


@dataclass(frozen=True, slots=True)
class PageAddress:
    """Where a page is: its address, and its own host name under the domain of pages, if any."""

    url: str = ""
    target: str = ""


def address(
    live: Json, base: str, target: str, names: Sequence[HostnameState], grace: timedelta
) -> PageAddress:
    """A customer's own name if one serves, else the page's own host, else by path.

    `base` is the page host's address, empty when it is not known.
    """
    serving = next((name.host for name in names if hostnames_status.is_ready(name, grace)), target)
    if serving:
        return PageAddress(f"https://{serving}/", target)
    return PageAddress(
        "/".join([base.rstrip("/"), *manifest.name(live), ""]) if base else "", target
    )


def status(
    live: Json,
    said: Condition,
    state: State,
    place: PageAddress,
    now: datetime,
    *,
    names: Sequence[HostnameState] = (),
    grace: timedelta = GRACE,
) -> dict[str, object]:
    """The whole status."""
    generation = manifest.number(live, "metadata", "generation")
    before = manifest.block(live, "status")
    conditioned = [said, hostnames_status.all_ready(names, grace)] if names else [said]
    old = manifest.blocks(before, "conditions")
    found: dict[str, object] = {
        "observedGeneration": generation,
        "state": state.value,
        "conditions": conditions.merged(old, conditioned, generation, now),
    }
    if names:
        found["hostnames"] = hostnames_status.entries(names, before, grace, generation, now)
        found["readyHostnames"] = hostnames_status.count(names, grace)
    if place.target:
        found["target"] = place.target
    if place.url:
        found["url"] = place.url
    return found
