"""A page's facts turned into what its visitors read. Pure: the same input gives the same page."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from allswell.central import facts
from allswell.domain import duration, instant, uptime
from allswell.domain.latency import Bucket
from allswell.domain.state import State
from allswell.domain.uptime import Day
from allswell_web import bars, chart, condition, history, moments, sentence, survey, view, words
from allswell_web.condition import Condition
from allswell_web.moments import Moment
from allswell_web.survey import Line, Survey

DAYS = 90
ALL_OPEN_UP_TO = 25
MOST_AFFECTED = 8
Buckets = Mapping[str, tuple[Bucket, ...]]
_SEVERITY = (
    Condition.DOWN,
    Condition.DEGRADED,
    Condition.UNKNOWN,
    Condition.NEW,
    Condition.MAINTENANCE,
    Condition.PAUSED,
    Condition.UP,
)


def page(found: facts.Facts, buckets: Buckets, now: datetime, canonical: str = "") -> view.Page:
    """The page at `now`. `buckets` may lack any component: its chart is left out."""
    it = survey.of(found, now)
    titles = [line.component.title for line in it.lines]
    affected = _affected(it)
    return view.Page(
        title=it.page.title,
        description=it.page.description,
        sentence=sentence.of(it.overall, titles, silent=it.silent),
        condition=Condition.UNKNOWN if it.silent else it.overall.condition,
        since=_since(it),
        as_of=_moment(it, it.horizon, seconds=True),
        silence=_silence(it),
        affected=affected[:MOST_AFFECTED],
        more_affected=max(0, len(affected) - MOST_AFFECTED),
        groups=_groups(it, buckets),
        zone=str(it.zone),
        canonical=canonical,
    )


def _moment(it: Survey, at: datetime | None, *, seconds: bool = False) -> Moment | None:
    return None if at is None else moments.moment(at, it.now, it.zone, seconds=seconds)


def _since_of(it: Survey, line: Line) -> Moment | None:
    """Since when a component stands as it does; of one without data that says nothing."""
    standing = line.standing
    return None if standing.condition is Condition.NEW else _moment(it, standing.since)


def _since(it: Survey) -> Moment | None:
    """Since when the sentence is true: the last change of those it speaks of."""
    if it.silent or it.overall.condition is Condition.NEW:
        return None
    changes = [it.lines[place].standing.since for place in it.overall.places]
    known = [since for since in changes if since is not None]
    if not known:
        return None
    return _moment(it, max(known) if it.overall.condition is Condition.UP else min(known))


def _silence(it: Survey) -> tuple[str, ...]:
    """What is said when the present is not known."""
    if not it.silent or not it.lines:
        return ()
    if it.horizon is None:
        return ("We have not heard from our monitoring yet.",)
    heard = moments.moment(it.horizon, it.now, it.zone).text
    ago = duration.words(it.now - it.horizon)
    return (
        f"We have not heard from our monitoring since {heard}, {ago} ago.",
        "What you see below is how things stood then, not how they stand now.",
    )


def _affected(it: Survey) -> tuple[view.Affected, ...]:
    """The components that stand worse than up, the worst first; none while all is unknown."""
    if it.silent:
        return ()
    worse = [line for line in it.lines if line.standing.condition is not Condition.UP]
    worse = [line for line in worse if line.standing.condition is not Condition.PAUSED]
    worse.sort(key=lambda line: _SEVERITY.index(line.standing.condition))
    return tuple(
        view.Affected(
            title=line.component.title,
            condition=line.standing.condition,
            word=words.CONDITIONS[line.standing.condition],
            since=_since_of(it, line),
            note=_note(line),
        )
        for line in worse
    )


def _note(line: Line) -> str:
    """Why, or what was last seen, or what is observed beneath a maintenance window."""
    standing = line.standing
    if standing.last is not None:
        return f"last seen: {words.CONDITIONS[standing.last]}"
    if standing.condition is Condition.MAINTENANCE and standing.observed is not State.UP:
        return f"observed: {words.CONDITIONS[Condition(standing.observed.value)]}"
    if standing.condition in (Condition.DOWN, Condition.DEGRADED, Condition.UNKNOWN):
        return words.reason(standing.reason)
    return ""


def _groups(it: Survey, buckets: Buckets) -> tuple[view.Group, ...]:
    few = len(it.lines) <= ALL_OPEN_UP_TO
    ordered = sorted(it.lines, key=lambda line: line.component.position)
    named: dict[str, list[Line]] = {}
    for name, lines in groupby(ordered, key=lambda line: line.component.group):
        named.setdefault(name, []).extend(lines)
    return tuple(_group(it, name, lines, buckets, few) for name, lines in named.items())


def _group(
    it: Survey,
    name: str,
    lines: Sequence[Line],
    buckets: Buckets,
    few: bool,  # noqa: FBT001
) -> view.Group:
    found = {line.standing.condition for line in lines}
    worst = min(found, key=_SEVERITY.index)
    good = sum(1 for line in lines if line.standing.condition is Condition.UP)
    calm = worst in (Condition.UP, Condition.PAUSED)
    return view.Group(
        name=name or "Components",
        opened=few or not calm,
        summary="" if it.silent else f"{good} of {len(lines)} operational",
        condition=worst,
        components=tuple(
            component(it, line, buckets.get(line.component.public_id, ())) for line in lines
        ),
    )


def component(it: Survey, line: Line, buckets: Sequence[Bucket]) -> view.Component:
    """One component's line."""
    days = days_of(it, line)
    windows = _windows(it, line, days)
    standing = line.standing
    troubled, older = history.troubled(line.segments, days, it.now, it.zone)
    return view.Component(
        title=line.component.title,
        condition=standing.condition,
        word=words.CONDITIONS[standing.condition],
        since=_since_of(it, line),
        note=_note(line),
        label=_label(line.component.title, windows[-1], days),
        bars=bars.paths(days),
        windows=windows,
        days=troubled,
        older_days=older,
        latency=_latency(line.component.title, buckets, it.horizon),
    )


