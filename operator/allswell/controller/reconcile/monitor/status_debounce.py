"""Delay the first statuses of a new Monitor, so that they cost two writes: pure.

The first status says that the checker starts. Then it becomes ready and brings its first result,
seconds apart and in either order; both are written together. What happens to a Monitor that is
known is written at once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from allswell.central.monitor_status import MonitorStatus
from allswell.controller.reconcile.monitor.status import FRESH, READY
from allswell.controller.workload import pod_health
from allswell.domain.spec.monitor import Monitor
from allswell.kube.conditions import TRUE, Condition
from allswell.kube.views.monitor import MonitorView

NONE = timedelta()
# A checker's first check comes within this time, or its interval if that is shorter.
FIRST_CHECK = timedelta(seconds=30)
# Of a report, and of what comes through the API server.
DELIVERY = timedelta(seconds=2)
LONGEST = timedelta(seconds=90)
STARTING = pod_health.STARTING.reason


def wait_before_write(
    monitor: MonitorView,
    plan_conditions: Sequence[Condition],
    recorded: MonitorStatus | None,
    *,
    ready_since: datetime | None,
    now: datetime,
) -> timedelta:
    """Return how long a status may wait to be written; nothing for a Monitor that is known.

    `ready_since` is since when the pod is, by its node's clock; one that is ahead grants nothing.
    """
    spec = monitor.monitor
    ready = next((entry for entry in plan_conditions if entry.type == READY), None)
    if spec is None or ready is None or not _is_new(monitor):
        return NONE
    has_result = recorded is not None and recorded.seen is not None
    if ready.status == TRUE and not has_result:
        return _left(ready_since, first_result_within(spec), now)
    if ready.reason == STARTING and recorded is not None and has_result:
        return _left(recorded.since, 2 * DELIVERY, now)
    return NONE


def first_result_within(monitor: Monitor) -> timedelta:
    """Return how soon after a checker is ready its first verdict is here, good or bad."""
    confirm = monitor.confirm
    verdict = confirm.failures * monitor.effective_timeout
    verdict += (confirm.failures - 1) * monitor.effective_every
    return min(min(monitor.interval, FIRST_CHECK) + verdict + DELIVERY, LONGEST)


def _is_new(monitor: MonitorView) -> bool:
    """Tell whether its status says only that its checker starts, and that of its present spec."""
    ready, fresh = (monitor.status.conditions.get(kind) for kind in (READY, FRESH))
    return (
        ready is not None
        and ready.reason == STARTING
        and ready.observed_generation == monitor.meta.generation
        and fresh is not None
        and fresh.reason == "NoData"
    )


def _left(since: datetime | None, of: timedelta, now: datetime) -> timedelta:
    if since is None or since > now + DELIVERY:
        return NONE
    return max(NONE, since + of - now)
