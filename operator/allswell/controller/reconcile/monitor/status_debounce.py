"""Delay the first statuses of a new Monitor, so that they cost two writes.

The first status says that the checker starts. Then it becomes ready and brings its first result,
seconds apart and in either order; both are written together. What happens to a Monitor that is
known is written at once.

The time runs from when this process first saw one of the two, by its own clock: where the machine
is busy, both are seen late, and a time that ran from the events themselves would be over already.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from allswell.central.monitor_status import MonitorStatus
from allswell.controller.reconcile.monitor.status import FRESH, READY
from allswell.controller.workload import pod_health
from allswell.domain.spec.monitor import Monitor
from allswell.kube.conditions import Condition
from allswell.kube.views.monitor import MonitorView
from allswell.kube.views.object_meta import NamespacedName

NONE = timedelta()
# A checker's first check comes within this time, or its interval if that is shorter.
FIRST_CHECK = timedelta(seconds=30)
# A report's way to the collector.
DELIVERY = timedelta(seconds=2)
# A pod is probed every two seconds; then its node and the API server have to say so.
READINESS = timedelta(seconds=10)
LONGEST = timedelta(seconds=90)
STARTING, RUNNING = pod_health.STARTING.reason, pod_health.RUNNING.reason


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A Monitor whose status waits, by its uid, and since when."""

    uid: str
    since: datetime


@dataclass(slots=True)
class StatusDebounce:
    """Remembers since when the statuses of new Monitors wait to be written."""

    _waiting: dict[NamespacedName, _Waiting] = field(default_factory=dict)

    def wait_before_write(
        self,
        monitor: MonitorView,
        plan_conditions: Sequence[Condition],
        recorded: MonitorStatus | None,
        now: datetime,
    ) -> timedelta:
        """Return how long a status still waits to be written; nothing when it is to be written."""
        limit = max_wait(monitor, plan_conditions, recorded)
        left = NONE if limit == NONE else max(NONE, self._since(monitor, now) + limit - now)
        if left == NONE:
            self.forget(monitor.meta.namespaced_name)
        return left

    def forget(self, name: NamespacedName) -> None:
        """Forget a Monitor whose status does not wait, or that is gone."""
        self._waiting.pop(name, None)

    def _since(self, monitor: MonitorView, now: datetime) -> datetime:
        name, uid = monitor.meta.namespaced_name, monitor.meta.uid
        waiting = self._waiting.get(name)
        if waiting is None or waiting.uid != uid or waiting.since > now:
            waiting = self._waiting[name] = _Waiting(uid, now)
        return waiting.since


def max_wait(
    monitor: MonitorView, plan_conditions: Sequence[Condition], recorded: MonitorStatus | None
) -> timedelta:
    """Return how long a status may wait in all; nothing for a Monitor that is known."""
    spec = monitor.monitor
    ready = next((entry for entry in plan_conditions if entry.type == READY), None)
    if spec is None or ready is None or not _is_new(monitor):
        return NONE
    has_result = recorded is not None and recorded.seen is not None
    if ready.reason == RUNNING and not has_result:
        return first_result_within(spec)
    return READINESS if ready.reason == STARTING and has_result else NONE


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
