"""Read who may see a page: everybody, whoever knows a password, or certain networks."""

import ipaddress
import re
from dataclasses import dataclass, field

from allswell.domain import password
from allswell.domain.spec.fields import Fields
from allswell.domain.spec.shown import shown

HASH = re.compile(password.PATTERN[1:-1], re.ASCII)
HASH_ADVICE = "write the line that allswell hash-password prints"
_BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
NETWORK = re.compile(
    rf"({_BYTE}\.){{3}}{_BYTE}/(3[0-2]|[12]?[0-9])"
    r"|[0-9a-f]*:[0-9a-f:]*/(12[0-8]|1[01][0-9]|[1-9]?[0-9])",
    re.ASCII,
)
NETWORK_ADVICE = "write a network like 192.0.2.0/24 or 2001:db8::/32"
ONE = "write either passwordHash or allowedNetworks"


@dataclass(frozen=True, slots=True)
class Access:
    """The access to a private page: a password's hash, or else the networks allowed."""

    password_hash: str = field(default="", repr=False)
    allowed_networks: tuple[str, ...] = ()


def read(fields: Fields) -> Access:
    """Read the block `access`."""
    networks = fields.texts(
        "allowedNetworks", most=64, longest=64, pattern=NETWORK, instead=NETWORK_ADVICE
    )
    for index, text in enumerate(networks):
        if not _is_network(text):
            wrong = f"{shown(text)} is not a network"
            fields.note(("allowedNetworks", index), wrong, NETWORK_ADVICE)
    access = Access(_hash(fields), networks)
    if fields.has("passwordHash") == bool(fields.take("allowedNetworks")):
        fields.note((), "a private page opens in one way", ONE)
    fields.close()
    return access


def _hash(fields: Fields) -> str:
    """Read the hash. A wrong value is not repeated: somebody may have written the password."""
    value = fields.take("passwordHash")
    if value is None:
        return ""
    if isinstance(value, str) and HASH.fullmatch(value):
        return value
    fields.note(("passwordHash",), "this is not the hash of a password", HASH_ADVICE)
    return ""


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def text(access: Access) -> dict[str, object]:
    """Return the block that `read` reads back as the same value."""
    if access.password_hash:
        return {"passwordHash": access.password_hash}
    return {"allowedNetworks": list(access.allowed_networks)}
