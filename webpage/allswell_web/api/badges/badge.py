"""Decide what a badge shows, and in which colour. Unknown is grey, never the last colour."""

from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from allswell.central import page_data
from allswell_web.api.route import RouteRequest
from allswell_web.api.statuspage import level
from allswell_web.api.statuspage.level import Level
from allswell_web.presentation import page_state, uptime_windows
from allswell_web.presentation.context import Buckets
from allswell_web.presentation.page_state import ComponentState, PageState
from allswell_web.presentation.uptime_windows import UptimeWindow
from allswell_web.status.component_status import ComponentStatus
from allswell_web.text import labels, untrusted_text
from allswell_web.text.languages import ENGLISH

STATE, UPTIME, P95 = "state", "uptime", "p95"
NAMES = ("24h", *(f"{days}d" for days in uptime_windows.LENGTHS))
# The valid facts; without a window it is uptime over 90 days, and p95 over 24 hours.
FACTS = (STATE, UPTIME, P95, *(f"{kind}-{name}" for kind in (UPTIME, P95) for name in NAMES))
_DEFAULT_WINDOWS = {UPTIME: NAMES[-1], P95: NAMES[0]}
# Each has a contrast of at least 6.5 : 1 with white.
UP, DEGRADED, DOWN = "#0b6b4f", "#8a4b00", "#7d0a20"
MAINTENANCE, UNKNOWN, NEUTRAL = "#2145c7", "#565c66", "#33475b"
MAX_LETTERS = 60
_GOOD, _FAIR = Decimal("99.9"), Decimal(99)
_LEVELS = MappingProxyType(
    {
        Level.UP: ("up", UP),
        Level.MAINTENANCE: ("maintenance", MAINTENANCE),
        Level.UNKNOWN: ("unknown", UNKNOWN),
        Level.DEGRADED: ("degraded", DEGRADED),
        Level.PARTIAL: ("partial outage", DOWN),
        Level.DOWN: ("down", DOWN),
    }
)
_WITHOUT_DATA = MappingProxyType(
    {ComponentStatus.PAUSED: "paused", ComponentStatus.NEW: "no data yet"}
)
_INDICATORS = MappingProxyType(
    {"none": UP, "maintenance": MAINTENANCE, "minor": DEGRADED, "major": DOWN, "critical": DOWN}
)


@dataclass(frozen=True, slots=True)
class Badge:
    """A label and a message, which is never empty; `colour` is `#` and six digits."""

    label: str
    message: str
    colour: str = UNKNOWN

    @property
    def is_bad(self) -> bool:
        """Decide whether it reports something that is down or unknown."""
        return self.colour in (DOWN, UNKNOWN)


def find(request: RouteRequest, public_id: str) -> page_data.ComponentData | None:
    """Find the component with a public id."""
    return next((it for it in request.facts.components if it.public_id == public_id), None)


def of_component(request: RouteRequest, public_id: str, fact: str) -> Badge:
    """Build the badge of one component; grey where the page has no such component."""
    data = find(request, public_id)
    if data is None:
        return Badge(_short(request.facts.page.title), "not found")
    # The others need not be evaluated.
    state = page_state.of(replace(request.facts, components=(data,)), request.now)
    (component,) = state.components
    if fact == STATE:
        return _state(request, component)
    windows = uptime_windows.of_component(
        state, component, _needed(request, fact), uptime_windows.days_of(state, component)
    )
    return _figure(data.title, fact, windows)


def of_page(request: RouteRequest, fact: str) -> Badge:
    """Build the badge of the whole page."""
    state = page_state.of(request.facts, request.now)
    if fact == STATE:
        return _overall(request, state)
    return _figure(
        request.facts.page.title, fact, uptime_windows.of_page(state, _needed(request, fact))
    )


def _needed(request: RouteRequest, fact: str) -> Buckets:
    """Return no latency buckets where only uptime is asked for: there are many on a large page."""
    return request.buckets if fact.startswith(P95) else {}


def _state(request: RouteRequest, component: ComponentState) -> Badge:
    declared = level.declared([it for it in request.facts.incidents if it.started <= request.now])
    status = component.current.status
    worst = level.of(status, declared.get(component.data.name, Level.UP))
    message, colour = _LEVELS[worst]
    if status in _WITHOUT_DATA and worst <= Level.UNKNOWN:
        message, colour = _WITHOUT_DATA[status], UNKNOWN
    return Badge(_short(component.data.title), message, colour)


def _overall(request: RouteRequest, state: PageState) -> Badge:
    published = [
        incident for incident in request.facts.incidents if incident.started <= request.now
    ]
    indicator, description = level.of_page(state, published)
    colour = UNKNOWN if description.startswith("Status ") else _INDICATORS[indicator]
    return Badge(_short(state.page.title), description, colour)


def _figure(title: str, fact: str, windows: tuple[UptimeWindow, ...]) -> Badge:
    kind, _, name = fact.partition("-")
    window = next(it for it in windows if it.name == (name or _DEFAULT_WINDOWS[kind]))
    label = f"{_short(title)} {kind} {window.name}"
    if kind == P95:
        return _latency(label, window.p95_us)
    return _uptime(label, window.uptime.percent())


def _uptime(label: str, percent: str | None) -> Badge:
    if percent is None:
        return Badge(label, "no data")
    share = Decimal(percent)
    colour = UP if share >= _GOOD else DEGRADED if share >= _FAIR else DOWN
    return Badge(label, labels.percent(ENGLISH, percent), colour)


def _latency(label: str, p95_us: int | None) -> Badge:
    if p95_us is None:
        return Badge(label, "no data")
    return Badge(label, labels.latency(ENGLISH, p95_us), NEUTRAL)


def _short(title: str) -> str:
    text = untrusted_text.line(title)
    return text if len(text) <= MAX_LETTERS else f"{text[: MAX_LETTERS - 1].rstrip()}…"
