"""What a complete look has found and a watch should have told: a watch that never does is dead.

An idle watch and a dead one look the same. But whoever lists finds what has changed, and a living
watch tells of it too, late perhaps; one that does not within the time in which kopf replaces a
broken stream has stopped. Deletions do not count: a watch that begins anew never tells of them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from allswell.controller.cache.object_store import ObjectChange, Place
from allswell.kube.kinds import Kind

# A broken stream is replaced after 310 s at the latest, and then tells what was missed.
LATEST = timedelta(minutes=7)


class WatchHealth:
    """What is owed since when. Only the operator's own loop touches it."""

    def __init__(self) -> None:
        self._since: dict[tuple[Kind, Place], datetime] = {}

    def found(self, kind: Kind, changes: Iterable[ObjectChange], now: datetime) -> int:
        """Note what a complete list has changed; how much of that a watch has yet to tell."""
        there = [change.place for change in changes if change.after is not None]
        for place in there:
            self._since.setdefault((kind, place), now)
        return len(there)

    def told(self, kind: Kind, place: Place) -> None:
        """The watch speaks of an object, in whatever version."""
        self._since.pop((kind, place), None)

    def keep_only(self, kind: Kind, places: Iterable[Place]) -> None:
        """Forget objects that are gone."""
        there = frozenset(places)
        self._since = {
            key: since for key, since in self._since.items() if key[0] != kind or key[1] in there
        }

    def overdue(self, now: datetime) -> frozenset[Kind]:
        """The kinds whose watch is dead."""
        return frozenset(kind for (kind, _), since in self._since.items() if now - since > LATEST)
