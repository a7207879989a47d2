"""Make or find the passwords of a small database that is installed beside the operator.

They are made here, once, and kept in a Secret: what installs the operator must render the same each
time, also where it cannot look into the cluster, and a password outlives it as the database does.
Two operators that start at once agree, for only one of them can create the Secret.
"""

import secrets
from urllib.parse import quote, urlsplit, urlunsplit

from allswell.controller.bootstrap import generated_secret
from allswell.kube.client import Api
from allswell.kube.secret import SecretView

OWN, PAGE = "password", "web-password"
LENGTH = 24


class BadPasswords(Exception):
    """The Secret that should hold the passwords does not."""


def make() -> dict[str, bytes]:
    """Make passwords, of letters and digits alone: they become a part of addresses."""
    return {key: secrets.token_hex(LENGTH).encode() for key in (OWN, PAGE)}


def read(secret: SecretView) -> str:
    """Return the operator's own password from a Secret. Raises `BadPasswords`."""
    try:
        password = secret.value(OWN).decode()
    except ValueError as error:
        raise BadPasswords(f"the Secret {secret.name} cannot be read") from error
    if not password:
        raise BadPasswords(f"the Secret {secret.name} lacks {OWN}: the database was made with one")
    return password


def with_password(url: str, password: str) -> str:
    """Return a database's URL with its user's password in it."""
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    login = f"{user.partition(':')[0]}:{quote(password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{login}@{host}"))


async def get_or_create(api: Api, namespace: str, name: str) -> str:
    """Return the operator's own password, made if there is none.

    Raises `KubeError`, `BadPasswords`.
    """
    return read(await generated_secret.get_or_create_secret(api, namespace, name, make))
