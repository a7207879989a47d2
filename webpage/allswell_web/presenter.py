"""A page's facts turned into what its visitors read. Pure: the same input gives the same page."""

from collections.abc import Sequence
from itertools import groupby

from allswell.domain.incident import Impact, Incident
from allswell_web import (
    announced,
    framing,
    history,
    moments,
    outages,
    part,
    past,
    plain,
    sentence,
    view,
    windows,
    words,
)
from allswell_web.condition import Condition
from allswell_web.moments import Moment
from allswell_web.scene import Scene
from allswell_web.survey import Line

ALL_OPEN_UP_TO = 25
MOST_AFFECTED = 8
_SEVERITY = (
    Condition.DOWN,
    Condition.DEGRADED,
    Condition.UNKNOWN,
    Condition.NEW,
    Condition.MAINTENANCE,
    Condition.PAUSED,
    Condition.UP,
)


def page(scene: Scene) -> view.Page:
    """The page itself."""
    it = scene.it
    raising, shown = _raising(scene), condition(scene)
    titles = [plain.isolated(scene.titles[line.component.name]) for line in it.lines]
    said = sentence.of(it.overall, titles, scene.say, silent=it.silent)
    if raising:
        named = [plain.isolated(plain.line(one.title)) for one in raising]
        said = sentence.of_incidents(named, scene.say)
    affected = _affected(scene)
    return view.Page(
        frame=framing.frame(scene, said, shown),
        sentence=said,
        condition=shown,
        since=_since(scene, raising),
        as_of=None if it.horizon is None else scene.moment(it.horizon, seconds=True),
        silence=_silence(scene),
        affected=affected[:MOST_AFFECTED],
        more_affected=max(0, len(affected) - MOST_AFFECTED),
        incidents=tuple(announced.incident(scene, one) for one in announced.open_incidents(scene)),
        running=tuple(announced.maintenance(scene, one) for one in announced.running(scene)),
        upcoming=tuple(announced.maintenance(scene, one) for one in announced.upcoming(scene)),
        groups=_groups(scene),
        past=past.recent(scene) if it.lines or scene.found.incidents else (),
    )


def condition(scene: Scene) -> Condition:
    """How the whole page stands: as it is observed, or worse where an open incident says so."""
    said = [announced.CONDITIONS[one.impact] for one in _raising(scene)]
    seen = Condition.UNKNOWN if scene.it.silent else scene.it.overall.condition
    return min(said, key=_SEVERITY.index, default=seen)


def component_page(scene: Scene, public_id: str) -> view.ComponentPage | None:
    """The page of one component; None when the page shows no such."""
    lines = [line for line in scene.it.lines if line.component.public_id == public_id]
    if not lines:
        return None
    (line,) = lines
    shown = part.component(scene, line)
    name = line.component.name
    heading = scene.say.text("{name}: {state}", name=plain.isolated(shown.title), state=shown.word)
    return view.ComponentPage(
        frame=framing.frame(scene, heading, shown.condition),
        component=shown,
        group=plain.line(line.component.group),
        rows=_rows(scene, line),
        incidents=tuple(
            announced.incident(scene, one, whole=False)
            for one in scene.found.incidents
            if name in (affected.monitor for affected in one.components)
        ),
        maintenances=tuple(
            announced.maintenance(scene, one)
            for one in scene.found.maintenances
            if name in one.monitors
        ),
    )


def announcement_page(scene: Scene, public_id: str) -> view.AnnouncementPage | None:
    """The page of one incident, outage or maintenance; None when there is no such."""
    for one in (*scene.found.incidents, *outages.incidents(scene.it, scene.say, most=None)):
        if one.id == public_id:
            shown = announced.incident(scene, one)
            what = shown.condition if one.is_open else Condition.UP
            return view.AnnouncementPage(framing.frame(scene, shown.title, what), shown, None)
    for other in scene.found.maintenances:
        if other.id == public_id:
            planned = announced.maintenance(scene, other)
            frame = framing.frame(scene, planned.title, Condition.MAINTENANCE)
            return view.AnnouncementPage(frame, None, planned)
    return None


