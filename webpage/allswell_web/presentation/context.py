"""What a presenter works with: a page's survey, its language, and where the part stands."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from allswell.central import page_data
from allswell.domain import instant
from allswell.domain.latency import LatencyBucket
from allswell_web.presentation import page_state
from allswell_web.presentation.links import ROOT, Links
from allswell_web.presentation.page_state import PageState
from allswell_web.text import language, times, untrusted_text
from allswell_web.text.language import Language
from allswell_web.text.times import Moment

Buckets = Mapping[str, tuple[LatencyBucket, ...]]


@dataclass(frozen=True, slots=True)
class PageContext:
    """Everything that decides what a part of a page says; `url` is the page's own address.

    `titles` are what the page calls each monitor, in the order of the page, and `addresses` the
    pages of the components; both by the monitor's name.
    """

    found: page_data.PageData
    it: PageState
    buckets: Buckets
    place: Links
    say: Language
    own: Language
    url: str
    titles: Mapping[str, str]
    addresses: Mapping[str, str]

    @property
    def foreign(self) -> str:
        """The language of the owner's texts where it is not that of the part, else empty."""
        return "" if self.own is self.say else self.own.code

    @property
    def today(self) -> date:
        """The day that it is in the page's zone."""
        return self.it.now.astimezone(self.it.zone).date()

    def day_of(self, at: datetime) -> date:
        """The day of a moment in the page's zone."""
        return at.astimezone(self.it.zone).date()

    def day_text(self, day: date) -> str:
        """A day for people."""
        return times.day_text(day, self.today, self.say)

    def bounds(self, day: date) -> tuple[datetime, datetime]:
        """Where a day begins and ends in the page's zone."""
        start = instant.day_start(day, self.it.zone)
        return start, instant.day_start(day + timedelta(days=1), self.it.zone)

    def moment(self, at: datetime, *, seconds: bool = False) -> Moment:
        """A moment as this page shows it."""
        return times.moment(at, self.it.now, self.it.zone, self.say, seconds=seconds)


def of(
    found: page_data.PageData,
    buckets: Buckets,
    now: datetime,
    *,
    url: str = "",
    place: Links = ROOT,
    say: Language | None = None,
) -> PageContext:
    """The scene of one part of a page at `now`. `buckets` may lack any component."""
    own = language.of(found.page.look.language)
    ordered = sorted(found.components, key=lambda entry: entry.position)
    # What is written for later is nobody's to read yet, on whichever part of the page.
    begun = tuple(one for one in found.incidents if one.started <= now)
    found = replace(found, incidents=begun)
    return PageContext(
        found=found,
        it=page_state.of(found, now),
        buckets=buckets,
        place=place,
        say=say or own,
        own=own,
        url=url,
        titles={entry.name: untrusted_text.line(entry.title) for entry in ordered},
        addresses={entry.name: place.component(entry.public_id) for entry in ordered},
    )
