"""Hold what a page reads of the central database: enough to render without asking again."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from allswell.domain.health import HealthClaim
from allswell.domain.histogram import Histogram
from allswell.domain.incident import Incident
from allswell.domain.maintenance import Maintenance
from allswell.domain.spec.look import PageLook
from allswell.domain.timeline import Overlay


@dataclass(frozen=True, slots=True)
class PageRow:
    """One StatusPage. `version` grows with every change that the page shows.

    `hostnames` are those that it has verified, in its own order, `served` those of them that lead
    to it; `address` is its label under the domain of pages, empty before it is given one. `look` is
    without its pictures; `PageData` has them.
    """

    id: int
    public_id: str
    namespace: str
    name: str
    title: str
    description: str
    time_zone: str
    hostnames: tuple[str, ...]
    version: int
    created_at: datetime
    updated_at: datetime
    password_hash: str = field(default="", repr=False)
    allowed_networks: tuple[str, ...] = ()
    look: PageLook = field(default_factory=PageLook)
    address: str = ""
    served: tuple[str, ...] = ()

    @property
    def is_private(self) -> bool:
        """Tell whether not everybody may see it."""
        return bool(self.password_hash or self.allowed_networks)


@dataclass(frozen=True, slots=True)
class PagePictures:
    """The pictures of the page's owner: `data:` URLs, or empty."""

    logo: str = field(default="", repr=False)
    favicon: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class LatencyDay:
    """The latency of one UTC day, from its roll-up."""

    day: date
    checks: int
    successful: int
    p95_us: int | None
    latencies: Histogram


@dataclass(frozen=True, slots=True)
class ComponentData:
    """One line of a page with the two ledgers of its monitor.

    `claims` begin with the last one before the window asked for; `overlays` are those that touch
    the window. `received_at` says of each claim when the collector received it. The monitor's
    history begins at `born`. Pass the ledgers to `domain.timeline`.
    """

    monitor: int
    public_id: str
    name: str
    title: str
    group: str
    position: int
    interval: timedelta
    born: datetime
    updated_at: datetime
    claims: tuple[HealthClaim, ...] = ()
    overlays: tuple[Overlay, ...] = ()
    days: tuple[LatencyDay, ...] = ()
    received_at: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class PageData:
    """Everything that one page shows, read in one transaction.

    Nothing may be stated of any time after `observed_through`; None before the collector first ran.
    Incidents and maintenance stand from the newest to the oldest, by when they began: those that
    are open or upcoming, and those of the last year.
    """

    page: PageRow
    observed_through: datetime | None
    components: tuple[ComponentData, ...] = field(default_factory=tuple)
    incidents: tuple[Incident, ...] = ()
    maintenances: tuple[Maintenance, ...] = ()
    pictures: PagePictures = field(default_factory=PagePictures)
