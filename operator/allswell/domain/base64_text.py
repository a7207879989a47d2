"""Decode base64 by one rule on every Python: that of the standard library changes.

Only the alphabet of RFC 4648 §4 counts. Padding says nothing that the length does not say, so a
text may have none or up to two `=` (as CRDs' patterns take it); one character more than whole
groups of four is no base64. White space and anything else between is refused.
"""

import base64
import re

_TEXT = re.compile(r"([A-Za-z0-9+/]*)={0,2}", re.ASCII)


def decode(text: str) -> bytes:
    """Decode a text. Raises `ValueError`."""
    matched = _TEXT.fullmatch(text)
    if matched is None or len(matched[1]) % 4 == 1:
        raise ValueError("this is not base64")
    return base64.b64decode(matched[1] + "=" * (-len(matched[1]) % 4))
