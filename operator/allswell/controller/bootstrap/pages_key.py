"""Keep the installation's own key, from which pages' addresses and tokens are derived.

It is made once and outlives the operator: with another key every customer's record would be wrong.
"""

import secrets

from allswell.controller.bootstrap import generated_secret
from allswell.kube.client import Api

KEY, LENGTH = "key", 32


class BadPagesKey(Exception):
    """The Secret that should hold the key does not."""


async def get_or_create(api: Api, namespace: str, name: str) -> bytes:
    """Return the key, made if there is none. Raises `KubeError`, `BadPagesKey`."""
    secret = await generated_secret.get_or_create_secret(
        api, namespace, name, lambda: {KEY: secrets.token_bytes(LENGTH)}
    )
    try:
        key = secret.value(KEY)
    except ValueError as error:
        raise BadPagesKey(f"the Secret {name} cannot be read") from error
    if len(key) < LENGTH:
        raise BadPagesKey(f"the Secret {name} lacks {KEY}: pages' host names are derived from it")
    return key
