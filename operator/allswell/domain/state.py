"""Define a monitor's states, and the closed list of reasons that the public may see.

A reason decides its state: `HTTP 503` is always down, `Slow` always degraded. So a raw sample
stores a small number and nothing else, and no two parts can disagree about what a reason means.
"""

from enum import StrEnum


class State(StrEnum):
    """The state of a target; `unknown` means that nobody was observing it."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"
    PAUSED = "paused"


OK = ""
SLOW = "Slow"
CERTIFICATE_EXPIRING = "CertificateExpiring"
TIMEOUT = "Timeout"
DNS_FAILED = "DNSFailed"
CONNECTION_REFUSED = "ConnectionRefused"
CONNECTION_RESET = "ConnectionReset"
UNREACHABLE = "Unreachable"
CONNECTION_FAILED = "ConnectionFailed"
TLS_EXPIRED = "TLSExpired"
TLS_UNTRUSTED = "TLSUntrusted"
TLS_NAME_MISMATCH = "TLSNameMismatch"
TLS_FAILED = "TLSFailed"
PROTOCOL_ERROR = "ProtocolError"
BODY_MISMATCH = "BodyMismatch"
BODY_TOO_LARGE = "BodyTooLarge"
TOO_MANY_REDIRECTS = "TooManyRedirects"
BAD_REDIRECT = "BadRedirect"
UNEXPECTED_REPLY = "UnexpectedReply"
ADDRESS_REFUSED = "AddressRefused"
FLAPPING = "Flapping"
EGRESS_LOST = "EgressLost"
SECRET_MISSING = "SecretMissing"  # noqa: S105 - a reason, not a secret
CHECKER_ERROR = "CheckerError"

# The number of each reason in a stored sample. Numbers are stored: add, never change.
_CODES: dict[str, int] = {
    OK: 0,
    SLOW: 1,
    CERTIFICATE_EXPIRING: 2,
    TIMEOUT: 10,
    DNS_FAILED: 11,
    CONNECTION_REFUSED: 12,
    CONNECTION_RESET: 13,
    UNREACHABLE: 14,
    CONNECTION_FAILED: 15,
    TLS_EXPIRED: 20,
    TLS_UNTRUSTED: 21,
    TLS_NAME_MISMATCH: 22,
    TLS_FAILED: 23,
    PROTOCOL_ERROR: 30,
    BODY_MISMATCH: 31,
    BODY_TOO_LARGE: 32,
    TOO_MANY_REDIRECTS: 33,
    BAD_REDIRECT: 34,
    UNEXPECTED_REPLY: 35,
    ADDRESS_REFUSED: 40,
    FLAPPING: 60,
    EGRESS_LOST: 80,
    SECRET_MISSING: 81,
    CHECKER_ERROR: 82,
}
_REASONS = {code: reason for reason, code in _CODES.items()}
_DEGRADED = range(1, 10)
_UNKNOWN = range(80, 100)
_HTTP = range(1100, 2000)
_HTTP_BASE = 1000


def http(status: int) -> str:
    """Return the reason for an unexpected HTTP status (100 to 999), e.g. `HTTP 503`."""
    return f"HTTP {status}"


def code(reason: str) -> int:
    """Return the number of a reason. Raises ValueError for one that is not on the closed list."""
    known = _CODES.get(reason)
    if known is not None:
        return known
    word, _, status = reason.partition(" ")
    if word == "HTTP" and status.isascii() and status.isdigit():
        number = _HTTP_BASE + int(status)
        if number in _HTTP and reason == http(int(status)):
            return number
    raise ValueError(f"{reason!r} is not a reason that allswell knows")


def reason_of(number: int) -> str:
    """Return the reason with a number; one that a newer version wrote reads as `CheckerError`."""
    if number in _HTTP:
        return http(number - _HTTP_BASE)
    return _REASONS.get(number, CHECKER_ERROR)


def of(reason: str) -> State:
    """Return the state that a reason implies. Raises ValueError for an unknown reason."""
    number = code(reason)
    if number == 0:
        return State.UP
    if number in _DEGRADED:
        return State.DEGRADED
    return State.UNKNOWN if number in _UNKNOWN else State.DOWN
