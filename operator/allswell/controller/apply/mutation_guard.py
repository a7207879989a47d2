"""Remember what others, an admission webhook perhaps, make of what we apply, and not repeat it."""

from allswell.kube.views.object_meta import ManifestView


class MutationGuard:
    """Objects, by their UIDs, that were not as desired right after an apply."""

    def __init__(self) -> None:
        self._mutated: dict[str, str] = {}

    def record(self, desired: ManifestView, applied: ManifestView) -> None:
        """Remember what became of what was applied, where that is something else."""
        uid = applied.meta.uid
        self._mutated.pop(uid, None)
        if not applied.contains(desired):
            self._mutated[uid] = applied.declared_hash

    def is_futile(self, live: ManifestView) -> bool:
        """Tell whether to apply the same again would only make of the object what it is."""
        mutated = self._mutated.get(live.meta.uid)
        return mutated is not None and mutated == live.declared_hash

    def retain(self, uids: frozenset[str]) -> None:
        """Forget objects that are gone; `uids` are those that are there."""
        self._mutated = {uid: digest for uid, digest in self._mutated.items() if uid in uids}
