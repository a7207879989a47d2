"""List everything that is watched, complete or not at all, namespace by namespace.

A namespace that is served may be deleted, and its rights go first; or whoever has it takes them
away. That must stop nobody else: it is left out, so that nothing is decided about it, until it can
be read or is confirmed to be gone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from allswell.controller.cache.cache import CHILDREN, WATCHED, Cache
from allswell.kube import names
from allswell.kube.client import EVERYWHERE, Api, Listing
from allswell.kube.errors import KubeMissing, KubeRejected
from allswell.kube.kinds import DEFINITION, NAMESPACE, Kind


@dataclass(frozen=True, slots=True)
class ClusterSnapshot:
    """Every kind's objects, but for those of namespaces that are `closed`, each with its error."""

    listings: Mapping[Kind, Listing]
    closed: Mapping[str, str]


async def list_cluster(api: Api, cache: Cache, watched: Sequence[str]) -> ClusterSnapshot:
    """List every kind in the watched namespaces, or with none in all.

    Raises `KubeError`, also when no namespace can be read.
    """
    closed: dict[str, str] = {}
    listed: dict[str, dict[Kind, Listing]] = {}
    for namespace in watched or EVERYWHERE:
        try:
            listed[namespace] = {
                kind: await _listing(api, cache, kind, namespace) for kind in WATCHED
            }
        except KubeRejected as error:
            if not namespace or len(watched) == len(closed) + 1:
                raise
            closed[namespace] = str(error)
    joined = {kind: _joined([listings[kind] for listings in listed.values()]) for kind in WATCHED}
    return ClusterSnapshot(joined, closed)


async def _listing(api: Api, cache: Cache, kind: Kind, namespace: str) -> Listing:
    selector = names.SELECTOR if kind in CHILDREN else ""
    try:
        return await api.every(kind, (namespace,) if namespace else (), selector)
    except KubeMissing:
        definition = f"{kind.plural}.{kind.group}"
        if kind in CHILDREN or await api.get(DEFINITION, "", definition) is not None:
            raise
        # Nobody has a Monitor where the kind is not installed: all that we know of are gone.
    except KubeRejected:
        if not namespace or await api.get(NAMESPACE, "", namespace) is not None:
            raise
    return Listing((), cache[kind].newest)


def _joined(listings: Sequence[Listing]) -> Listing:
    objects = tuple(raw for listing in listings for raw in listing.objects)
    return Listing(objects, min(listing.version for listing in listings))
