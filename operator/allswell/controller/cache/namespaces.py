"""Ask for the UIDs of namespaces: they tell a namespace from a later one of the same name."""

import asyncio
from collections.abc import Callable

from allswell.kube.client import Api
from allswell.kube.kinds import NAMESPACE
from allswell.kube.views.object_meta import ObjectMeta


class Namespaces:
    """UIDs, asked for once per namespace and burst.

    An answer is good for every object that was seen before it was asked for: a later namespace of
    the same name holds only objects that are seen later.
    """

    def __init__(self, api: Api, monotonic: Callable[[], float]) -> None:
        self._api = api
        self._monotonic = monotonic
        self._uids: dict[str, tuple[str, float]] = {}
        self._first_seen: dict[str, float] = {}
        self._asking = asyncio.Lock()

    async def uid(self, namespace: str, of: str) -> str | None:
        """Return the UID of the namespace that holds the object with the UID `of`.

        None when the namespace is gone. Raises `KubeError`.
        """
        first_seen = self._first_seen.setdefault(of, self._monotonic())
        async with self._asking:
            known = self._uids.get(namespace)
            if known is None or known[1] < first_seen:
                asked = self._monotonic()
                live = await self._api.get(NAMESPACE, "", namespace)
                if live is None:
                    return None
                known = self._uids[namespace] = (ObjectMeta.parse(live).uid, asked)
        return known[0]

    def retain(self, uids: frozenset[str]) -> None:
        """Forget objects that are gone; `uids` are those that are there."""
        self._first_seen = {uid: at for uid, at in self._first_seen.items() if uid in uids}
