"""Find the reconciler of a kind: a further kind is a folder here and a line in `assembly`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from allswell.controller.cache.cache import ObjectKey
from allswell.kube.kinds import Kind


class Reconciler(Protocol):
    """Makes true what the objects of one kind say."""

    async def reconcile(self, key: ObjectKey) -> timedelta | None:
        """Reconcile an object, that may be gone; return when to do so again in any case.

        Raises `KubeError` and `CentralError`.
        """
        ...


class ReconcilerRegistry:
    """A reconciler for each kind."""

    def __init__(self, reconcilers: Mapping[Kind, Reconciler]) -> None:
        self._reconcilers = {kind.name: reconciler for kind, reconciler in reconcilers.items()}

    async def reconcile(self, key: ObjectKey) -> timedelta | None:
        """Reconcile an object with the reconciler of its kind."""
        return await self._reconcilers[key.kind].reconcile(key)
