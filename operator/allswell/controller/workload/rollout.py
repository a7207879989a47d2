"""Roll out a change of the installation (its image, its rules) to the checkers in batches: pure.

What the installation changes would restart every checker at once, and a broken image would leave
none. So such a change waits for a slot, while a change of the Monitor's own spec never does. What
has been replaced in a slot is marked on its StatefulSet; how many are under way is counted from the
marks, so that a restart of the operator begins nothing anew, and checkers that do not come back
stop all that would follow.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from allswell.controller.workload import pod_health
from allswell.kube.views.pod import PodView
from allswell.kube.views.statefulset import StatefulSetView

# A checker that broke right after it said that it was ready has not been replaced.
SETTLED_AFTER = timedelta(seconds=10)
# A checker that has not run for so long loses nothing, and may wait for its node for days.
LONG_DEAD = timedelta(minutes=5)
WHOLE = 100


class RolloutSlot(Enum):
    """The permission to make a change: it needs no slot, it has one, or it waits for one."""

    NEEDLESS = "needless"
    TAKEN = "taken"
    AWAITED = "awaited"


@dataclass(frozen=True, slots=True)
class Batch:
    """A limit of checkers under way at once: a number, or per cent of all, at least one."""

    size: int
    percent: bool = False

    def of(self, total: int) -> int:
        """Return the number for so many checkers."""
        return max(1, math.ceil(total * self.size / WHOLE)) if self.percent else self.size


def parse(text: str) -> Batch:
    """Read `10` or `5%`. Raises ValueError."""
    batch = Batch(int(text.removesuffix("%")), percent=text.endswith("%"))
    if batch.size < 1 or (batch.percent and batch.size > WHOLE):
        raise ValueError(text)
    return batch


def is_due(live: StatefulSetView, desired: StatefulSetView) -> bool:
    """Tell whether the desired object has changed, and not by the Monitor's own doing."""
    return live.spec_hash != desired.spec_hash and live.own_hash == desired.own_hash


def disturbs(live: StatefulSetView, pod: PodView | None, now: datetime) -> bool:
    """Tell whether a change takes away a checker that runs, or that ran a moment ago."""
    if pod is None or not live.replicas:
        return False
    since = pod.not_ready_since
    return since is None or now - since < LONG_DEAD


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of one replacement: in a slot or not, and since when its checker is ready."""

    in_slot: bool
    ready_since: datetime | None = None

    def is_under_way(self, now: datetime) -> bool:
        """Tell whether it counts against the batch."""
        if not self.in_slot:
            return False
        return self.ready_since is None or now - self.ready_since < SETTLED_AFTER


def progress(statefulset: StatefulSetView, pod: PodView | None) -> Progress:
    """Return how far the replacement of a StatefulSet's pod is."""
    if not statefulset.is_rolled_out or not statefulset.replicas:
        return Progress(in_slot=False)
    if pod is None or pod_health.is_outdated(statefulset, pod):
        return Progress(in_slot=True)
    return Progress(in_slot=True, ready_since=pod.ready_since)
