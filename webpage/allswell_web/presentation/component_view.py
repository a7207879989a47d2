"""Build the view of one component: its status, its bars, its figures, its days with trouble."""

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


def of(context: PageContext, component: ComponentState) -> view.ComponentView:
    """Build the view of one component."""
    every_day = uptime_windows.days_of(context.state, component)
    windows = tuple(shares(context, component, every_day))
    current, title = component.current, context.titles[component.data.name]
    days_with_trouble, older_days = troubled_days.troubled(context, component, every_day)
    return view.ComponentView(
        title=title,
        address=context.addresses[component.data.name],
        status=current.status,
        word=labels.component_status(context.language, current.status),
        since=since(context, component),
        note=note(context, component),
        declared=announcements.declared(context, component.data.name),
        label=_label(context, title, windows[-1], every_day),
        summary=_summary(context, len(days_with_trouble) + older_days),
        bars=uptime_bars.paths(every_day),
        windows=windows,
        days=days_with_trouble,
        older_days=older_days,
        latency=_latency(context, component, title, windows[0].p95),
    )


def since(context: PageContext, component: ComponentState) -> Moment | None:
    """Return since when a component has its status; None for one without data."""
    current = component.current
    if current.status is ComponentStatus.NEW or current.since is None:
        return None
    return context.moment(current.since)


def note(context: PageContext, component: ComponentState) -> str:
    """Return the reason, or the last known status, or what is observed during maintenance."""
    language, current = context.language, component.current
    if current.last is not None:
        return language.text(
            "last known status: {state}", state=labels.component_status(language, current.last)
        )
    if current.status is ComponentStatus.MAINTENANCE and current.observed is not State.UP:
        observed = labels.component_status(language, ComponentStatus(current.observed.value))
        return language.text("observed: {state}", state=observed)
    if current.status in (
        ComponentStatus.DOWN,
        ComponentStatus.DEGRADED,
        ComponentStatus.UNKNOWN,
    ):
        return labels.reason(language, current.reason)
    return ""


def shares(
    context: PageContext, component: ComponentState, days: Sequence[UptimeDay]
) -> Iterator[view.WindowView]:
    """Yield uptime with coverage and p95, over 24 hours, 7, 30 and 90 days."""
    for window in uptime_windows.of_component(context.state, component, context.buckets, days):
        yield view.WindowView(
            label=_label_of(context, window),
            percent=percent(context, window.uptime.percent()),
            coverage=percent(context, window.uptime.coverage()),
            is_fully_observed=window.uptime.known == window.uptime.counted,
            p95=None if window.p95_us is None else labels.latency(context.language, window.p95_us),
        )


def _label_of(context: PageContext, window: uptime_windows.UptimeWindow) -> str:
    if window.days == 1:
        return context.language.text("24 hours")
    return context.language.plural("{number} day", "{number} days", window.days)


def percent(context: PageContext, value: str | None) -> str | None:
    """Write a percentage on one line; None without data."""
    return None if value is None else labels.unbreakable(labels.percent(context.language, value))


def _label(
    context: PageContext, title: str, ninety_days: view.WindowView, days: Sequence[UptimeDay]
) -> str:
    """Write what a screen reader says of a row of bars."""
    language = context.language
    if ninety_days.percent is None:
        return language.text(
            "{name}, last {days} days: no data yet", name=title, days=uptime_windows.DAYS
        )
    return language.plural(
        "{name}, last {days} days: {share} uptime, {number} day with problems",
        "{name}, last {days} days: {share} uptime, {number} days with problems",
        uptime_bars.with_problems(days),
        name=title,
        days=uptime_windows.DAYS,
        share=ninety_days.percent,
    )


def _summary(context: PageContext, days: int) -> str:
    """Write the summary that opens the details."""
    if not days:
        return context.language.text("Details")
    return context.language.plural("Details of {number} day", "Details of {number} days", days)


def _latency(
    context: PageContext, component: ComponentState, title: str, p95: str | None
) -> view.LatencyView | None:
    horizon = context.state.horizon
    buckets = context.buckets.get(component.data.public_id, ())
    chart = None if horizon is None else latency_chart.draw(buckets, instant.floor(horizon))
    if chart is None:
        return None
    language = context.language
    average = labels.latency(language, chart.average_us)
    label = language.text(
        "{name}, response time over 24 hours: {average} on average", name=title, average=average
    )
    return view.LatencyView(chart.data, label, average, p95)
