"""What others, an admission webhook perhaps, make of what we apply: to repeat it helps nobody."""

from allswell.kube import manifest
from allswell.kube.manifest import Json


class MutationGuard:
    """What became of objects, by their UIDs, that were not as we wanted right after an apply."""

    def __init__(self) -> None:
        self._noted: dict[str, str] = {}

    def note(self, wanted: Json, seen: Json) -> None:
        """Remember what became of what was applied, where that is something else."""
        uid = manifest.uid(seen)
        self._noted.pop(uid, None)
        if not manifest.is_subset(seen, wanted):
            self._noted[uid] = manifest.declared(seen)

    def holds(self, live: Json) -> bool:
        """Whether to apply the same again would only make of it what it is."""
        noted = self._noted.get(manifest.uid(live))
        return noted is not None and noted == manifest.declared(live)

    def keep_only(self, uids: frozenset[str]) -> None:
        """Forget objects that are gone."""
        self._noted = {uid: it for uid, it in self._noted.items() if uid in uids}