def history_page(scene: Scene, name: str = "") -> view.HistoryPage | None:
    """A month like `2026-11`, or this one; None for a month that the page does not tell of."""
    found = past.month(scene, name)
    if found is None:
        return None
    first, days = found
    month = moments.month_text(first, scene.say)
    heading = scene.say.text("What happened in {month}", month=month)
    return view.HistoryPage(
        frame=framing.frame(scene, heading, Condition.NEW),
        month=month,
        days=days,
        months=past.months(scene, first),
        partly=past.is_partly_known(scene, first),
    )


def _raising(scene: Scene) -> list[Incident]:
    """The open incidents that say worse than what is observed. Unknown stays unknown."""
    if scene.it.silent:
        return []
    observed = _SEVERITY.index(scene.it.overall.condition)
    if not scene.it.lines:
        observed = len(_SEVERITY)
    return [
        one
        for one in announced.open_incidents(scene)
        if one.impact is not Impact.NONE
        and _SEVERITY.index(announced.CONDITIONS[one.impact]) < observed
    ]


def _since(scene: Scene, raising: Sequence[Incident]) -> Moment | None:
    """Since when the sentence is true: the last change of those it speaks of."""
    it = scene.it
    if raising:
        return scene.moment(min(one.started for one in raising))
    if it.silent or it.overall.condition is Condition.NEW:
        return None
    changes = [it.lines[place].standing.since for place in it.overall.places]
    known = [since for since in changes if since is not None]
    if not known:
        return None
    return scene.moment(max(known) if it.overall.condition is Condition.UP else min(known))


def _silence(scene: Scene) -> view.Silence | None:
    """Since when and for how long the present is not known; None while it is."""
    it = scene.it
    if not it.silent or not it.lines:
        return None
    if it.horizon is None:
        return view.Silence(None, "")
    lasted = words.duration(scene.say, it.now - it.horizon)
    return view.Silence(scene.moment(it.horizon), lasted)


def _affected(scene: Scene) -> tuple[view.Affected, ...]:
    """The components that stand worse than up, the worst first; none while all is unknown."""
    if scene.it.silent:
        return ()
    calm = (Condition.UP, Condition.PAUSED)
    worse = [line for line in scene.it.lines if line.standing.condition not in calm]
    worse.sort(key=lambda line: _SEVERITY.index(line.standing.condition))
    return tuple(
        view.Affected(
            title=scene.titles[line.component.name],
            condition=line.standing.condition,
            word=words.condition(scene.say, line.standing.condition),
            since=part.since(scene, line),
            note=part.note(scene, line),
        )
        for line in worse
    )


def _groups(scene: Scene) -> tuple[view.Group, ...]:
    ordered = sorted(scene.it.lines, key=lambda line: line.component.position)
    named: dict[str, list[Line]] = {}
    for name, lines in groupby(ordered, key=lambda line: line.component.group):
        named.setdefault(name, []).extend(lines)
    return tuple(_group(scene, name, lines) for name, lines in named.items())


def _group(scene: Scene, name: str, lines: Sequence[Line]) -> view.Group:
    found = {line.standing.condition for line in lines}
    worst = min(found, key=_SEVERITY.index)
    good = sum(1 for line in lines if line.standing.condition is Condition.UP)
    calm = worst in (Condition.UP, Condition.PAUSED)
    counted = scene.say.count(
        "{number} of {total} operational", "{number} of {total} operational", good, total=len(lines)
    )
    return view.Group(
        name=plain.line(name) or scene.say.text("Components"),
        is_ours=not plain.line(name),
        opened=not calm or len(scene.it.lines) <= ALL_OPEN_UP_TO,
        summary="" if scene.it.silent else counted,
        condition=worst,
        components=tuple(part.component(scene, line) for line in lines),
    )


def _rows(scene: Scene, line: Line) -> tuple[view.DayRow, ...]:
    """Every day that the bars show, newest first; those before the first data are left out."""
    rows = []
    for day in reversed(windows.days_of(scene.it, line)):
        if day.uptime.counted + day.uptime.maintenance + day.uptime.paused == 0:
            continue
        found = history.stretches(scene, line, day.start, day.end)
        rows.append(
            view.DayRow(
                machine=f"{day.day}",
                text=scene.day_text(day.day),
                percent=part.percent(scene, day.uptime.percent()),
                coverage=part.percent(scene, day.uptime.coverage()),
                stretches=found[: history.MOST_STRETCHES],
                more=max(0, len(found) - history.MOST_STRETCHES),
            )
        )
    return tuple(rows)
