"""Turn a page's facts into what its visitors read. Pure: the same input gives the same page."""

from collections.abc import Sequence
from itertools import groupby

from allswell.domain.incident import Impact, Incident
from allswell_web.presentation import (
    announcements,
    component_view,
    layout,
    outage_incidents,
    past_days,
    troubled_days,
    uptime_windows,
    view,
)
from allswell_web.presentation.context import PageContext
from allswell_web.presentation.page_state import ComponentState
from allswell_web.status.component_status import ComponentStatus
from allswell_web.text import headline, labels, times, untrusted_text
from allswell_web.text.times import Moment

MAX_EXPANDED = 25
MAX_AFFECTED = 8
_SEVERITY = (
    ComponentStatus.DOWN,
    ComponentStatus.DEGRADED,
    ComponentStatus.UNKNOWN,
    ComponentStatus.NEW,
    ComponentStatus.MAINTENANCE,
    ComponentStatus.PAUSED,
    ComponentStatus.UP,
)


def page(context: PageContext) -> view.PageView:
    """Build the view of the page itself."""
    state = context.state
    worse_incidents, status = _incidents_above_observed(context), page_status(context)
    titles = [
        untrusted_text.isolate(context.titles[component.data.name])
        for component in state.components
    ]
    sentence = headline.of(state.overall, titles, context.language, is_stale=state.is_stale)
    if worse_incidents:
        incident_titles = [
            untrusted_text.isolate(untrusted_text.line(incident.title))
            for incident in worse_incidents
        ]
        sentence = headline.of_incidents(incident_titles, context.language)
    affected = _affected(context)
    return view.PageView(
        frame=layout.frame(context, sentence, status),
        sentence=sentence,
        status=status,
        since=_since(context, worse_incidents),
        as_of=None if state.horizon is None else context.moment(state.horizon, seconds=True),
        stale_data=_stale_data(context),
        affected=affected[:MAX_AFFECTED],
        more_affected=max(0, len(affected) - MAX_AFFECTED),
        incidents=tuple(
            announcements.incident_view(context, incident)
            for incident in announcements.open_incidents(context)
        ),
        running=tuple(
            announcements.maintenance_view(context, maintenance)
            for maintenance in announcements.running(context)
        ),
        upcoming=tuple(
            announcements.maintenance_view(context, maintenance)
            for maintenance in announcements.upcoming(context)
        ),
        groups=_groups(context),
        past=past_days.recent(context) if state.components or context.facts.incidents else (),
    )


def page_status(context: PageContext) -> ComponentStatus:
    """Decide the status of the whole page: as observed, or worse if an open incident says so."""
    declared = [
        announcements.STATUSES[incident.impact] for incident in _incidents_above_observed(context)
    ]
    observed = ComponentStatus.UNKNOWN if context.state.is_stale else context.state.overall.status
    return min(declared, key=_SEVERITY.index, default=observed)


def component_page(context: PageContext, public_id: str) -> view.ComponentPageView | None:
    """Build the page of one component; None when the page shows no such component."""
    components = [
        component for component in context.state.components if component.data.public_id == public_id
    ]
    if not components:
        return None
    (component,) = components
    shown = component_view.of(context, component)
    name = component.data.name
    heading = context.language.text(
        "{name}: {state}",
        name=untrusted_text.isolate(shown.title),
        state=shown.word,
    )
    return view.ComponentPageView(
        frame=layout.frame(context, heading, shown.status),
        component=shown,
        group=untrusted_text.line(component.data.group),
        rows=_rows(context, component),
        incidents=tuple(
            announcements.incident_view(context, incident, all_updates=False)
            for incident in context.facts.incidents
            if name in (affected.monitor for affected in incident.components)
        ),
        maintenances=tuple(
            announcements.maintenance_view(context, maintenance)
            for maintenance in context.facts.maintenances
            if name in maintenance.monitors
        ),
    )


def announcement_page(context: PageContext, public_id: str) -> view.AnnouncementPageView | None:
    """Build the page of one incident, outage or maintenance; None when there is none."""
    for incident in (
        *context.facts.incidents,
        *outage_incidents.incidents(context.state, context.language, limit=None),
    ):
        if incident.id == public_id:
            incident_view = announcements.incident_view(context, incident)
            status = incident_view.severity if incident.is_open else ComponentStatus.UP
            return view.AnnouncementPageView(
                layout.frame(context, incident_view.title, status), incident_view, None
            )
    for maintenance in context.facts.maintenances:
        if maintenance.id == public_id:
            planned = announcements.maintenance_view(context, maintenance)
            frame = layout.frame(context, planned.title, ComponentStatus.MAINTENANCE)
            return view.AnnouncementPageView(frame, None, planned)
    return None


