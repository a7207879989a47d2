"""Read from a certificate how long it is still valid.

The standard library decodes a certificate only where it was verified, and a check that skips
verification wants to know as well. The end of validity lies at a fixed place (RFC 5280, 4.1), so a
few lines of DER are enough.
"""

from datetime import UTC, datetime, timedelta

VERSION = 0xA0
UTC_TIME = 0x17
LONG_FORM = 0x80


def days_left(der: bytes, now: datetime) -> int | None:
    """Return the whole days until a certificate expires, negative afterwards; None: unreadable."""
    try:
        return (not_after(der) - now) // timedelta(days=1)
    except (ValueError, IndexError):
        return None


def not_after(der: bytes) -> datetime:
    """Return the end of a certificate's validity. Raises ValueError or IndexError."""
    certificate, _, _ = _content(der, 0)
    at, _, _ = _content(der, certificate)
    if der[at] == VERSION:
        at = _content(der, at)[1]
    for _ in ("serial number", "signature", "issuer"):
        at = _content(der, at)[1]
    validity, _, _ = _content(der, at)
    at = _content(der, validity)[1]
    start, end, tag = _content(der, at)
    text = der[start:end].decode("ascii")
    if tag == UTC_TIME:
        # RFC 5280 4.1.2.5.1: two digits from 50 on are of the twentieth century.
        text = ("19" if text >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _content(der: bytes, at: int) -> tuple[int, int, int]:
    """Return the start and the end of an element's content, and its tag."""
    length, start = der[at + 1], at + 2
    if length >= LONG_FORM:
        size = length - LONG_FORM
        length = int.from_bytes(der[start : start + size])
        start += size
    return start, start + length, der[at]
