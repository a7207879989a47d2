"""The page as values, ready to be written by a template that decides nothing.

Texts are plain: the template escapes them. What is `Markup` was made safe by `prose`.
"""

from dataclasses import dataclass

from markupsafe import Markup

from allswell_web.graphics.uptime_bars import Path
from allswell_web.presentation.condition import Condition
from allswell_web.text.times import Moment


@dataclass(frozen=True, slots=True)
class Link:
    """A text and where it leads; `current` marks where the reader is, `code` a language."""

    text: str
    address: str
    current: bool = False
    code: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What the owner has chosen of the look; `css` holds checked values only.

    `icon` is the owner's favicon with the state in its corner.
    """

    css: str = ""
    logo: str = ""
    favicon: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every part of a page.

    `heading` is what the browser's tab says first. `own` is the language of the owner's texts where
    it is not that of the part, else empty. `alternates` are the same part in each
    language, absolute where the page's address is known.
    """

    title: str
    description: Markup
    heading: str
    condition: Condition
    as_of: Moment | None
    zone: str
    language: str
    own: str
    root: str
    home: str
    history: str
    canonical: str
    languages: tuple[Link, ...]
    alternates: tuple[Link, ...]
    links: tuple[Link, ...]
    picture: str
    look: Look


@dataclass(frozen=True, slots=True)
class Window:
    """Uptime and latency over a stretch; `percent` None is "no data", `p95` None too little.

    `whole` says that all of it was observed.
    """

    label: str
    percent: str | None
    coverage: str | None
    whole: bool
    p95: str | None = None


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
class Declaration:
    """What an open incident says of a component, beside what is observed."""

    word: str
    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Component:
    """One component. `note` is the reason, or what was last seen."""

    title: str
    address: str
    condition: Condition
    word: str
    since: Moment | None
    note: str
    declared: tuple[Declaration, ...]
    label: str
    summary: str
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
    """Components under one heading; one with trouble, or on a short page, is open.

    `is_ours`: the owner gave it no name, so it has one of ours.
    """

    name: str
    is_ours: bool
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
class Update:
    """One update: how far things had come, when it was said, and the words."""

    word: str
    at: Moment
    body: Markup


@dataclass(frozen=True, slots=True)
class Concerned:
    """A component that an announcement concerns; `word` is empty for maintenance."""

    title: str
    address: str
    word: str


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident. `resolved` None: it is open. `updates` stand newest first."""

    title: str
    address: str
    condition: Condition
    impact: str
    status: str
    started: Moment
    resolved: Moment | None
    lasted: str
    components: tuple[Concerned, ...]
    updates: tuple[Update, ...]


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Maintenance; `running` while it goes on."""

    title: str
    address: str
    phase: str
    running: bool
    start: Moment
    end: Moment
    components: tuple[Concerned, ...]
    updates: tuple[Update, ...]


@dataclass(frozen=True, slots=True)
class Outage:
    """A stretch of trouble of one component on one day."""

    title: str
    stretch: Stretch


@dataclass(frozen=True, slots=True)
class PastDay:
    """A day of the past with what was said and what was seen; `more` outages are not listed."""

    machine: str
    text: str
    incidents: tuple[Incident, ...]
    maintenances: tuple[Maintenance, ...]
    outages: tuple[Outage, ...]
    more: int

    @property
    def quiet(self) -> bool:
        """Whether nothing is to be told of it."""
        return not (self.incidents or self.maintenances or self.outages)


@dataclass(frozen=True, slots=True)
class Silence:
    """That the present is not known: since when, None for ever, and for how long."""

    since: Moment | None
    lasted: str


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page."""

    frame: Frame
    sentence: str
    condition: Condition
    since: Moment | None
    as_of: Moment | None
    silence: Silence | None
    affected: tuple[Affected, ...]
    more_affected: int
    incidents: tuple[Incident, ...]
    running: tuple[Maintenance, ...]
    upcoming: tuple[Maintenance, ...]
    groups: tuple[Group, ...]
    past: tuple[PastDay, ...]


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day of a component in a table."""

    machine: str
    text: str
    percent: str | None
    coverage: str | None
    stretches: tuple[Stretch, ...]
    more: int


@dataclass(frozen=True, slots=True)
class ComponentPage:
    """A component with every day that its bars show, and what was said of it."""

    frame: Frame
    component: Component
    group: str
    rows: tuple[DayRow, ...]
    incidents: tuple[Incident, ...]
    maintenances: tuple[Maintenance, ...]


@dataclass(frozen=True, slots=True)
class AnnouncementPage:
    """One incident or one maintenance; the other is None."""

    frame: Frame
    incident: Incident | None
    maintenance: Maintenance | None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """A month with what happened in it, and the months that there are.

    `partly` says that outages are no longer known of all of its days.
    """

    frame: Frame
    month: str
    days: tuple[PastDay, ...]
    months: tuple[Link, ...]
    partly: bool
