"""What visitors read: states and reasons in plain English.

Every text that we write ourselves stands here or in a template, so that it can be translated.
Texts of a page's owner never pass through here.
"""

from allswell.domain import state, timeline
from allswell_web.condition import Condition

CONDITIONS = {
    Condition.UP: "Operational",
    Condition.DEGRADED: "Degraded",
    Condition.DOWN: "Down",
    Condition.UNKNOWN: "Not known",
    Condition.MAINTENANCE: "Under maintenance",
    Condition.PAUSED: "Monitoring paused",
    Condition.NEW: "No data yet",
}
NEUTRAL = "a problem was seen"
_REASONS = {
    state.OK: "",
    state.SLOW: "slower than it should be",
    state.CERTIFICATE_EXPIRING: "its certificate runs out soon",
    state.TIMEOUT: "did not answer in time",
    state.DNS_FAILED: "its name could not be found",
    state.CONNECTION_REFUSED: "refused the connection",
    state.CONNECTION_RESET: "broke off the connection",
    state.UNREACHABLE: "could not be reached",
    state.CONNECTION_FAILED: "could not be connected to",
    state.TLS_EXPIRED: "its certificate has expired",
    state.TLS_UNTRUSTED: "its certificate is not trusted",
    state.TLS_NAME_MISMATCH: "its certificate is for another name",
    state.TLS_FAILED: "no secure connection could be made",
    state.PROTOCOL_ERROR: "gave an answer that could not be read",
    state.BODY_MISMATCH: "answered with unexpected content",
    state.BODY_TOO_LARGE: "sent too long an answer",
    state.TOO_MANY_REDIRECTS: "redirected too many times",
    state.BAD_REDIRECT: "redirected to a wrong address",
    state.UNEXPECTED_REPLY: "answered with something unexpected",
    state.ADDRESS_REFUSED: "its address may not be checked",
    state.FLAPPING: "went up and down many times",
    state.EGRESS_LOST: "our own network was cut off",
    state.SECRET_MISSING: "our monitoring was not fully set up",
    state.CHECKER_ERROR: "our monitoring had a fault",
    timeline.NO_DATA: "we were not looking",
}


def reason(code: str) -> str:
    """A reason from the closed list in words; a neutral phrase for one from elsewhere."""
    known = _REASONS.get(code)
    if known is not None:
        return known
    try:
        state.code(code)
    except ValueError:
        return NEUTRAL
    return f"answered {code}"


def count(number: int, one: str, many: str) -> str:
    """A number with its noun: `1 day`, `2 days`."""
    return f"{number} {one if number == 1 else many}"


def milliseconds(microseconds: int) -> str:
    """A latency for people: `3.2 ms`, `180 ms`, `2.4 s`."""
    ms = microseconds / 1000
    if ms < 10:  # noqa: PLR2004 - one decimal only where it says something
        return f"{ms:.1f} ms"
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"  # noqa: PLR2004 - a second