def days_of(it: Survey, line: Line) -> tuple[Day, ...]:
    """The days that the bars of a component show, in the zone of the page."""
    first, last = moments.last_days(it.now, it.zone, DAYS)
    return uptime.by_day(line.segments, first, last, it.zone)


def _windows(it: Survey, line: Line, days: Sequence[Day]) -> tuple[view.Window, ...]:
    """24 hours back from the horizon; 7, 30 and 90 days are the last days that the bars show."""
    end = it.now if it.horizon is None else it.horizon
    starts = (
        ("24 hours", end - timedelta(hours=24)),
        ("7 days", days[-7].start),
        ("30 days", days[-30].start),
        ("90 days", days[0].start),
    )
    return tuple(_window(label, line, start, end) for label, start in starts)


def _window(label: str, line: Line, start: datetime, end: datetime) -> view.Window:
    found = uptime.measure(line.segments, start, end)
    return view.Window(label, found.percent(), found.coverage())


def _label(title: str, quarter: view.Window, days: Iterable[Day]) -> str:
    """What a screen reader says of a row of bars."""
    share = "no data yet" if quarter.percent is None else f"{quarter.percent} % up"
    number = words.count(bars.with_problems(days), "day", "days")
    return f"{title}, last {DAYS} days: {share}, {number} with problems"


def _latency(
    title: str, buckets: Sequence[Bucket], horizon: datetime | None
) -> view.Latency | None:
    drawn = None if horizon is None else chart.draw(buckets, instant.floor(horizon))
    if drawn is None:
        return None
    average = words.milliseconds(drawn.average_us)
    p95 = None if drawn.p95_us is None else words.milliseconds(drawn.p95_us)
    label = f"{title}, response time over 24 hours: {average} on average"
    return view.Latency(drawn.data, label, average, p95)


def silent(found: facts.Facts, now: datetime) -> bool:
    """Whether a page of these facts says that the present is not known."""
    return condition.silent(found.observed_through, now)
