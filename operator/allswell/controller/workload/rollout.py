"""A change of the installation (its image, its rules) reaches the checkers a few at a time: pure.

What the installation changes would restart every checker at once, and a broken image would leave
none. So such a change waits for a turn, while a change of the Monitor's own spec never does. What
has been replaced by turn is marked on its StatefulSet; how many are under way is counted from the
marks, so that a restart of the operator begins nothing anew, and checkers that do not come back
stop all that would follow.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from allswell.controller.workload import pod_health
from allswell.kube import manifest, names
from allswell.kube.manifest import Json

# A checker that broke right after it said that it was ready has not been replaced well.
SETTLED = timedelta(seconds=10)
# A checker that has not run for so long loses nothing, and may wait for its node for days.
LONG_DEAD = timedelta(minutes=5)
WHOLE = 100


class RolloutSlot(Enum):
    """Whether a change may be made: it needs no turn, it has one, or it waits for one."""

    NEEDLESS = "needless"
    TAKEN = "taken"
    AWAITED = "awaited"


@dataclass(frozen=True, slots=True)
class Batch:
    """How many checkers may be under way at once: a number, or per cent of all, at least one."""

    size: int
    percent: bool = False

    def of(self, total: int) -> int:
        """The number for so many checkers."""
        return max(1, math.ceil(total * self.size / WHOLE)) if self.percent else self.size


def parse(text: str) -> Batch:
    """Read `10` or `5%`. Raises ValueError."""
    found = Batch(int(text.removesuffix("%")), percent=text.endswith("%"))
    if found.size < 1 or (found.percent and found.size > WHOLE):
        raise ValueError(text)
    return found


def is_due(live: Json, wanted: Json) -> bool:
    """Whether what is wanted has changed, and not by the Monitor's own doing."""
    return _mark(live, names.FINGERPRINT) != _mark(wanted, names.FINGERPRINT) and (
        _mark(live, names.OWN_FINGERPRINT) == _mark(wanted, names.OWN_FINGERPRINT)
    )


def disturbs(live: Json, pod: Json | None, now: datetime) -> bool:
    """Whether a change takes away a checker that runs, or that ran a moment ago."""
    if pod is None or not manifest.number(live, "spec", "replicas"):
        return False
    since = pod_health.not_ready_since(pod)
    return since is None or now - since < LONG_DEAD


def marked(wanted: Json) -> dict[str, object]:
    """The manifest of a StatefulSet that is replaced by turn."""
    metadata = manifest.block(wanted, "metadata")
    annotations = {**manifest.block(metadata, "annotations"), names.ROLLED_OUT: "true"}
    return {**wanted, "metadata": {**metadata, "annotations": annotations}}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one replacement is: by turn or not, and since when the new checker is ready."""

    by_turn: bool
    ready_since: datetime | None = None

    def is_under_way(self, now: datetime) -> bool:
        """Whether it counts against the batch."""
        if not self.by_turn:
            return False
        return self.ready_since is None or now - self.ready_since < SETTLED


def progress(statefulset: Json, pod: Json | None) -> Progress:
    """How far a StatefulSet is."""
    if not _mark(statefulset, names.ROLLED_OUT) or not manifest.number(
        statefulset, "spec", "replicas"
    ):
        return Progress(by_turn=False)
    if pod is None or pod_health.is_old(statefulset, pod):
        return Progress(by_turn=True)
    return Progress(by_turn=True, ready_since=pod_health.ready_since(pod))


def _mark(seen: Json, name: str) -> str:
    return manifest.text(seen, "metadata", "annotations", name)