def history_page(context: PageContext, name: str = "") -> view.HistoryPageView | None:
    """Build the page of a month like `2026-11`, or of this one; None if it is not covered."""
    month_days = past_days.month(context, name)
    if month_days is None:
        return None
    first, days = month_days
    month = times.month_text(first, context.language)
    heading = context.language.text("Incidents in {month}", month=month)
    return view.HistoryPageView(
        frame=layout.frame(context, heading, ComponentStatus.NEW),
        month=month,
        days=days,
        months=past_days.months(context, first),
        partly=past_days.is_partly_known(context, first),
    )


def _incidents_above_observed(context: PageContext) -> list[Incident]:
    """Return the open incidents that are worse than what is observed; none without data."""
    if context.state.is_stale:
        return []
    observed = _SEVERITY.index(context.state.overall.status)
    if not context.state.components:
        observed = len(_SEVERITY)
    return [
        incident
        for incident in announcements.open_incidents(context)
        if incident.impact is not Impact.NONE
        and _SEVERITY.index(announcements.STATUSES[incident.impact]) < observed
    ]


def _since(context: PageContext, worse_incidents: Sequence[Incident]) -> Moment | None:
    """Return since when the sentence is true: the last change of the components it is about."""
    state = context.state
    if worse_incidents:
        return context.moment(min(incident.started for incident in worse_incidents))
    if state.is_stale or state.overall.status is ComponentStatus.NEW:
        return None
    changes = [state.components[i].current.since for i in state.overall.indices]
    dates = [since for since in changes if since is not None]
    if not dates:
        return None
    return context.moment(max(dates) if state.overall.status is ComponentStatus.UP else min(dates))


def _stale_data(context: PageContext) -> view.StaleDataView | None:
    """Return since when and for how long data has been missing; None while it is current."""
    state = context.state
    if not state.is_stale or not state.components:
        return None
    if state.horizon is None:
        return view.StaleDataView(None, "")
    duration = labels.duration(context.language, state.now - state.horizon)
    return view.StaleDataView(context.moment(state.horizon), duration)


def _affected(context: PageContext) -> tuple[view.AffectedView, ...]:
    """Return the components with a status worse than up, the worst first; none without data."""
    if context.state.is_stale:
        return ()
    not_listed = (ComponentStatus.UP, ComponentStatus.PAUSED)
    worse = [
        component
        for component in context.state.components
        if component.current.status not in not_listed
    ]
    worse.sort(key=lambda component: _SEVERITY.index(component.current.status))
    return tuple(
        view.AffectedView(
            title=context.titles[component.data.name],
            status=component.current.status,
            word=labels.component_status(context.language, component.current.status),
            since=component_view.since(context, component),
            note=component_view.note(context, component),
        )
        for component in worse
    )


def _groups(context: PageContext) -> tuple[view.GroupView, ...]:
    ordered = sorted(context.state.components, key=lambda component: component.data.position)
    by_name: dict[str, list[ComponentState]] = {}
    for name, components in groupby(ordered, key=lambda component: component.data.group):
        by_name.setdefault(name, []).extend(components)
    return tuple(_group(context, name, components) for name, components in by_name.items())


def _group(context: PageContext, name: str, components: Sequence[ComponentState]) -> view.GroupView:
    statuses = {component.current.status for component in components}
    worst = min(statuses, key=_SEVERITY.index)
    operational = sum(
        1 for component in components if component.current.status is ComponentStatus.UP
    )
    is_calm = worst in (ComponentStatus.UP, ComponentStatus.PAUSED)
    counted = context.language.plural(
        "{number} of {total} operational",
        "{number} of {total} operational",
        operational,
        total=len(components),
    )
    return view.GroupView(
        name=untrusted_text.line(name) or context.language.text("Components"),
        is_ours=not untrusted_text.line(name),
        opened=not is_calm or len(context.state.components) <= MAX_EXPANDED,
        summary="" if context.state.is_stale else counted,
        status=worst,
        components=tuple(component_view.of(context, component) for component in components),
    )


def _rows(context: PageContext, component: ComponentState) -> tuple[view.DayRowView, ...]:
    """Return every day that the bars show, newest first, without those before the first data."""
    rows = []
    for day in reversed(uptime_windows.days_of(context.state, component)):
        if day.uptime.counted + day.uptime.maintenance + day.uptime.paused == 0:
            continue
        periods = troubled_days.periods_of(context, component, day.start, day.end)
        rows.append(
            view.DayRowView(
                machine=f"{day.day}",
                text=context.day_text(day.day),
                percent=component_view.percent(context, day.uptime.percent()),
                coverage=component_view.percent(context, day.uptime.coverage()),
                periods=periods[: troubled_days.MAX_PERIODS],
                more=max(0, len(periods) - troubled_days.MAX_PERIODS),
            )
        )
    return tuple(rows)
