"""Build the views of what people announced: incidents and maintenance."""

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
# The status of the whole page by an incident's impact; "none" leaves it as observed.
STATUSES = {
    Impact.NONE: ComponentStatus.NEW,
    Impact.MINOR: ComponentStatus.DEGRADED,
    Impact.MAJOR: ComponentStatus.DOWN,
    Impact.CRITICAL: ComponentStatus.DOWN,
}


def open_incidents(context: PageContext) -> tuple[Incident, ...]:
    """Return the incidents that are open, newest first."""
    return tuple(incident for incident in context.facts.incidents if incident.is_open)


def running(context: PageContext) -> tuple[Maintenance, ...]:
    """Return the maintenance in progress, the earliest first."""
    in_progress = [
        maintenance
        for maintenance in context.facts.maintenances
        if phase(context, maintenance) in RUNNING
    ]
    return tuple(sorted(in_progress, key=lambda maintenance: maintenance.start))


def upcoming(context: PageContext) -> tuple[Maintenance, ...]:
    """Return the maintenance of the next seven days, or the next one; the earliest first."""
    scheduled = [
        maintenance
        for maintenance in context.facts.maintenances
        if phase(context, maintenance) is Phase.SCHEDULED
    ]
    scheduled.sort(key=lambda maintenance: maintenance.start)
    soon = [
        maintenance for maintenance in scheduled if maintenance.start <= context.state.now + AHEAD
    ]
    return tuple(soon or scheduled[:1])


def phase(context: PageContext, maintenance: Maintenance) -> Phase:
    """Return how far maintenance has come."""
    return maintenances.phase(maintenance, context.state.now)


def incident_view(
    context: PageContext, incident: Incident, *, all_updates: bool = True
) -> view.IncidentView:
    """Build the view of an incident with all of its updates, or with the newest only."""
    language, updates = context.language, incident.updates if all_updates else incident.updates[:1]
    return view.IncidentView(
        title=untrusted_text.line(incident.title),
        address=context.links.incident(incident.id),
        severity=STATUSES[incident.impact],
        impact=labels.incident_impact(language, incident.impact),
        status=labels.incident_status(language, incident.status),
        started=context.moment(incident.started),
        resolved=None if incident.resolved is None else context.moment(incident.resolved),
        duration=_duration(context, incident),
        components=_affected(context, incident.components),
        updates=tuple(
            view.UpdateView(
                labels.incident_status(language, update.status),
                context.moment(update.at),
                markdown.html(update.body, context.owner_lang),
            )
            for update in updates
        ),
    )


def maintenance_view(context: PageContext, maintenance: Maintenance) -> view.MaintenanceView:
    """Build the view of maintenance with all of its updates."""
    current = phase(context, maintenance)
    return view.MaintenanceView(
        title=untrusted_text.line(maintenance.title),
        address=context.links.incident(maintenance.id),
        phase=labels.maintenance_phase(context.language, current),
        running=current in RUNNING,
        start=context.moment(maintenance.start),
        end=context.moment(maintenance.end),
        components=tuple(
            view.AffectedComponentView(context.titles[name], context.addresses[name], "")
            for name in _in_order(context, maintenance.monitors)
        ),
        updates=tuple(
            view.UpdateView(
                labels.maintenance_phase(context.language, update.phase),
                context.moment(update.at),
                markdown.html(update.body, context.owner_lang),
            )
            for update in maintenance.updates
        ),
    )


def declared(context: PageContext, monitor: str) -> tuple[view.DeclarationView, ...]:
    """Return what the open incidents declare for a component."""
    return tuple(
        view.DeclarationView(
            labels.incident_effect(context.language, affected.effect),
            untrusted_text.line(incident.title),
            context.links.incident(incident.id),
        )
        for incident in open_incidents(context)
        for affected in incident.components
        if affected.monitor == monitor and affected.effect is not Effect.OPERATIONAL
    )


def _duration(context: PageContext, incident: Incident) -> str:
    if incident.resolved is None:
        return ""
    return labels.duration(context.language, max(timedelta(), incident.resolved - incident.started))


def _affected(
    context: PageContext, affected: Sequence[AffectedComponent]
) -> tuple[view.AffectedComponentView, ...]:
    """Return the affected components in the order of the page."""
    effects = {component.monitor: component.effect for component in affected}
    return tuple(
        view.AffectedComponentView(
            context.titles[name],
            context.addresses[name],
            labels.incident_effect(context.language, effects[name]),
        )
        for name in _in_order(context, effects)
    )


def _in_order(context: PageContext, monitors: Container[str]) -> list[str]:
    return [name for name in context.titles if name in monitors]
