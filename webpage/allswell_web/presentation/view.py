"""The page as values, ready to be written by a template that decides nothing.

Texts are plain: the template escapes them. What is `Markup` was made safe by `prose`.
"""

from dataclasses import dataclass

from markupsafe import Markup

from allswell_web.graphics.uptime_bars import Path
from allswell_web.status.component_status import ComponentStatus
from allswell_web.text.times import Moment


@dataclass(frozen=True, slots=True)
class LinkView:
    """A text and where it leads; `current` marks where the reader is, `code` a language."""

    text: str
    address: str
    current: bool = False
    code: str = ""


@dataclass(frozen=True, slots=True)
class LookView:
    """What the owner has chosen of the look; `css` holds checked values only.

    `icon` is the owner's favicon with the state in its corner.
    """

    css: str = ""
    logo: str = ""
    favicon: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class FrameView:
    """What stands around every part of a page.

    `heading` is what the browser's tab says first. `own` is the language of the owner's texts where
    it is not that of the part, else empty. `alternates` are the same part in each
    language, absolute where the page's address is known.
    """

    title: str
    description: Markup
    heading: str
    status: ComponentStatus
    as_of: Moment | None
    zone: str
    language: str
    own: str
    root: str
    home: str
    history: str
    canonical: str
    languages: tuple[LinkView, ...]
    alternates: tuple[LinkView, ...]
    links: tuple[LinkView, ...]
    picture: str
    look: LookView


@dataclass(frozen=True, slots=True)
class WindowView:
    """Uptime and latency over a stretch; `percent` None is "no data", `p95` None too little.

    `whole` says that all of it was observed.
    """

    label: str
    percent: str | None
    coverage: str | None
    whole: bool
    p95: str | None = None


@dataclass(frozen=True, slots=True)
class StretchView:
    """A time of trouble within one day: `14:02 - 14:20 CET`, how long, what, why."""

    status: ComponentStatus
    times: str
    duration: str
    word: str
    reason: str


@dataclass(frozen=True, slots=True)
class TroubledDayView:
    """A day with trouble; `more` stretches are not listed."""

    machine: str
    text: str
    stretches: tuple[StretchView, ...]
    more: int


@dataclass(frozen=True, slots=True)
class LatencyView:
    """The last 24 hours of latency: a path in a box of 240 x 24, and a sentence."""

    data: str
    label: str
    average: str
    p95: str | None


@dataclass(frozen=True, slots=True)
class DeclarationView:
    """What an open incident says of a component, beside what is observed."""

    word: str
    title: str
    address: str


@dataclass(frozen=True, slots=True)
class ComponentView:
    """One component. `note` is the reason, or what was last seen."""

    title: str
    address: str
    status: ComponentStatus
    word: str
    since: Moment | None
    note: str
    declared: tuple[DeclarationView, ...]
    label: str
    summary: str
    bars: tuple[Path, ...]
    windows: tuple[WindowView, ...]
    days: tuple[TroubledDayView, ...]
    older_days: int
    latency: LatencyView | None

    @property
    def quarter(self) -> WindowView:
        """Uptime over the days that the bars show."""
        return self.windows[-1]


@dataclass(frozen=True, slots=True)
class GroupView:
    """Components under one heading; one with trouble, or on a short page, is open.

    `is_ours`: the owner gave it no name, so it has one of ours.
    """

    name: str
    is_ours: bool
    opened: bool
    summary: str
    status: ComponentStatus
    components: tuple[ComponentView, ...]


@dataclass(frozen=True, slots=True)
class AffectedView:
    """A component that visitors should know of first."""

    title: str
    status: ComponentStatus
    word: str
    since: Moment | None
    note: str


@dataclass(frozen=True, slots=True)
class UpdateView:
    """One update: how far things had come, when it was said, and the words."""

    word: str
    at: Moment
    body: Markup


@dataclass(frozen=True, slots=True)
class ConcernedView:
    """A component that an announcement concerns; `word` is empty for maintenance."""

    title: str
    address: str
    word: str


@dataclass(frozen=True, slots=True)
class IncidentView:
    """An incident. `resolved` None: it is open. `updates` stand newest first."""

    title: str
    address: str
    severity: ComponentStatus
    impact: str
    status: str
    started: Moment
    resolved: Moment | None
    lasted: str
    components: tuple[ConcernedView, ...]
    updates: tuple[UpdateView, ...]


@dataclass(frozen=True, slots=True)
class MaintenanceView:
    """Maintenance; `running` while it goes on."""

    title: str
    address: str
    phase: str
    running: bool
    start: Moment
    end: Moment
    components: tuple[ConcernedView, ...]
    updates: tuple[UpdateView, ...]


@dataclass(frozen=True, slots=True)
class OutageView:
    """A stretch of trouble of one component on one day."""

    title: str
    stretch: StretchView


@dataclass(frozen=True, slots=True)
class PastDayView:
    """A day of the past with what was said and what was seen; `more` outages are not listed."""

    machine: str
    text: str
    incidents: tuple[IncidentView, ...]
    maintenances: tuple[MaintenanceView, ...]
    outages: tuple[OutageView, ...]
    more: int

    @property
    def quiet(self) -> bool:
        """Whether nothing is to be told of it."""
        return not (self.incidents or self.maintenances or self.outages)


@dataclass(frozen=True, slots=True)
class SilenceView:
    """That the present is not known: since when, None for ever, and for how long."""

    since: Moment | None
    lasted: str


@dataclass(frozen=True, slots=True)
class PageView:
    """The whole page."""

    frame: FrameView
    sentence: str
    status: ComponentStatus
    since: Moment | None
    as_of: Moment | None
    silence: SilenceView | None
    affected: tuple[AffectedView, ...]
    more_affected: int
    incidents: tuple[IncidentView, ...]
    running: tuple[MaintenanceView, ...]
    upcoming: tuple[MaintenanceView, ...]
    groups: tuple[GroupView, ...]
    past: tuple[PastDayView, ...]


@dataclass(frozen=True, slots=True)
class DayRowView:
    """One day of a component in a table."""

    machine: str
    text: str
    percent: str | None
    coverage: str | None
    stretches: tuple[StretchView, ...]
    more: int


@dataclass(frozen=True, slots=True)
class ComponentPageView:
    """A component with every day that its bars show, and what was said of it."""

    frame: FrameView
    component: ComponentView
    group: str
    rows: tuple[DayRowView, ...]
    incidents: tuple[IncidentView, ...]
    maintenances: tuple[MaintenanceView, ...]


@dataclass(frozen=True, slots=True)
class AnnouncementPageView:
    """One incident or one maintenance; the other is None."""

    frame: FrameView
    incident: IncidentView | None
    maintenance: MaintenanceView | None


@dataclass(frozen=True, slots=True)
class HistoryPageView:
    """A month with what happened in it, and the months that there are.

    `partly` says that outages are no longer known of all of its days.
    """

    frame: FrameView
    month: str
    days: tuple[PastDayView, ...]
    months: tuple[LinkView, ...]
    partly: bool
