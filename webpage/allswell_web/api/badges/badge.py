"""What a badge says, and in which colour. What is not known is grey, never the last colour."""

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
from allswell_web.text.language import ENGLISH

STATE, UPTIME, P95 = "state", "uptime", "p95"
NAMES = ("24h", *(f"{days}d" for days in uptime_windows.LENGTHS))
# What may be asked for; without a window it is uptime over 90 days, and p95 over 24 hours.
FACTS = (STATE, UPTIME, P95, *(f"{kind}-{name}" for kind in (UPTIME, P95) for name in NAMES))
_USUAL = {UPTIME: NAMES[-1], P95: NAMES[0]}
# Each has a contrast of at least 6.5 : 1 with white.
UP, DEGRADED, DOWN = "#0b6b4f", "#8a4b00", "#7d0a20"
MAINTENANCE, UNKNOWN, NEUTRAL = "#2145c7", "#565c66", "#33475b"
MOST_LETTERS = 60
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
        """Whether it tells of something that is down or not known."""
        return self.colour in (DOWN, UNKNOWN)


def find(asked: RouteRequest, component: str) -> page_data.ComponentData | None:
    """The component with a public id."""
    return next((it for it in asked.found.components if it.public_id == component), None)


def of_component(asked: RouteRequest, component: str, fact: str) -> Badge:
    """The badge of one component; grey where the page has no such component."""
    one = find(asked, component)
    if one is None:
        return Badge(_short(asked.found.page.title), "not found")
    # The others need not be looked at.
    it = page_state.of(replace(asked.found, components=(one,)), asked.now)
    (line,) = it.lines
    if fact == STATE:
        return _state(asked, line)
    found = uptime_windows.of_line(it, line, _needed(asked, fact), uptime_windows.days_of(it, line))
    return _figure(one.title, fact, found)


def of_page(asked: RouteRequest, fact: str) -> Badge:
    """The badge of the whole page."""
    it = page_state.of(asked.found, asked.now)
    if fact == STATE:
        return _overall(asked, it)
    return _figure(asked.found.page.title, fact, uptime_windows.of_page(it, _needed(asked, fact)))


def _needed(asked: RouteRequest, fact: str) -> Buckets:
    """Uptime needs none of today's latencies, which are many on a large page."""
    return asked.buckets if fact.startswith(P95) else {}


def _state(asked: RouteRequest, line: ComponentState) -> Badge:
    declared = level.declared([it for it in asked.found.incidents if it.started <= asked.now])
    condition = line.current.status
    found = level.of(condition, declared.get(line.component.name, Level.UP))
    message, colour = _LEVELS[found]
    if condition in _WITHOUT_DATA and found <= Level.UNKNOWN:
        message, colour = _WITHOUT_DATA[condition], UNKNOWN
    return Badge(_short(line.component.title), message, colour)


def _overall(asked: RouteRequest, it: PageState) -> Badge:
    told = [incident for incident in asked.found.incidents if incident.started <= asked.now]
    indicator, description = level.of_page(it, told)
    colour = UNKNOWN if description.startswith("Status ") else _INDICATORS[indicator]
    return Badge(_short(it.page.title), description, colour)


def _figure(title: str, fact: str, found: tuple[UptimeWindow, ...]) -> Badge:
    kind, _, name = fact.partition("-")
    window = next(it for it in found if it.name == (name or _USUAL[kind]))
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
    return Badge(label, labels.milliseconds(ENGLISH, p95_us), NEUTRAL)


def _short(title: str) -> str:
    text = untrusted_text.line(title)
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1].rstrip()}…"
