"""Limit how many checkers are replaced at once; the rules are in `rollout`."""

import logging
from collections.abc import Callable
from datetime import datetime

from allswell.controller.cache.cache import Cache, monitor_label
from allswell.controller.cache.object_store import CachedObject
from allswell.controller.metrics.operator_metrics import OperatorMetrics
from allswell.controller.workload import rollout
from allswell.controller.workload.rollout import Batch, Progress, RolloutSlot
from allswell.kube.kinds import MONITOR, POD, STATEFULSET
from allswell.kube.views.object_meta import NamespacedName
from allswell.kube.views.pod import PodView
from allswell.kube.views.statefulset import StatefulSetView

log = logging.getLogger(__name__)


class RolloutLimiter:
    """The slots of a roll-out, and who waits for one. Only the operator's own loop uses it.

    Slots are granted from the last count, so that many reconciliations at once cost one count.
    """

    def __init__(
        self, cache: Cache, batch: Batch, metrics: OperatorMetrics, now: Callable[[], datetime]
    ) -> None:
        self._cache = cache
        self._batch = batch
        self._metrics = metrics
        self._now = now
        self._free = 0
        self._taken: set[NamespacedName] = set()
        self._waiting: dict[NamespacedName, None] = {}
        self._under_way: frozenset[NamespacedName] = frozenset()
        self._progress: dict[NamespacedName, tuple[object, Progress]] = {}

    def acquire(self, monitor: NamespacedName) -> RolloutSlot:
        """Ask for a slot; whoever is under way already has one. Give it back with `release`."""
        if monitor not in self._under_way | self._taken:
            if self._free < 1:
                self._waiting[monitor] = None
                return RolloutSlot.AWAITED
            self._free -= 1
        self._taken.add(monitor)
        self._waiting.pop(monitor, None)
        return RolloutSlot.TAKEN

    def release(self, monitor: NamespacedName) -> None:
        """Give a slot back: the change is made or no longer desired, as the next count shows."""
        self._taken.discard(monitor)
        self._waiting.pop(monitor, None)

    def count(self) -> tuple[NamespacedName, ...]:
        """Count who is under way; return the monitors that may ask for a slot now.

        It means nothing before the cache has been filled. The steps:

        1. Judge how far each StatefulSet is; what has not changed since is remembered.
        2. Free the slots that the batch leaves.
        3. Forget those that wait and are gone.
        4. Return those that wait: first whoever is under way already, for a repair is no new one.
        """
        statefulsets = self._cache[STATEFULSET].items()
        now, monitors = self._now(), self._cache[MONITOR].items()
        states = {self._state(name, cached) for name, cached in statefulsets.items()}
        self._under_way = frozenset(name for name, state in states if state.is_under_way(now))
        self._progress = {
            name: known for name, known in self._progress.items() if name in statefulsets
        }
        busy = len(self._under_way | self._taken)
        self._free = max(0, self._batch.of(len(monitors)) - busy)
        waited = bool(self._waiting)
        self._waiting = {name: None for name in self._waiting if name in monitors}
        self._metrics.rollout_under_way.set(len(self._under_way))
        self._metrics.rollout_waiting.set(len(self._waiting))
        if waited and not self._waiting:
            log.info("roll-out: no checker waits for a slot any more")
        own = [name for name in self._waiting if name in self._under_way]
        others = [name for name in self._waiting if name not in self._under_way]
        return (*own, *others[: self._free])

    def waiting(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def _state(self, name: NamespacedName, cached: CachedObject) -> tuple[NamespacedName, Progress]:
        """Return the Monitor of a StatefulSet and how far it is."""
        monitor = (name[0], monitor_label(cached))
        pod = self._cache[POD].get(name[0], f"{name[1]}-0")
        living = self._cache[MONITOR].get(*monitor)
        key = (cached.uid, cached.version, pod and pod.version, living and living.uid)
        known = self._progress.get(name)
        if known is None or known[0] != key:
            known = self._progress[name] = (key, self._judge(cached, pod))
        return monitor, known[1]

    def _judge(self, cached: CachedObject, pod: CachedObject | None) -> Progress:
        """Judge how far it is. An editor of a namespace can make a StatefulSet look like ours."""
        statefulset = StatefulSetView.parse(cached.manifest)
        if not self._cache.monitor_of(statefulset):
            return Progress(in_slot=False)
        return rollout.progress(statefulset, PodView.parse(pod.manifest) if pod else None)
