"""A page's facts turned into what its visitors read. Pure: the same input gives the same page."""

from collections.abc import Sequence
from itertools import groupby

from allswell.domain.incident import Impact, Incident
from allswell_web.presentation import (
    announcements,
    component,
    layout,
    outages,
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

ALL_OPEN_UP_TO = 25
MOST_AFFECTED = 8
_SEVERITY = (
    ComponentStatus.DOWN,
    ComponentStatus.DEGRADED,
    ComponentStatus.UNKNOWN,
    ComponentStatus.NEW,
    ComponentStatus.MAINTENANCE,
    ComponentStatus.PAUSED,
    ComponentStatus.UP,
)


def page(scene: PageContext) -> view.PageView:
    """The page itself."""
    it = scene.it
    raising, shown = _raising(scene), page_status(scene)
    titles = [untrusted_text.isolated(scene.titles[line.component.name]) for line in it.lines]
    said = headline.of(it.overall, titles, scene.say, silent=it.silent)
    if raising:
        named = [untrusted_text.isolated(untrusted_text.line(one.title)) for one in raising]
        said = headline.of_incidents(named, scene.say)
    affected = _affected(scene)
    return view.PageView(
        frame=layout.frame(scene, said, shown),
        sentence=said,
        status=shown,
        since=_since(scene, raising),
        as_of=None if it.horizon is None else scene.moment(it.horizon, seconds=True),
        silence=_silence(scene),
        affected=affected[:MOST_AFFECTED],
        more_affected=max(0, len(affected) - MOST_AFFECTED),
        incidents=tuple(
            announcements.incident(scene, one) for one in announcements.open_incidents(scene)
        ),
        running=tuple(
            announcements.maintenance(scene, one) for one in announcements.running(scene)
        ),
        upcoming=tuple(
            announcements.maintenance(scene, one) for one in announcements.upcoming(scene)
        ),
        groups=_groups(scene),
        past=past_days.recent(scene) if it.lines or scene.found.incidents else (),
    )


def page_status(scene: PageContext) -> ComponentStatus:
    """How the whole page stands: as it is observed, or worse where an open incident says so."""
    said = [announcements.CONDITIONS[one.impact] for one in _raising(scene)]
    seen = ComponentStatus.UNKNOWN if scene.it.silent else scene.it.overall.status
    return min(said, key=_SEVERITY.index, default=seen)


def component_page(scene: PageContext, public_id: str) -> view.ComponentPageView | None:
    """The page of one component; None when the page shows no such."""
    lines = [line for line in scene.it.lines if line.component.public_id == public_id]
    if not lines:
        return None
    (line,) = lines
    shown = component.component(scene, line)
    name = line.component.name
    heading = scene.say.text(
        "{name}: {state}", name=untrusted_text.isolated(shown.title), state=shown.word
    )
    return view.ComponentPageView(
        frame=layout.frame(scene, heading, shown.status),
        component=shown,
        group=untrusted_text.line(line.component.group),
        rows=_rows(scene, line),
        incidents=tuple(
            announcements.incident(scene, one, whole=False)
            for one in scene.found.incidents
            if name in (affected.monitor for affected in one.components)
        ),
        maintenances=tuple(
            announcements.maintenance(scene, one)
            for one in scene.found.maintenances
            if name in one.monitors
        ),
    )


def announcement_page(scene: PageContext, public_id: str) -> view.AnnouncementPageView | None:
    """The page of one incident, outage or maintenance; None when there is no such."""
    for one in (*scene.found.incidents, *outages.incidents(scene.it, scene.say, most=None)):
        if one.id == public_id:
            shown = announcements.incident(scene, one)
            what = shown.severity if one.is_open else ComponentStatus.UP
            return view.AnnouncementPageView(layout.frame(scene, shown.title, what), shown, None)
    for other in scene.found.maintenances:
        if other.id == public_id:
            planned = announcements.maintenance(scene, other)
            frame = layout.frame(scene, planned.title, ComponentStatus.MAINTENANCE)
            return view.AnnouncementPageView(frame, None, planned)
    return None


def history_page(scene: PageContext, name: str = "") -> view.HistoryPageView | None:
    """A month like `2026-11`, or this one; None for a month that the page does not tell of."""
    found = past_days.month(scene, name)
    if found is None:
        return None
    first, days = found
    month = times.month_text(first, scene.say)
    heading = scene.say.text("What happened in {month}", month=month)
    return view.HistoryPageView(
        frame=layout.frame(scene, heading, ComponentStatus.NEW),
        month=month,
        days=days,
        months=past_days.months(scene, first),
        partly=past_days.is_partly_known(scene, first),
    )


def _raising(scene: PageContext) -> list[Incident]:
    """The open incidents that say worse than what is observed. Unknown stays unknown."""
    if scene.it.silent:
        return []
    observed = _SEVERITY.index(scene.it.overall.status)
    if not scene.it.lines:
        observed = len(_SEVERITY)
    return [
        one
        for one in announcements.open_incidents(scene)
        if one.impact is not Impact.NONE
        and _SEVERITY.index(announcements.CONDITIONS[one.impact]) < observed
    ]


def _since(scene: PageContext, raising: Sequence[Incident]) -> Moment | None:
    """Since when the sentence is true: the last change of those it speaks of."""
    it = scene.it
    if raising:
        return scene.moment(min(one.started for one in raising))
    if it.silent or it.overall.status is ComponentStatus.NEW:
        return None
    changes = [it.lines[place].current.since for place in it.overall.indices]
    known = [since for since in changes if since is not None]
    if not known:
        return None
    return scene.moment(max(known) if it.overall.status is ComponentStatus.UP else min(known))


def _silence(scene: PageContext) -> view.SilenceView | None:
    """Since when and for how long the present is not known; None while it is."""
    it = scene.it
    if not it.silent or not it.lines:
        return None
    if it.horizon is None:
        return view.SilenceView(None, "")
    lasted = labels.duration(scene.say, it.now - it.horizon)
    return view.SilenceView(scene.moment(it.horizon), lasted)


def _affected(scene: PageContext) -> tuple[view.AffectedView, ...]:
    """The components that stand worse than up, the worst first; none while all is unknown."""
    if scene.it.silent:
        return ()
    calm = (ComponentStatus.UP, ComponentStatus.PAUSED)
    worse = [line for line in scene.it.lines if line.current.status not in calm]
    worse.sort(key=lambda line: _SEVERITY.index(line.current.status))
    return tuple(
        view.AffectedView(
            title=scene.titles[line.component.name],
            status=line.current.status,
            word=labels.component_status(scene.say, line.current.status),
            since=component.since(scene, line),
            note=component.note(scene, line),
        )
        for line in worse
    )


def _groups(scene: PageContext) -> tuple[view.GroupView, ...]:
    ordered = sorted(scene.it.lines, key=lambda line: line.component.position)
    named: dict[str, list[ComponentState]] = {}
    for name, lines in groupby(ordered, key=lambda line: line.component.group):
        named.setdefault(name, []).extend(lines)
    return tuple(_group(scene, name, lines) for name, lines in named.items())


def _group(scene: PageContext, name: str, lines: Sequence[ComponentState]) -> view.GroupView:
    found = {line.current.status for line in lines}
    worst = min(found, key=_SEVERITY.index)
    good = sum(1 for line in lines if line.current.status is ComponentStatus.UP)
    calm = worst in (ComponentStatus.UP, ComponentStatus.PAUSED)
    counted = scene.say.count(
        "{number} of {total} operational", "{number} of {total} operational", good, total=len(lines)
    )
    return view.GroupView(
        name=untrusted_text.line(name) or scene.say.text("Components"),
        is_ours=not untrusted_text.line(name),
        opened=not calm or len(scene.it.lines) <= ALL_OPEN_UP_TO,
        summary="" if scene.it.silent else counted,
        status=worst,
        components=tuple(component.component(scene, line) for line in lines),
    )


def _rows(scene: PageContext, line: ComponentState) -> tuple[view.DayRowView, ...]:
    """Every day that the bars show, newest first; those before the first data are left out."""
    rows = []
    for day in reversed(uptime_windows.days_of(scene.it, line)):
        if day.uptime.counted + day.uptime.maintenance + day.uptime.paused == 0:
            continue
        found = troubled_days.stretches(scene, line, day.start, day.end)
        rows.append(
            view.DayRowView(
                machine=f"{day.day}",
                text=scene.day_text(day.day),
                percent=component.percent(scene, day.uptime.percent()),
                coverage=component.percent(scene, day.uptime.coverage()),
                stretches=found[: troubled_days.MOST_STRETCHES],
                more=max(0, len(found) - troubled_days.MOST_STRETCHES),
            )
        )
    return tuple(rows)
