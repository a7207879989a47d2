"""Hold the page as values, ready to be written by a template that decides nothing.

Texts are plain: the template escapes them. `Markup` was made safe by `text.markdown`.
"""

from dataclasses import dataclass

from markupsafe import Markup

from allswell_web.graphics.uptime_bars import Path
from allswell_web.status.component_status import ComponentStatus
from allswell_web.text.times import Moment


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link; `current` marks the one that the reader is at, `code` is a language."""

    text: str
    address: str
    current: bool = False
    code: str = ""


@dataclass(frozen=True, slots=True)
class LookView:
    """The look that the owner has chosen; `css` holds checked values only.

    `icon` is the owner's favicon with the state in its corner.
    """

    css: str = ""
    logo: str = ""
    favicon: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class FrameView:
    """What is common to every part of a page.

    `heading` begins the title of the browser's tab. `owner_lang` is the language of the owner's
    texts where it is not that of the part, else empty. `alternates` are the same part in each
    language, absolute where the page's address is known.
    """

    title: str
    description: Markup
    heading: str
    status: ComponentStatus
    as_of: Moment | None
    zone: str
    language: str
    owner_lang: str
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
    """Uptime and latency over a period; `percent` None is "no data", `p95` None too little data.

    `is_fully_observed` says that all of it was observed.
    """

    label: str
    percent: str | None
    coverage: str | None
    is_fully_observed: bool
    p95: str | None = None


@dataclass(frozen=True, slots=True)
class PeriodView:
    """A period of trouble within one day: `14:02 - 14:20 CET`, duration, status, reason."""

    status: ComponentStatus
    times: str
    duration: str
    word: str
    reason: str


@dataclass(frozen=True, slots=True)
class TroubledDayView:
    """A day with trouble; `more` periods are not listed."""

    machine: str
    text: str
    periods: tuple[PeriodView, ...]
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
    """A component's status as an open incident declares it, beside what is observed."""

    word: str
    title: str
    address: str


@dataclass(frozen=True, slots=True)
class ComponentView:
    """One component. `note` is the reason, or what was last known."""

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
        """Return uptime over the 90 days that the bars show."""
        return self.windows[-1]


@dataclass(frozen=True, slots=True)
class GroupView:
    """Components under one heading; one with trouble, or on a short page, is open.

    `is_ours` marks a group that the owner gave no name, so it has a default one.
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
    """One update: the status at that time, when it was posted, and its text."""

    word: str
    at: Moment
    body: Markup


@dataclass(frozen=True, slots=True)
class AffectedComponentView:
    """A component that an announcement affects; `word` is empty for maintenance."""

    title: str
    address: str
    word: str


@dataclass(frozen=True, slots=True)
class IncidentView:
    """An incident. `resolved` None: it is open. `updates` are sorted newest first."""

    title: str
    address: str
    severity: ComponentStatus
    impact: str
    status: str
    started: Moment
    resolved: Moment | None
    duration: str
    components: tuple[AffectedComponentView, ...]
    updates: tuple[UpdateView, ...]


@dataclass(frozen=True, slots=True)
class MaintenanceView:
    """Maintenance; `running` while it is in progress."""

    title: str
    address: str
    phase: str
    running: bool
    start: Moment
    end: Moment
    components: tuple[AffectedComponentView, ...]
    updates: tuple[UpdateView, ...]


@dataclass(frozen=True, slots=True)
class OutageView:
    """A period of trouble of one component on one day."""

    title: str
    period: PeriodView


@dataclass(frozen=True, slots=True)
class PastDayView:
    """A past day with what was announced and observed; `more` outages are not listed."""

    machine: str
    text: str
    incidents: tuple[IncidentView, ...]
    maintenances: tuple[MaintenanceView, ...]
    outages: tuple[OutageView, ...]
    more: int

    @property
    def quiet(self) -> bool:
        """Decide whether there is nothing to show for the day."""
        return not (self.incidents or self.maintenances or self.outages)


@dataclass(frozen=True, slots=True)
class StaleDataView:
    """The time of the last data, None if there was never any, and its age."""

    since: Moment | None
    duration: str


@dataclass(frozen=True, slots=True)
class PageView:
    """The page with all of its parts."""

    frame: FrameView
    sentence: str
    status: ComponentStatus
    since: Moment | None
    as_of: Moment | None
    stale_data: StaleDataView | None
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
    periods: tuple[PeriodView, ...]
    more: int


@dataclass(frozen=True, slots=True)
class ComponentPageView:
    """A component with every day that its bars show, its incidents and its maintenance."""

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

    `partly` marks a month of whose days not all outages are known any more.
    """

    frame: FrameView
    month: str
    days: tuple[PastDayView, ...]
    months: tuple[LinkView, ...]
    partly: bool
