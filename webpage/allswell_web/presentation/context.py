"""Gather what a presenter works with: a page's state, its language, and where the part is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from allswell.central import page_data
from allswell.domain import instant
from allswell.domain.latency import LatencyBucket
from allswell_web.presentation import page_state
from allswell_web.presentation.links import ROOT, Links
from allswell_web.presentation.page_state import PageState
from allswell_web.text import languages, times, untrusted_text
from allswell_web.text.languages import Language
from allswell_web.text.times import Moment

Buckets = Mapping[str, tuple[LatencyBucket, ...]]


@dataclass(frozen=True, slots=True)
class PageContext:
    """All that decides what a part of a page shows; `url` is the page's own address.

    `titles` are the page's names of each monitor, in the order of the page, and `addresses` the
    addresses of the components' pages; both by the monitor's name.
    """

    facts: page_data.PageData
    state: PageState
    buckets: Buckets
    links: Links
    language: Language
    own_language: Language
    url: str
    titles: Mapping[str, str]
    addresses: Mapping[str, str]

    @property
    def owner_lang(self) -> str:
        """Return the language of the owner's texts where it is not the part's, else empty."""
        return "" if self.own_language is self.language else self.own_language.code

    @property
    def today(self) -> date:
        """Return the current day in the page's zone."""
        return self.state.now.astimezone(self.state.zone).date()

    def day_of(self, at: datetime) -> date:
        """Return the day of a moment in the page's zone."""
        return at.astimezone(self.state.zone).date()

    def day_text(self, day: date) -> str:
        """Write a day for people."""
        return times.day_text(day, self.today, self.language)

    def bounds(self, day: date) -> tuple[datetime, datetime]:
        """Return where a day begins and ends in the page's zone."""
        start = instant.day_start(day, self.state.zone)
        return start, instant.day_start(day + timedelta(days=1), self.state.zone)

    def moment(self, at: datetime, *, seconds: bool = False) -> Moment:
        """Write a moment as this page shows it."""
        return times.moment(at, self.state.now, self.state.zone, self.language, seconds=seconds)


def of(
    facts: page_data.PageData,
    buckets: Buckets,
    now: datetime,
    *,
    url: str = "",
    links: Links = ROOT,
    language: Language | None = None,
) -> PageContext:
    """Return the context of one part of a page at `now`. `buckets` may lack any component."""
    own = languages.of(facts.page.look.language)
    ordered = sorted(facts.components, key=lambda entry: entry.position)
    # Incidents that are dated later are not shown yet, on any part of the page.
    started = tuple(incident for incident in facts.incidents if incident.started <= now)
    facts = replace(facts, incidents=started)
    return PageContext(
        facts=facts,
        state=page_state.of(facts, now),
        buckets=buckets,
        links=links,
        language=language or own,
        own_language=own,
        url=url,
        titles={entry.name: untrusted_text.line(entry.title) for entry in ordered},
        addresses={entry.name: links.component(entry.public_id) for entry in ordered},
    )
