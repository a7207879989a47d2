"""The UIDs of namespaces: what tells a namespace from a later one of the same name."""

import asyncio
from collections.abc import Callable

from allswell.kube import manifest
from allswell.kube.client import Api
from allswell.kube.kinds import NAMESPACE


class Namespaces:
    """UIDs, asked for once per namespace and burst.

    An answer is good for every object that was seen before it was asked for: a later namespace of
    the same name holds only objects that are seen later.
    """

    def __init__(self, api: Api, ticks: Callable[[], float]) -> None:
        self._api = api
        self._ticks = ticks
        self._known: dict[str, tuple[str, float]] = {}
        self._seen: dict[str, float] = {}
        self._asking = asyncio.Lock()

    async def uid(self, namespace: str, of: str) -> str | None:
        """The UID of the namespace that holds the object with the UID `of`; None: it is gone.

        Raises `KubeError`.
        """
        seen = self._seen.setdefault(of, self._ticks())
        async with self._asking:
            known = self._known.get(namespace)
            if known is None or known[1] < seen:
                asked = self._ticks()
                found = await self._api.get(NAMESPACE, "", namespace)
                if found is None:
                    return None
                known = self._known[namespace] = (manifest.uid(found), asked)
        return known[0]

    def keep_only(self, uids: frozenset[str]) -> None:
        """Forget objects that are gone."""
        self._seen = {uid: seen for uid, seen in self._seen.items() if uid in uids}
