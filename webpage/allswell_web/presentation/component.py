"""One component as its visitors read it: how it stands, its bars, its figures, its bad days."""

from collections.abc import Iterator, Sequence

from allswell.domain import instant
from allswell.domain.state import State
from allswell.domain.uptime import UptimeDay
from allswell_web.graphics import latency_chart, uptime_bars
from allswell_web.presentation import announcements, troubled_days, uptime_windows, view
from allswell_web.presentation.context import PageContext
from allswell_web.presentation.page_state import ComponentState
from allswell_web.status.component_status import ComponentStatus
from allswell_web.text import labels
from allswell_web.text.times import Moment


def component(scene: PageContext, line: ComponentState) -> view.ComponentView:
    """One component's line."""
    days = uptime_windows.days_of(scene.it, line)
    found = tuple(shares(scene, line, days))
    standing, title = line.current, scene.titles[line.component.name]
    troubled, older = troubled_days.troubled(scene, line, days)
    return view.ComponentView(
        title=title,
        address=scene.addresses[line.component.name],
        status=standing.status,
        word=labels.component_status(scene.say, standing.status),
        since=since(scene, line),
        note=note(scene, line),
        declared=announcements.declared(scene, line.component.name),
        label=_label(scene, title, found[-1], days),
        summary=_summary(scene, len(troubled) + older),
        bars=uptime_bars.paths(days),
        windows=found,
        days=troubled,
        older_days=older,
        latency=_latency(scene, line, title, found[0].p95),
    )


def since(scene: PageContext, line: ComponentState) -> Moment | None:
    """Since when a component stands as it does; of one without data that says nothing."""
    standing = line.current
    if standing.status is ComponentStatus.NEW or standing.since is None:
        return None
    return scene.moment(standing.since)


def note(scene: PageContext, line: ComponentState) -> str:
    """Why, or what was last seen, or what is observed beneath a maintenance window."""
    say, standing = scene.say, line.current
    if standing.last is not None:
        return say.text("last seen: {state}", state=labels.component_status(say, standing.last))
    if standing.status is ComponentStatus.MAINTENANCE and standing.observed is not State.UP:
        observed = labels.component_status(say, ComponentStatus(standing.observed.value))
        return say.text("observed: {state}", state=observed)
    if standing.status in (
        ComponentStatus.DOWN,
        ComponentStatus.DEGRADED,
        ComponentStatus.UNKNOWN,
    ):
        return labels.reason(say, standing.reason)
    return ""


def shares(
    scene: PageContext, line: ComponentState, days: Sequence[UptimeDay]
) -> Iterator[view.WindowView]:
    """Uptime with coverage and p95, over 24 hours, 7, 30 and 90 days."""
    for found in uptime_windows.of_line(scene.it, line, scene.buckets, days):
        yield view.WindowView(
            label=_label_of(scene, found),
            percent=percent(scene, found.uptime.percent()),
            coverage=percent(scene, found.uptime.coverage()),
            whole=found.uptime.known == found.uptime.counted,
            p95=None if found.p95_us is None else labels.milliseconds(scene.say, found.p95_us),
        )


def _label_of(scene: PageContext, found: uptime_windows.UptimeWindow) -> str:
    if found.days == 1:
        return scene.say.text("24 hours")
    return scene.say.count("{number} day", "{number} days", found.days)


def percent(scene: PageContext, number: str | None) -> str | None:
    """A share in percent as this page writes it, on one line; None without data."""
    return None if number is None else labels.whole(labels.percent(scene.say, number))


def _label(
    scene: PageContext, title: str, quarter: view.WindowView, days: Sequence[UptimeDay]
) -> str:
    """What a screen reader says of a row of bars."""
    say = scene.say
    if quarter.percent is None:
        return say.text(
            "{name}, last {days} days: no data yet", name=title, days=uptime_windows.DAYS
        )
    return say.count(
        "{name}, last {days} days: {share} up, {number} day with problems",
        "{name}, last {days} days: {share} up, {number} days with problems",
        uptime_bars.with_problems(days),
        name=title,
        days=uptime_windows.DAYS,
        share=quarter.percent,
    )


def _summary(scene: PageContext, days: int) -> str:
    """What opens the details."""
    if not days:
        return scene.say.text("Details")
    return scene.say.count("{number} day in detail", "{number} days in detail", days)


def _latency(
    scene: PageContext, line: ComponentState, title: str, p95: str | None
) -> view.LatencyView | None:
    horizon = scene.it.horizon
    buckets = scene.buckets.get(line.component.public_id, ())
    drawn = None if horizon is None else latency_chart.draw(buckets, instant.floor(horizon))
    if drawn is None:
        return None
    say = scene.say
    average = labels.milliseconds(say, drawn.average_us)
    label = say.text(
        "{name}, response time over 24 hours: {average} on average", name=title, average=average
    )
    return view.LatencyView(drawn.data, label, average, p95)
