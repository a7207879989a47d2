"""How long the first words about a new Monitor may wait, so that they cost two writes: pure.

One says that the checker starts. Then it becomes ready and brings its first result, seconds apart
and in either order; they are said together. What happens to a known Monitor is said at once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from allswell.central.monitor_status import MonitorStatus
from allswell.controller.reconcile.monitor.status import FRESH
from allswell.domain.spec.monitor import Monitor
from allswell.kube import manifest
from allswell.kube.conditions import TRUE, Condition
from allswell.kube.manifest import Json

NONE = timedelta()
# A checker's first check comes within this time, or its interval if that is shorter.
FIRST_CHECK = timedelta(seconds=30)
# Of a report, and of what is told through the API server.
ON_ITS_WAY = timedelta(seconds=2)
LONGEST = timedelta(seconds=90)
READY, STARTING = "Ready", "Starting"


def wait_before_write(
    live: Json,
    wanted: Monitor,
    said: Sequence[Condition],
    standing: MonitorStatus | None,
    *,
    ready_since: datetime | None,
    now: datetime,
) -> timedelta:
    """How long a status may wait to be written; nothing for a Monitor that is known.

    `ready_since` is since when the pod is, by its node's clock; one that is ahead grants nothing.
    """
    if not _is_new(live):
        return NONE
    has_result = standing is not None and standing.seen is not None
    ready = next((entry for entry in said if entry.type == READY), None)
    if ready is None:
        return NONE
    if ready.status == TRUE and not has_result:
        return _left(ready_since, first_result_within(wanted), now)
    if ready.reason == STARTING and standing is not None and has_result:
        return _left(standing.since, 2 * ON_ITS_WAY, now)
    return NONE


def first_result_within(wanted: Monitor) -> timedelta:
    """How soon after a checker is ready its first verdict is here, good or bad."""
    confirm = wanted.confirm
    verdict = confirm.failures * wanted.effective_timeout
    verdict += (confirm.failures - 1) * wanted.effective_every
    return min(min(wanted.interval, FIRST_CHECK) + verdict + ON_ITS_WAY, LONGEST)


def _is_new(live: Json) -> bool:
    """Whether all that was said of it is that its checker starts, and that of its present spec."""
    said = manifest.blocks(live, "status", "conditions")
    ready = manifest.entry(said, "type", READY)
    generation = manifest.number(live, "metadata", "generation")
    return (
        ready.get("reason") == STARTING
        and ready.get("observedGeneration") == generation
        and manifest.entry(said, "type", FRESH).get("reason") == "NoData"
    )


def _left(since: datetime | None, of: timedelta, now: datetime) -> timedelta:
    if since is None or since > now + ON_ITS_WAY:
        return NONE
    return max(NONE, since + of - now)
