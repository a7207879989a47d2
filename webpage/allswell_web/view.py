"""The page as values, ready to be written by a template that decides nothing.

Texts are plain: the template escapes them.
"""

from dataclasses import dataclass

from allswell_web.bars import Path
from allswell_web.condition import Condition
from allswell_web.moments import Moment


@dataclass(frozen=True, slots=True)
class Window:
    """Uptime over a stretch, in percent; `percent` None is "no data"."""

    label: str
    percent: str | None
    coverage: str | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time of trouble within one day: `14:02 - 14:20 CET`, how long, what, why."""

    condition: Condition
    times: str
    duration: str
    word: str
    reason: str


@dataclass(frozen=True, slots=True)
class TroubledDay:
    """A day with trouble; `more` stretches are not listed."""

    machine: str
    text: str
    stretches: tuple[Stretch, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Latency:
    """The last 24 hours of latency: a path in a box of 240 x 24, and a sentence."""

    data: str
    label: str
    average: str
    p95: str | None


@dataclass(frozen=True, slots=True)
class Component:
    """One component. `note` is the reason, or what was last seen."""

    title: str
    condition: Condition
    word: str
    since: Moment | None
    note: str
    label: str
    bars: tuple[Path, ...]
    windows: tuple[Window, ...]
    days: tuple[TroubledDay, ...]
    older_days: int
    latency: Latency | None

    @property
    def quarter(self) -> Window:
        """Uptime over the days that the bars show."""
        return self.windows[-1]


@dataclass(frozen=True, slots=True)
class Group:
    """Components under one heading; one with trouble, or on a short page, is open."""

    name: str
    opened: bool
    summary: str
    condition: Condition
    components: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class Affected:
    """A component that visitors should know of first."""

    title: str
    condition: Condition
    word: str
    since: Moment | None
    note: str


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page. `silence` is set when the present is not known, and says since when."""

    title: str
    description: str
    sentence: str
    condition: Condition
    since: Moment | None
    as_of: Moment | None
    silence: tuple[str, ...]
    affected: tuple[Affected, ...]
    more_affected: int
    groups: tuple[Group, ...]
    zone: str
    canonical: str
