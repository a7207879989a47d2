"""Derive ids of what the database has no row for: 12 characters of a-z and 0-9, as all public ids.

They depend on nothing but what they name, so they are the same in every process and never change.
"""

import hashlib
import uuid

_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LENGTH = 12
# A namespace of our own, generated once at random.
_SPACE = uuid.UUID("6f0c5a52-6f5e-4d8b-9a51-0b7b3b0f9c1e")


def of(*parts: str) -> str:
    """Derive the id of the thing that these parts name, none of which holds a line break."""
    number = int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest())
    letters = []
    for _ in range(_LENGTH):
        number, rest = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[rest])
    return "".join(letters)


def urn(*parts: str) -> str:
    """Derive a URN, `urn:uuid:…` (RFC 9562, version 5), for feeds and calendars."""
    return f"urn:uuid:{uuid.uuid5(_SPACE, '/'.join(parts))}"
