"""Build the status of a Monitor, and the events of its changes: pure functions of what is known.

Level-based: the whole status is made anew each time and written only when it differs from the one
that is there, so a lost write is made good and a restart writes nothing.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from types import MappingProxyType

from allswell.central.monitor_status import MonitorStatus
from allswell.controller.apply.events import NORMAL, WARNING, ObjectEvent
from allswell.domain.state import State
from allswell.kube import conditions
from allswell.kube.conditions import (
    FALSE,
    TRUE,
    UNKNOWN,
    Condition,
    Conditions,
    DatedCondition,
)
from allswell.kube.views import monitor as monitor_view
from allswell.kube.views.monitor import MonitorFigures, MonitorStatusView, MonitorView

UP, FRESH, READY = "Up", "Fresh", "Ready"
_UP_BY_STATE = MappingProxyType(
    {
        State.UP: (TRUE, "Succeeding"),
        State.DEGRADED: (TRUE, "Degraded"),
        State.DOWN: (FALSE, "Failing"),
        State.UNKNOWN: (UNKNOWN, "NoData"),
        State.PAUSED: (UNKNOWN, "Paused"),
    }
)


def build(
    monitor: MonitorView,
    plan_conditions: Sequence[Condition],
    recorded: MonitorStatus | None,
    now: datetime,
) -> MonitorStatusView:
    """Build the whole status of a Monitor.

    `recorded` is None when the central database has not been read: what it recorded last stays.
    """
    before, generation = monitor.status, monitor.meta.generation
    if recorded is None and before.conditions.get(UP) is None:
        recorded = MonitorStatus()
    if recorded is None:
        merged = before.conditions.merge(plan_conditions, generation, now)
        old = tuple(entry for entry in before.conditions if entry.type in (UP, FRESH))
        merged, figures = Conditions((*merged, *old)), before.figures
    else:
        desired = [*plan_conditions, _up(recorded), _fresh(recorded)]
        merged, figures = before.conditions.merge(desired, generation, now), _figures(recorded)
    return monitor_view.status(monitor.monitor, figures, merged, generation)


def _figures(recorded: MonitorStatus) -> MonitorFigures:
    latency = recorded.latency_us
    return MonitorFigures(
        state=recorded.state.value,
        reason=recorded.reason,
        since=conditions.time(recorded.since) if recorded.since else "",
        uptime=f"{recorded.uptime}%" if recorded.uptime is not None else "",
        latency=f"{round(latency / 1000)}ms" if latency is not None else "",
    )


def _up(recorded: MonitorStatus) -> Condition:
    value, reason = _UP_BY_STATE[recorded.state]
    return Condition(UP, value, reason, recorded.reason)


def _fresh(recorded: MonitorStatus) -> Condition:
    if recorded.state is State.PAUSED:
        return Condition(FRESH, UNKNOWN, "Paused", "no checks are made while the monitor is paused")
    if recorded.seen is None:
        return Condition(FRESH, UNKNOWN, "NoData", "no result has come in yet")
    if recorded.seen:
        return Condition(FRESH, TRUE, "Reporting", "results come in")
    return Condition(FRESH, FALSE, "Silent", "no result has come in for longer than is allowed")


def events(before: Conditions, after: Conditions) -> tuple[ObjectEvent, ...]:
    """Return the events between two statuses: changes of Up and Fresh, and Ready going wrong."""
    changed = (
        condition
        for condition in (after.get(UP), after.get(FRESH), after.get(READY))
        if condition is not None and _has_changed(before, condition)
    )
    events = (_EVENTS[condition.type](condition) for condition in changed)
    return tuple(event for event in events if event is not None)


def _has_changed(before: Conditions, condition: DatedCondition) -> bool:
    """Tell whether the status is another one, or for Ready the reason."""
    if condition.status != before.status_of(condition.type):
        return True
    old = before.get(condition.type)
    return condition.type == READY and (old.reason if old else "") != condition.reason


def _up_event(condition: DatedCondition) -> ObjectEvent | None:
    if condition.status == UNKNOWN:
        return None
    reason, text = _UP_EVENTS[condition.reason]
    note = f"{text}: {condition.message}" if condition.message else text
    return ObjectEvent(NORMAL if condition.status == TRUE else WARNING, reason, note)


_UP_EVENTS = MappingProxyType(
    {
        "Succeeding": ("Up", "the target is up"),
        "Degraded": ("Degraded", "the target is degraded"),
        "Failing": ("Down", "the target is down"),
    }
)


def _fresh_event(condition: DatedCondition) -> ObjectEvent | None:
    if condition.status != FALSE:
        return None
    return ObjectEvent(WARNING, "Silent", condition.message)


def _ready_event(condition: DatedCondition) -> ObjectEvent | None:
    if condition.status != FALSE or condition.reason in ("Starting", "Updating"):
        return None
    return ObjectEvent(WARNING, condition.reason, condition.message)


_EVENTS: MappingProxyType[str, Callable[[DatedCondition], ObjectEvent | None]] = MappingProxyType(
    {UP: _up_event, FRESH: _fresh_event, READY: _ready_event}
)
