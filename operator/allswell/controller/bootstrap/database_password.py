"""The passwords of a small database that is installed beside the operator.

They are made here, once, and kept in a Secret: what installs the operator must render the same each
time, also where it cannot look into the cluster, and a password outlives it as the database does.
Two operators that start at once agree, for only one of them can create the Secret.
"""

import secrets
from collections.abc import Mapping
from urllib.parse import quote, urlsplit, urlunsplit

from allswell.controller.bootstrap import generated_secret
from allswell.domain import base64_text
from allswell.kube import manifest
from allswell.kube.client import Api
from allswell.kube.manifest import Json

OWN, PAGE = "password", "web-password"
LENGTH = 24


class BadPasswords(Exception):
    """The Secret that should hold the passwords does not."""


def make() -> dict[str, str]:
    """New passwords, of letters and digits alone: they become a part of addresses."""
    return {key: secrets.token_hex(LENGTH) for key in (OWN, PAGE)}


def secret(passwords: Mapping[str, str], namespace: str, name: str) -> dict[str, object]:
    """The manifest of the Secret that keeps them."""
    return generated_secret.secret(_data(passwords), namespace, name)


def _data(passwords: Mapping[str, str]) -> dict[str, bytes]:
    return {key: it.encode() for key, it in passwords.items()}


def read(found: Json) -> str:
    """The operator's own password out of a Secret. Raises `BadPasswords`."""
    name = manifest.name(found)[1]
    try:
        password = base64_text.decode(manifest.text(found, "data", OWN)).decode()
    except ValueError as error:
        raise BadPasswords(f"the Secret {name} cannot be read") from error
    if not password:
        raise BadPasswords(f"the Secret {name} lacks {OWN}: the database was made with one")
    return password


def placed(address: str, password: str) -> str:
    """A database's address with its user's password in it."""
    parts = urlsplit(address)
    user, _, host = parts.netloc.rpartition("@")
    login = f"{user.partition(':')[0]}:{quote(password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{login}@{host}"))


async def get_or_create(api: Api, namespace: str, name: str) -> str:
    """The operator's own password, made if there is none. Raises `KubeError`, `BadPasswords`."""
    return read(
        await generated_secret.get_or_create_secret(api, namespace, name, lambda: _data(make()))
    )
