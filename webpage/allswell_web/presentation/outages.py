"""Outages as incidents: what checkers saw, told in the form of what people say.

An outage is one component's unbroken trouble: down, or degraded, or one after the other. Time in
which nobody was looking neither begins nor ends one; maintenance and a pause end it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from allswell.domain import instant
from allswell.domain.incident import (
    AffectedComponent,
    Effect,
    Impact,
    Incident,
    IncidentUpdate,
    Status,
)
from allswell.domain.timeline import Segment
from allswell_web.presentation import identity
from allswell_web.presentation.page_state import ComponentState, PageState
from allswell_web.status import component_status
from allswell_web.status.component_status import ComponentStatus
from allswell_web.text import labels, untrusted_text
from allswell_web.text.language import ENGLISH, Language, noted

# Outages beyond are told by the bars alone; a flapping monitor makes many.
MOST = 100
MOST_UPDATES = 50
_TROUBLE = (ComponentStatus.DOWN, ComponentStatus.DEGRADED)
_EFFECTS = {ComponentStatus.DOWN: Effect.DOWN, ComponentStatus.DEGRADED: Effect.DEGRADED}
_IS = {
    ComponentStatus.DOWN: noted("{name} is down"),
    ComponentStatus.DEGRADED: noted("{name} is degraded"),
    ComponentStatus.UNKNOWN: noted("We cannot see {name}"),
}
_ENDS = {
    ComponentStatus.UP: noted("{name} is operational again after {duration}"),
    ComponentStatus.MAINTENANCE: noted("{name} is under maintenance"),
    ComponentStatus.PAUSED: noted("Monitoring is paused"),
}


@dataclass(frozen=True, slots=True)
class ConditionStretch:
    """A time of one condition; `reason` is the last one."""

    status: ComponentStatus
    start: datetime
    end: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ComponentOutage:
    """One component's outage; `ended` tells what came after it, None while it goes on.

    `root` is what its id is made of: the date of the claim that begins it, also while nobody is
    known to have looked then. Evidence that comes late would move the start, and must not move ids.
    """

    line: ComponentState
    stretches: tuple[ConditionStretch, ...]
    ended: ConditionStretch | None
    root: datetime

    @property
    def start(self) -> datetime:
        """When it began: with the first check that failed."""
        return self.stretches[0].start


def incidents(
    it: PageState, say: Language = ENGLISH, most: int | None = MOST
) -> tuple[Incident, ...]:
    """The newest outages of a page, and all that go on, as incidents, newest first.

    Without a bound all that the page tells of: an address must lead somewhere as long as it does.

    An id follows from the component and the outage's start. `published` is when the collector heard
    of it, which is later than the start.
    """
    found = [outage for line in it.lines for outage in of_line(line)]
    found.sort(key=lambda outage: (outage.start, outage.line.component.public_id), reverse=True)
    dark = all_down(it.lines)
    bound = len(found) if most is None else most
    told = [*found[:bound], *(outage for outage in found[bound:] if outage.ended is None)]
    return tuple(_incident(outage, dark, say) for outage in told)


def of_line(line: ComponentState) -> tuple[ComponentOutage, ...]:
    """Every outage of one component, oldest first."""
    found: list[ComponentOutage] = []
    running: list[ConditionStretch] = []
    before: ConditionStretch | None = None
    root = instant.EPOCH
    for stretch in stretches(line.segments):
        if stretch.status in _TROUBLE or (running and stretch.status is ComponentStatus.UNKNOWN):
            root = root if running else _root(line, before, stretch.start)
            running.append(stretch)
        elif running:
            found.append(ComponentOutage(line, tuple(running), stretch, root))
            running = []
        before = stretch
    if running:
        found.append(ComponentOutage(line, tuple(running), None, root))
    return tuple(found)


def _root(line: ComponentState, before: ConditionStretch | None, start: datetime) -> datetime:
    if before is None or before.status is not ComponentStatus.UNKNOWN:
        return start
    dated = max((it.since for it in line.component.claims if it.since <= start), default=start)
    return dated if dated >= before.start else start


def stretches(segments: Sequence[Segment]) -> Iterator[ConditionStretch]:
    """Segments with one condition joined."""
    for found, group in groupby(segments, key=component_status.of):
        joined = list(group)
        yield ConditionStretch(found, joined[0].start, joined[-1].end, joined[-1].reason)


def all_down(lines: Sequence[ComponentState]) -> tuple[tuple[datetime, datetime], ...]:
    """The times in which every component that was not paused was down."""
    steps: dict[datetime, tuple[int, int]] = {}
    for line in lines:
        for segment in line.segments:
            found = component_status.of(segment)
            watched, down = found is not ComponentStatus.PAUSED, found is ComponentStatus.DOWN
            for at, sign in ((segment.start, 1), (segment.end, -1)):
                before = steps.get(at, (0, 0))
                steps[at] = before[0] + sign * watched, before[1] + sign * down
    return tuple(_dark(steps))


def _dark(steps: Mapping[datetime, tuple[int, int]]) -> Iterator[tuple[datetime, datetime]]:
    watched = down = 0
    since: datetime | None = None
    for at in sorted(steps):
        watched, down = watched + steps[at][0], down + steps[at][1]
        dark = watched == down > 0
        if dark and since is None:
            since = at
        elif not dark and since is not None:
            yield since, at
            since = None


def _incident(
    outage: ComponentOutage, dark: Sequence[tuple[datetime, datetime]], say: Language
) -> Incident:
    component, ended = outage.line.component, outage.ended
    identifier = identity.of("outage", component.public_id, str(instant.to_ms(outage.root)))
    updates = _updates(outage, identifier, say)
    worst = _worst(outage)
    name = untrusted_text.line(component.title)
    return Incident(
        id=identifier,
        title=say.text(_IS[worst], name=name),
        impact=_impact(outage, dark),
        status=updates[-1].status,
        started=outage.start,
        resolved=None if ended is None else ended.start,
        published=updates[0].published,
        updated=updates[-1].published,
        revision=len(updates),
        updates=tuple(reversed(updates))[:MOST_UPDATES],
        components=(AffectedComponent(component.name, _EFFECTS[worst]),),
    )


def _worst(outage: ComponentOutage) -> ComponentStatus:
    found = {stretch.status for stretch in outage.stretches}
    return ComponentStatus.DOWN if ComponentStatus.DOWN in found else ComponentStatus.DEGRADED


def _impact(outage: ComponentOutage, dark: Sequence[tuple[datetime, datetime]]) -> Impact:
    downs = [it for it in outage.stretches if it.status is ComponentStatus.DOWN]
    if not downs:
        return Impact.MINOR
    begin, end = downs[0].start, downs[-1].end
    near = [(since, until) for since, until in dark if since < end and until > begin]
    critical = any(it.start < until and since < it.end for it in downs for since, until in near)
    return Impact.CRITICAL if critical else Impact.MAJOR


def _updates(outage: ComponentOutage, identifier: str, say: Language) -> list[IncidentUpdate]:
    """An update for each change, oldest first; none is published before the one that it follows."""
    component = outage.line.component
    claims = zip(component.claims, component.received_at, strict=False)
    received_at = {claim.since: at for claim, at in claims}
    found: list[IncidentUpdate] = []
    told = (*outage.stretches, *(() if outage.ended is None else (outage.ended,)))
    for stretch in told:
        over = stretch is outage.ended
        dated = stretch.start if found else outage.root
        published = max(received_at.get(dated, stretch.start), stretch.start)
        if found:
            published = max(published, found[-1].published)
        found.append(
            IncidentUpdate(
                identity.of(identifier, str(instant.to_ms(dated))),
                Status.RESOLVED if over else Status.INVESTIGATING,
                _body(outage, stretch, say),
                stretch.start,
                published,
            )
        )
    return found


def _body(outage: ComponentOutage, stretch: ConditionStretch, say: Language) -> str:
    name = untrusted_text.line(outage.line.component.title)
    if stretch is outage.ended:
        lasted = labels.duration(say, stretch.start - outage.start)
        return say.text(_ENDS[stretch.status], name=name, duration=lasted)
    text = say.text(_IS[stretch.status], name=name)
    if stretch.status is ComponentStatus.UNKNOWN:
        return text
    reason = labels.reason(say, stretch.reason)
    return f"{text}: {reason}" if reason else text
