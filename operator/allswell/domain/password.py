"""Hash and verify the passwords of private pages (scrypt, RFC 7914); only hashes are stored.

The costs are fixed, so that nobody can write a manifest whose check takes the page's memory or
time: 16 MiB and about a fifth of a second.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

# 2^14, 8, 5: one of the settings that OWASP's password storage sheet calls equal.
COST = 1 << 14
BLOCK = 8
PARALLEL = 5
SALT_BYTES = 16
HASH_BYTES = 32
HEAD = "scrypt:14:8:5:"
PATTERN = r"^scrypt:14:8:5:[A-Za-z0-9_-]{22}:[A-Za-z0-9_-]{43}$"


def hash_password(password: str, salt: bytes) -> str:
    """Hash a password as a manifest holds it: `scrypt:14:8:5:SALT:HASH`."""
    return f"{HEAD}{_text(salt)}:{_text(_scrypt(password, salt))}"


def matches(password: str, stored_hash: str) -> bool:
    """Tell whether a password matches a hash; compares in constant time."""
    salt, _, expected = stored_hash.removeprefix(HEAD).partition(":")
    return hmac.compare_digest(_text(_scrypt(password, _bytes(salt))), expected)


def _scrypt(password: str, salt: bytes) -> bytes:
    data = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(data, salt=salt, n=COST, r=BLOCK, p=PARALLEL, dklen=HASH_BYTES)


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
