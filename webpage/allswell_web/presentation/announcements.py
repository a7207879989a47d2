"""What people said, as visitors read it: incidents and maintenance."""

from collections.abc import Container, Sequence
from datetime import timedelta

from allswell.domain import maintenance as maintenances
from allswell.domain.incident import AffectedComponent, Effect, Impact, Incident
from allswell.domain.maintenance import Maintenance, Phase
from allswell_web.presentation import view
from allswell_web.presentation.context import PageContext
from allswell_web.status.component_status import ComponentStatus
from allswell_web.text import labels, markdown, untrusted_text

AHEAD = timedelta(days=7)
RUNNING = (Phase.IN_PROGRESS, Phase.VERIFYING)
# What an incident makes of the whole page, by its impact; none at all leaves it as observed.
CONDITIONS = {
    Impact.NONE: ComponentStatus.NEW,
    Impact.MINOR: ComponentStatus.DEGRADED,
    Impact.MAJOR: ComponentStatus.DOWN,
    Impact.CRITICAL: ComponentStatus.DOWN,
}


def open_incidents(scene: PageContext) -> tuple[Incident, ...]:
    """Those that are going on, newest first."""
    return tuple(it for it in scene.found.incidents if it.is_open)


def running(scene: PageContext) -> tuple[Maintenance, ...]:
    """Maintenance that is going on, the earliest first."""
    found = [it for it in scene.found.maintenances if phase(scene, it) in RUNNING]
    return tuple(sorted(found, key=lambda it: it.start))


def upcoming(scene: PageContext) -> tuple[Maintenance, ...]:
    """Maintenance of the next seven days, or the next there is; the earliest first."""
    waiting = [it for it in scene.found.maintenances if phase(scene, it) is Phase.SCHEDULED]
    waiting.sort(key=lambda it: it.start)
    soon = [it for it in waiting if it.start <= scene.it.now + AHEAD]
    return tuple(soon or waiting[:1])


def phase(scene: PageContext, it: Maintenance) -> Phase:
    """How far maintenance has come."""
    return maintenances.phase(it, scene.it.now)


def incident(scene: PageContext, it: Incident, *, whole: bool = True) -> view.IncidentView:
    """An incident with all of its updates, or with the newest only."""
    say, told = scene.say, it.updates if whole else it.updates[:1]
    return view.IncidentView(
        title=untrusted_text.line(it.title),
        address=scene.place.incident(it.id),
        severity=CONDITIONS[it.impact],
        impact=labels.impact(say, it.impact),
        status=labels.incident_status(say, it.status),
        started=scene.moment(it.started),
        resolved=None if it.resolved is None else scene.moment(it.resolved),
        lasted=_lasted(scene, it),
        components=_concerned(scene, it.components),
        updates=tuple(
            view.UpdateView(
                labels.incident_status(say, update.status),
                scene.moment(update.at),
                markdown.html(update.body, scene.foreign),
            )
            for update in told
        ),
    )


def maintenance(scene: PageContext, it: Maintenance) -> view.MaintenanceView:
    """Maintenance with all of its updates."""
    found = phase(scene, it)
    return view.MaintenanceView(
        title=untrusted_text.line(it.title),
        address=scene.place.incident(it.id),
        phase=labels.phase(scene.say, found),
        running=found in RUNNING,
        start=scene.moment(it.start),
        end=scene.moment(it.end),
        components=tuple(
            view.ConcernedView(scene.titles[name], scene.addresses[name], "")
            for name in _in_order(scene, it.monitors)
        ),
        updates=tuple(
            view.UpdateView(
                labels.phase(scene.say, update.phase),
                scene.moment(update.at),
                markdown.html(update.body, scene.foreign),
            )
            for update in it.updates
        ),
    )


def declared(scene: PageContext, monitor: str) -> tuple[view.DeclarationView, ...]:
    """What the open incidents say of a component."""
    return tuple(
        view.DeclarationView(
            labels.effect(scene.say, affected.effect),
            untrusted_text.line(it.title),
            scene.place.incident(it.id),
        )
        for it in open_incidents(scene)
        for affected in it.components
        if affected.monitor == monitor and affected.effect is not Effect.OPERATIONAL
    )


def _lasted(scene: PageContext, it: Incident) -> str:
    if it.resolved is None:
        return ""
    return labels.duration(scene.say, max(timedelta(), it.resolved - it.started))


def _concerned(
    scene: PageContext, affected: Sequence[AffectedComponent]
) -> tuple[view.ConcernedView, ...]:
    """The components in the order of the page."""
    effects = {it.monitor: it.effect for it in affected}
    return tuple(
        view.ConcernedView(
            scene.titles[name], scene.addresses[name], labels.effect(scene.say, effects[name])
        )
        for name in _in_order(scene, effects)
    )


def _in_order(scene: PageContext, monitors: Container[str]) -> list[str]:
    return [name for name in scene.titles if name in monitors]
