"""Lets changes of the installation through, a batch at a time; the rules are in `rollout`."""

import logging
from collections.abc import Callable
from datetime import datetime

from allswell.controller.cache import cache as indices
from allswell.controller.cache.cache import Cache
from allswell.controller.cache.object_store import CachedObject, Place
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.controller.workload import rollout
from allswell.controller.workload.rollout import Batch, Progress, RolloutSlot
from allswell.kube.kinds import MONITOR, POD, STATEFULSET

log = logging.getLogger(__name__)


class RolloutLimiter:
    """Who waits, and who may go. Only the operator's own loop touches it.

    Turns are given from the last count, so that many looks at once cost one count.
    """

    def __init__(
        self, index: Cache, batch: Batch, meters: OperatorMetrics, now: Callable[[], datetime]
    ) -> None:
        self._index = index
        self._batch = batch
        self._meters = meters
        self._now = now
        self._free = 0
        self._taken: set[Place] = set()
        self._waiting: dict[Place, None] = {}
        self._under_way: frozenset[Place] = frozenset()
        self._progress: dict[Place, tuple[object, Progress]] = {}

    def take(self, monitor: Place) -> RolloutSlot:
        """Ask for a turn; whoever is under way already has one. Give it back with `leave`."""
        if monitor not in self._under_way | self._taken:
            if self._free < 1:
                self._waiting[monitor] = None
                return RolloutSlot.AWAITED
            self._free -= 1
        self._taken.add(monitor)
        self._waiting.pop(monitor, None)
        return RolloutSlot.TAKEN

    def leave(self, monitor: Place) -> None:
        """The change has been made, or is not wanted any more; the next count tells."""
        self._taken.discard(monitor)
        self._waiting.pop(monitor, None)

    def count(self) -> tuple[Place, ...]:
        """Count who is under way; the monitors that may ask for a turn now.

        It means nothing before the index has been filled.
        """
        statefulsets = self._index[STATEFULSET].items()
        now, there = self._now(), self._index[MONITOR].items()
        found = {self._seen(place, kept) for place, kept in statefulsets.items()}
        self._under_way = frozenset(place for place, far in found if far.is_under_way(now))
        self._progress = {p: known for p, known in self._progress.items() if p in statefulsets}
        busy = len(self._under_way | self._taken)
        self._free = max(0, self._batch.of(len(there)) - busy)
        began = bool(self._waiting)
        self._waiting = {place: None for place in self._waiting if place in there}
        self._meters.rolling.set(len(self._under_way))
        self._meters.held.set(len(self._waiting))
        if began and not self._waiting:
            log.info("no checker waits for the changed installation any more")
        own = [place for place in self._waiting if place in self._under_way]
        others = [place for place in self._waiting if place not in self._under_way]
        return (*own, *others[: self._free])

    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def _seen(self, place: Place, kept: CachedObject) -> tuple[Place, Progress]:
        monitor = (place[0], indices.label_of(kept))
        pod = self._index[POD].get(place[0], f"{place[1]}-0")
        living = self._index[MONITOR].get(*monitor)
        key = (kept.uid, kept.version, pod and pod.version, living and living.uid)
        known = self._progress.get(place)
        if known is None or known[0] != key:
            known = self._progress[place] = (key, self._judged(kept, pod))
        return monitor, known[1]

    def _judged(self, kept: CachedObject, pod: CachedObject | None) -> Progress:
        """How far it is. Who may edit a namespace can make a StatefulSet look like a checker's."""
        seen = kept.manifest
        if not indices.monitor_of(self._index, seen):
            return Progress(by_turn=False)
        return rollout.progress(seen, pod.manifest if pod else None)
