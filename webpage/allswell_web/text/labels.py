"""What visitors read: states, reasons, numbers and lengths of time, in the language of the page.

Every text that we write ourselves stands here, in a presenter or in a template, so that it can be
translated. Texts of a page's owner never pass through here.
"""

from datetime import timedelta

from allswell.domain import duration as durations
from allswell.domain import state, timeline
from allswell.domain.incident import Effect, Impact, Status
from allswell.domain.maintenance import Phase
from allswell_web.status.component_status import ComponentStatus
from allswell_web.text.language import Language, noted

_CONDITIONS = {
    ComponentStatus.UP: noted("Operational"),
    ComponentStatus.DEGRADED: noted("Degraded"),
    ComponentStatus.DOWN: noted("Down"),
    ComponentStatus.UNKNOWN: noted("Not known"),
    ComponentStatus.MAINTENANCE: noted("Under maintenance"),
    ComponentStatus.PAUSED: noted("Monitoring paused"),
    ComponentStatus.NEW: noted("No data yet"),
}
_STATUSES = {
    Status.INVESTIGATING: noted("Investigating"),
    Status.IDENTIFIED: noted("Identified"),
    Status.MONITORING: noted("Watching the fix"),
    Status.RESOLVED: noted("Resolved"),
    Status.POSTMORTEM: noted("What happened"),
}
_IMPACTS = {
    Impact.NONE: noted("No impact"),
    Impact.MINOR: noted("Minor impact"),
    Impact.MAJOR: noted("Major impact"),
    Impact.CRITICAL: noted("Critical impact"),
}
_EFFECTS = {
    Effect.OPERATIONAL: noted("Operational"),
    Effect.DEGRADED: noted("Degraded"),
    Effect.PARTIAL: noted("Partly down"),
    Effect.DOWN: noted("Down"),
}
_PHASES = {
    Phase.SCHEDULED: noted("Planned"),
    Phase.IN_PROGRESS: noted("In progress"),
    Phase.VERIFYING: noted("Being verified"),
    Phase.COMPLETED: noted("Completed"),
    Phase.CANCELLED: noted("Called off"),
}
NEUTRAL = noted("a problem was seen")
_REASONS = {
    state.SLOW: noted("slower than it should be"),
    state.CERTIFICATE_EXPIRING: noted("its certificate runs out soon"),
    state.TIMEOUT: noted("did not answer in time"),
    state.DNS_FAILED: noted("its name could not be found"),
    state.CONNECTION_REFUSED: noted("refused the connection"),
    state.CONNECTION_RESET: noted("broke off the connection"),
    state.UNREACHABLE: noted("could not be reached"),
    state.CONNECTION_FAILED: noted("could not be connected to"),
    state.TLS_EXPIRED: noted("its certificate has expired"),
    state.TLS_UNTRUSTED: noted("its certificate is not trusted"),
    state.TLS_NAME_MISMATCH: noted("its certificate is for another name"),
    state.TLS_FAILED: noted("no secure connection could be made"),
    state.PROTOCOL_ERROR: noted("gave an answer that could not be read"),
    state.BODY_MISMATCH: noted("answered with unexpected content"),
    state.BODY_TOO_LARGE: noted("sent too long an answer"),
    state.TOO_MANY_REDIRECTS: noted("redirected too many times"),
    state.BAD_REDIRECT: noted("redirected to a wrong address"),
    state.UNEXPECTED_REPLY: noted("answered with something unexpected"),
    state.ADDRESS_REFUSED: noted("its address may not be checked"),
    state.FLAPPING: noted("went up and down many times"),
    state.EGRESS_LOST: noted("our own network was cut off"),
    state.SECRET_MISSING: noted("our monitoring was not fully set up"),
    state.CHECKER_ERROR: noted("our monitoring had a fault"),
    timeline.NO_DATA: noted("we were not looking"),
}


def component_status(say: Language, what: ComponentStatus) -> str:
    """Return a component's status in one or two words."""
    return say.text(_CONDITIONS[what])


def incident_status(say: Language, what: Status) -> str:
    """How far an incident has come."""
    return say.text(_STATUSES[what])


def impact(say: Language, what: Impact) -> str:
    """How bad an incident is."""
    return say.text(_IMPACTS[what])


def effect(say: Language, what: Effect) -> str:
    """What an incident does to one component."""
    return say.text(_EFFECTS[what])


def phase(say: Language, what: Phase) -> str:
    """How far maintenance has come."""
    return say.text(_PHASES[what])


def reason(say: Language, code: str) -> str:
    """A reason from the closed list in words; a neutral phrase for one from elsewhere."""
    if code == state.OK:
        return ""
    known = _REASONS.get(code)
    if known is not None:
        return say.text(known)
    try:
        state.code(code)
    except ValueError:
        return say.text(NEUTRAL)
    return say.text("answered {code}", code=code)


def number(say: Language, text: str) -> str:
    """A decimal number with the language's own mark in it."""
    return text.replace(".", say.form("decimal mark", "."))


def percent(say: Language, text: str) -> str:
    """A percentage: `99.98 %`."""
    shown = number(say, text)
    return say.form("percentage", "{number} %", number=shown)


def whole(text: str) -> str:
    """A number with its unit as a page shows it: they never part at the end of a line."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def milliseconds(say: Language, microseconds: int) -> str:
    """A latency for people: `3.2 ms`, `180 ms`, `2.4 s`."""
    ms = microseconds / 1000
    if ms < 10:  # noqa: PLR2004 - one decimal only where it says something
        return _unit(say, f"{ms:.1f}", "ms")
    return _unit(say, f"{ms:.0f}", "ms") if ms < 1000 else _unit(say, f"{ms / 1000:.1f}", "s")  # noqa: PLR2004 - a second


def duration(say: Language, length: timedelta) -> str:
    """A length of time in its two largest units: `2 d 3 h`, `4 min 5 s`."""
    parts = durations.words(length).split()
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return " ".join(_unit(say, count, unit) for count, unit in pairs)


def _unit(say: Language, count: str, unit: str) -> str:
    shown = number(say, count)
    match unit:
        case "ms":
            return say.form("milliseconds", "{number} ms", number=shown)
        case "s":
            return say.form("seconds", "{number} s", number=shown)
        case "min":
            return say.form("minutes", "{number} min", number=shown)
        case "h":
            return say.form("hours", "{number} h", number=shown)
        case _:
            return say.form("days", "{number} d", number=shown)
