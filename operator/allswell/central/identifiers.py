"""Random names: what outsiders see of a row instead of its number."""

import secrets
import string

LENGTH = 12
_ALPHABET = string.ascii_lowercase + string.digits


def public_id() -> str:
    """12 characters of a-z and 0-9: 62 bits, so that two alike are not to be expected."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))


def installation() -> str:
    """128 bits in hexadecimal: no two installations are alike."""
    return secrets.token_hex(16)
