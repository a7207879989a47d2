"""Turn outages that checkers observed into incidents.

An outage is one component's uninterrupted trouble: down, or degraded, or one after the other. Time
without observation neither begins nor ends one; maintenance and a pause end it.
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
from allswell_web.text.languages import ENGLISH, Language, translatable

# Further outages are shown by the bars alone; a flapping monitor causes many.
MAX_OUTAGES = 100
MAX_UPDATES = 50
_TROUBLE = (ComponentStatus.DOWN, ComponentStatus.DEGRADED)
_EFFECTS = {ComponentStatus.DOWN: Effect.DOWN, ComponentStatus.DEGRADED: Effect.DEGRADED}
_IS = {
    ComponentStatus.DOWN: translatable("{name} is down"),
    ComponentStatus.DEGRADED: translatable("{name} is degraded"),
    ComponentStatus.UNKNOWN: translatable("The status of {name} is unknown"),
}
_ENDS = {
    ComponentStatus.UP: translatable("{name} is operational again after {duration}"),
    ComponentStatus.MAINTENANCE: translatable("{name} is under maintenance"),
    ComponentStatus.PAUSED: translatable("Monitoring is paused"),
}


@dataclass(frozen=True, slots=True)
class StatusPeriod:
    """A period of one status; `reason` is the last one."""

    status: ComponentStatus
    start: datetime
    end: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ComponentOutage:
    """One component's outage; `ended` is the period that follows it, None while it is ongoing.

    `root` is what its id is derived from: the date of the claim that begins it, also while there
    is no observation for that time. Late evidence may move the start, but must not change ids.
    """

    component: ComponentState
    periods: tuple[StatusPeriod, ...]
    ended: StatusPeriod | None
    root: datetime

    @property
    def start(self) -> datetime:
        """Return when it began: with the first check that failed."""
        return self.periods[0].start


def incidents(
    state: PageState, language: Language = ENGLISH, limit: int | None = MAX_OUTAGES
) -> tuple[Incident, ...]:
    """Return the newest outages of a page, and all ongoing ones, as incidents, newest first.

    Without a bound it is every outage that the page shows, since their addresses must work as long
    as they are linked. An id is derived from the component and the outage's start. `published` is
    when the collector received it, which is later than the start.
    """
    newest_first = [outage for component in state.components for outage in of_component(component)]
    newest_first.sort(
        key=lambda outage: (outage.start, outage.component.data.public_id), reverse=True
    )
    dark_times = all_down(state.components)
    bound = len(newest_first) if limit is None else limit
    listed = [
        *newest_first[:bound],
        *(outage for outage in newest_first[bound:] if outage.ended is None),
    ]
    return tuple(_incident(outage, dark_times, language) for outage in listed)


def of_component(component: ComponentState) -> tuple[ComponentOutage, ...]:
    """Return every outage of one component, oldest first."""
    finished: list[ComponentOutage] = []
    running: list[StatusPeriod] = []
    before: StatusPeriod | None = None
    root = instant.EPOCH
    for period in join_periods(component.segments):
        if period.status in _TROUBLE or (running and period.status is ComponentStatus.UNKNOWN):
            root = root if running else _root(component, before, period.start)
            running.append(period)
        elif running:
            finished.append(ComponentOutage(component, tuple(running), period, root))
            running = []
        before = period
    if running:
        finished.append(ComponentOutage(component, tuple(running), None, root))
    return tuple(finished)


def _root(component: ComponentState, before: StatusPeriod | None, start: datetime) -> datetime:
    if before is None or before.status is not ComponentStatus.UNKNOWN:
        return start
    claimed_at = max((it.since for it in component.data.claims if it.since <= start), default=start)
    return claimed_at if claimed_at >= before.start else start


def join_periods(segments: Sequence[Segment]) -> Iterator[StatusPeriod]:
    """Join consecutive segments with the same status."""
    for status, group in groupby(segments, key=component_status.of):
        joined = list(group)
        yield StatusPeriod(status, joined[0].start, joined[-1].end, joined[-1].reason)


def all_down(components: Sequence[ComponentState]) -> tuple[tuple[datetime, datetime], ...]:
    """Return the times in which every component that was not paused was down."""
    steps: dict[datetime, tuple[int, int]] = {}
    for component in components:
        for segment in component.segments:
            status = component_status.of(segment)
            watched, down = status is not ComponentStatus.PAUSED, status is ComponentStatus.DOWN
            for at, sign in ((segment.start, 1), (segment.end, -1)):
                before = steps.get(at, (0, 0))
                steps[at] = before[0] + sign * watched, before[1] + sign * down
    return tuple(_fold_steps(steps))


def _fold_steps(steps: Mapping[datetime, tuple[int, int]]) -> Iterator[tuple[datetime, datetime]]:
    watched = down = 0
    since: datetime | None = None
    for at in sorted(steps):
        watched, down = watched + steps[at][0], down + steps[at][1]
        is_dark = watched == down > 0
        if is_dark and since is None:
            since = at
        elif not is_dark and since is not None:
            yield since, at
            since = None


def _incident(
    outage: ComponentOutage, dark_times: Sequence[tuple[datetime, datetime]], language: Language
) -> Incident:
    data, ended = outage.component.data, outage.ended
    identifier = identity.of("outage", data.public_id, str(instant.to_ms(outage.root)))
    updates = _updates(outage, identifier, language)
    status = _worst(outage)
    name = untrusted_text.line(data.title)
    return Incident(
        id=identifier,
        title=language.text(_IS[status], name=name),
        impact=_impact(outage, dark_times),
        status=updates[-1].status,
        started=outage.start,
        resolved=None if ended is None else ended.start,
        published=updates[0].published,
        updated=updates[-1].published,
        revision=len(updates),
        updates=tuple(reversed(updates))[:MAX_UPDATES],
        components=(AffectedComponent(data.name, _EFFECTS[status]),),
    )


def _worst(outage: ComponentOutage) -> ComponentStatus:
    statuses = {period.status for period in outage.periods}
    return ComponentStatus.DOWN if ComponentStatus.DOWN in statuses else ComponentStatus.DEGRADED


def _impact(outage: ComponentOutage, dark_times: Sequence[tuple[datetime, datetime]]) -> Impact:
    downs = [it for it in outage.periods if it.status is ComponentStatus.DOWN]
    if not downs:
        return Impact.MINOR
    start, end = downs[0].start, downs[-1].end
    near = [(since, until) for since, until in dark_times if since < end and until > start]
    critical = any(it.start < until and since < it.end for it in downs for since, until in near)
    return Impact.CRITICAL if critical else Impact.MAJOR


def _updates(outage: ComponentOutage, identifier: str, language: Language) -> list[IncidentUpdate]:
    """Return an update for each change, oldest first; none is published before its predecessor."""
    data = outage.component.data
    received = {claim.since: at for claim, at in zip(data.claims, data.received_at, strict=False)}
    updates: list[IncidentUpdate] = []
    periods = (*outage.periods, *(() if outage.ended is None else (outage.ended,)))
    for period in periods:
        is_end = period is outage.ended
        changed_at = period.start if updates else outage.root
        published = max(received.get(changed_at, period.start), period.start)
        if updates:
            published = max(published, updates[-1].published)
        updates.append(
            IncidentUpdate(
                identity.of(identifier, str(instant.to_ms(changed_at))),
                Status.RESOLVED if is_end else Status.INVESTIGATING,
                _body(outage, period, language),
                period.start,
                published,
            )
        )
    return updates


def _body(outage: ComponentOutage, period: StatusPeriod, language: Language) -> str:
    name = untrusted_text.line(outage.component.data.title)
    if period is outage.ended:
        duration = labels.duration(language, period.start - outage.start)
        return language.text(_ENDS[period.status], name=name, duration=duration)
    text = language.text(_IS[period.status], name=name)
    if period.status is ComponentStatus.UNKNOWN:
        return text
    reason = labels.reason(language, period.reason)
    return f"{text}: {reason}" if reason else text
