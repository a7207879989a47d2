"""Make Secrets once, that outlive the operator.

Two operators that start at once agree, for only one of them can create a Secret.
"""

from collections.abc import Callable, Mapping

from allswell.kube import secret
from allswell.kube.client import Api
from allswell.kube.errors import KubeConflict
from allswell.kube.kinds import SECRET
from allswell.kube.secret import SecretView


async def get_or_create_secret(
    api: Api, namespace: str, name: str, make: Callable[[], Mapping[str, bytes]]
) -> SecretView:
    """Return the Secret, created with what `make` returns if there is none. Raises `KubeError`."""
    live = await api.get(SECRET, namespace, name)
    if live is None:
        try:
            live = await api.create(SECRET, secret.build(make(), namespace, name))
        except KubeConflict:
            live = await api.get(SECRET, namespace, name)
    return SecretView.parse(live)
