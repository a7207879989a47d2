"""Find dead watches: they never deliver what a complete list has found.

An idle watch and a dead one look the same. But whoever lists finds what has changed, and a living
watch delivers it too, late perhaps; one that does not within the time in which kopf replaces a
broken stream has stopped. Deletions do not count: a watch that begins anew never delivers them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from allswell.controller.cache.object_store import ObjectChange
from allswell.kube.kinds import Kind
from allswell.kube.views.object_meta import NamespacedName

# A broken stream is replaced after 310 s at the latest, and then delivers what was missed.
OVERDUE_AFTER = timedelta(minutes=7)


class WatchHealth:
    """The changes that watches have yet to deliver. Only the operator's own loop uses it."""

    def __init__(self) -> None:
        self._undelivered: dict[tuple[Kind, NamespacedName], datetime] = {}

    def listed(self, kind: Kind, changes: Iterable[ObjectChange], now: datetime) -> int:
        """Note what a complete list has changed; return how much of it a watch has to deliver."""
        there = [change.name for change in changes if change.after is not None]
        for name in there:
            self._undelivered.setdefault((kind, name), now)
        return len(there)

    def delivered(self, kind: Kind, name: NamespacedName) -> None:
        """Note that the watch has delivered an object, in whatever version."""
        self._undelivered.pop((kind, name), None)

    def retain(self, kind: Kind, names: Iterable[NamespacedName]) -> None:
        """Forget objects of a kind that are gone; `names` are those that are there."""
        there = frozenset(names)
        self._undelivered = {
            key: since
            for key, since in self._undelivered.items()
            if key[0] != kind or key[1] in there
        }

    def dead(self, now: datetime) -> frozenset[Kind]:
        """Return the kinds whose watch is dead."""
        return frozenset(
            kind for (kind, _), since in self._undelivered.items() if now - since > OVERDUE_AFTER
        )
