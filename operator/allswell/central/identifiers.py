"""Make random names: what outsiders see of a row instead of its number."""

import secrets
import string

LENGTH = 12
_ALPHABET = string.ascii_lowercase + string.digits


def public_id() -> str:
    """Return 12 characters of a-z and 0-9: 62 bits, so that no two are to be expected alike."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))


def installation() -> str:
    """Return 128 bits in hexadecimal: no two installations are alike."""
    return secrets.token_hex(16)
