"""Secrets that are made here once, and outlive the operator.

Two operators that start at once agree, for only one of them can create a Secret.
"""

import base64
from collections.abc import Callable, Mapping

from allswell.kube import manifest
from allswell.kube.client import Api
from allswell.kube.errors import KubeConflict
from allswell.kube.kinds import SECRET
from allswell.kube.manifest import Json


def secret(data: Mapping[str, bytes], namespace: str, name: str) -> dict[str, object]:
    """The manifest of a Secret that keeps these values."""
    return {
        "apiVersion": SECRET.api,
        "kind": SECRET.name,
        "metadata": {"namespace": namespace, "name": name},
        "type": "Opaque",
        "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
    }


async def get_or_create_secret(
    api: Api, namespace: str, name: str, make: Callable[[], Mapping[str, bytes]]
) -> Json:
    """The Secret, with what is made if there is none. Raises `KubeError`."""
    found = await api.get(SECRET, namespace, name)
    if found is not None:
        return found
    try:
        return await api.create(SECRET, secret(make(), namespace, name))
    except KubeConflict:
        return await api.get(SECRET, namespace, name) or manifest.NOTHING
