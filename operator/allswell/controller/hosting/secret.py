"""The installation's own key, from which pages' addresses and tokens are made.

It is made once and outlives the operator: with another key every customer's record would be wrong.
Two operators that start at once agree, for only one of them can create the Secret.
"""

import base64
import secrets

from allswell.kube import manifest
from allswell.kube.client import Api
from allswell.kube.errors import Conflict
from allswell.kube.kinds import SECRET

KEY, LENGTH = "key", 32


class BadKey(Exception):
    """The Secret that should hold the key does not."""


async def kept(api: Api, namespace: str, name: str) -> bytes:
    """The key, made if there is none. Raises `KubeError`, `BadKey`."""
    found = await api.get(SECRET, namespace, name)
    if found is None:
        made = base64.b64encode(secrets.token_bytes(LENGTH)).decode()
        wanted = {
            "apiVersion": SECRET.api,
            "kind": SECRET.name,
            "metadata": {"namespace": namespace, "name": name},
            "type": "Opaque",
            "data": {KEY: made},
        }
        try:
            found = await api.create(SECRET, wanted)
        except Conflict:
            found = await api.get(SECRET, namespace, name) or manifest.NOTHING
    try:
        key = base64.b64decode(manifest.text(found, "data", KEY), validate=True)
    except ValueError as error:
        raise BadKey(f"the Secret {name} cannot be read") from error
    if len(key) < LENGTH:
        raise BadKey(f"the Secret {name} lacks {KEY}: addresses of pages are made with one")
    return key
