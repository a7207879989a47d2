"""Write states, reasons, numbers and durations in the language of the page.

Every text of our own is here, in a presenter or in a template, so that it can be translated. Texts
of a page's owner never pass through here.
"""

from datetime import timedelta

from allswell.domain import duration as durations
from allswell.domain import state, timeline
from allswell.domain.incident import Effect, Impact, Status
from allswell.domain.maintenance import Phase
from allswell_web.status.component_status import ComponentStatus
from allswell_web.text.languages import Language, translatable

_COMPONENT_STATUSES = {
    ComponentStatus.UP: translatable("Operational"),
    ComponentStatus.DEGRADED: translatable("Degraded"),
    ComponentStatus.DOWN: translatable("Down"),
    ComponentStatus.UNKNOWN: translatable("Unknown"),
    ComponentStatus.MAINTENANCE: translatable("Under maintenance"),
    ComponentStatus.PAUSED: translatable("Monitoring paused"),
    ComponentStatus.NEW: translatable("No data yet"),
}
_INCIDENT_STATUSES = {
    Status.INVESTIGATING: translatable("Investigating"),
    Status.IDENTIFIED: translatable("Identified"),
    Status.MONITORING: translatable("Monitoring"),
    Status.RESOLVED: translatable("Resolved"),
    Status.POSTMORTEM: translatable("Postmortem"),
}
_IMPACTS = {
    Impact.NONE: translatable("No impact"),
    Impact.MINOR: translatable("Minor impact"),
    Impact.MAJOR: translatable("Major impact"),
    Impact.CRITICAL: translatable("Critical impact"),
}
_EFFECTS = {
    Effect.OPERATIONAL: translatable("Operational"),
    Effect.DEGRADED: translatable("Degraded"),
    Effect.PARTIAL: translatable("Partial outage"),
    Effect.DOWN: translatable("Down"),
}
_PHASES = {
    Phase.SCHEDULED: translatable("Scheduled"),
    Phase.IN_PROGRESS: translatable("In progress"),
    Phase.VERIFYING: translatable("Verifying"),
    Phase.COMPLETED: translatable("Completed"),
    Phase.CANCELLED: translatable("Cancelled"),
}
NEUTRAL = translatable("a problem was detected")
_REASONS = {
    state.SLOW: translatable("slow response"),
    state.CERTIFICATE_EXPIRING: translatable("TLS certificate expires soon"),
    state.TIMEOUT: translatable("timed out"),
    state.DNS_FAILED: translatable("DNS lookup failed"),
    state.CONNECTION_REFUSED: translatable("connection refused"),
    state.CONNECTION_RESET: translatable("connection reset"),
    state.UNREACHABLE: translatable("host unreachable"),
    state.CONNECTION_FAILED: translatable("connection failed"),
    state.TLS_EXPIRED: translatable("TLS certificate expired"),
    state.TLS_UNTRUSTED: translatable("TLS certificate not trusted"),
    state.TLS_NAME_MISMATCH: translatable("TLS certificate for a different name"),
    state.TLS_FAILED: translatable("TLS handshake failed"),
    state.PROTOCOL_ERROR: translatable("invalid response"),
    state.BODY_MISMATCH: translatable("unexpected response content"),
    state.BODY_TOO_LARGE: translatable("response too large"),
    state.TOO_MANY_REDIRECTS: translatable("too many redirects"),
    state.BAD_REDIRECT: translatable("invalid redirect"),
    state.UNEXPECTED_REPLY: translatable("unexpected response"),
    state.ADDRESS_REFUSED: translatable("address not allowed"),
    state.FLAPPING: translatable("flapping between up and down"),
    state.EGRESS_LOST: translatable("network outage of our monitoring"),
    state.SECRET_MISSING: translatable("monitoring not fully configured"),
    state.CHECKER_ERROR: translatable("internal error of our monitoring"),
    timeline.NO_DATA: translatable("no monitoring data"),
}


def component_status(language: Language, status: ComponentStatus) -> str:
    """Return a component's status in one or two words."""
    return language.text(_COMPONENT_STATUSES[status])


def incident_status(language: Language, status: Status) -> str:
    """Return how far the handling of an incident has come."""
    return language.text(_INCIDENT_STATUSES[status])


def incident_impact(language: Language, value: Impact) -> str:
    """Return how severe an incident is."""
    return language.text(_IMPACTS[value])


def incident_effect(language: Language, value: Effect) -> str:
    """Return what an incident does to one component."""
    return language.text(_EFFECTS[value])


def maintenance_phase(language: Language, value: Phase) -> str:
    """Return how far maintenance has come."""
    return language.text(_PHASES[value])


def reason(language: Language, code: str) -> str:
    """Return a reason of the closed list in words; a neutral phrase for any other."""
    if code == state.OK:
        return ""
    known = _REASONS.get(code)
    if known is not None:
        return language.text(known)
    try:
        state.code(code)
    except ValueError:
        return language.text(NEUTRAL)
    return language.text("returned {code}", code=code)


def number(language: Language, digits: str) -> str:
    """Write a decimal number with the language's own decimal mark."""
    return digits.replace(".", language.in_context("decimal mark", "."))


def percent(language: Language, digits: str) -> str:
    """Write a percentage: `99.98 %`."""
    localized = number(language, digits)
    return language.in_context("percentage", "{number} %", number=localized)


def unbreakable(text: str) -> str:
    """Join a number and its unit by a no-break space, so that no line ends between them."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def latency(language: Language, microseconds: int) -> str:
    """Write a latency: `3.2 ms`, `180 ms`, `2.4 s`."""
    latency_ms = microseconds / 1000
    if latency_ms < 10:  # noqa: PLR2004 - one decimal only where it says something
        return _unit(language, f"{latency_ms:.1f}", "ms")
    if latency_ms < 1000:  # noqa: PLR2004 - a second
        return _unit(language, f"{latency_ms:.0f}", "ms")
    return _unit(language, f"{latency_ms / 1000:.1f}", "s")


def duration(language: Language, length: timedelta) -> str:
    """Write a duration in its two largest units: `2 d 3 h`, `4 min 5 s`."""
    parts = durations.words(length).split()
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return " ".join(_unit(language, count, unit) for count, unit in pairs)


def _unit(language: Language, count: str, unit: str) -> str:
    localized = number(language, count)
    match unit:
        case "ms":
            return language.in_context("milliseconds", "{number} ms", number=localized)
        case "s":
            return language.in_context("seconds", "{number} s", number=localized)
        case "min":
            return language.in_context("minutes", "{number} min", number=localized)
        case "h":
            return language.in_context("hours", "{number} h", number=localized)
        case _:
            return language.in_context("days", "{number} d", number=localized)
