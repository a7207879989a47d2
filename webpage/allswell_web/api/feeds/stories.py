"""Turn a page's incidents and maintenance into feed entries: one each, or one per update.

Texts are English, as in the API, and times are written in full: an entry must not change because
a day has ended.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup, escape

from allswell.domain.incident import Incident
from allswell.domain.maintenance import Maintenance, Phase
from allswell_web.api.feeds import entry
from allswell_web.api.feeds.entry import Feed, FeedEntry
from allswell_web.api.markup import clean, element
from allswell_web.api.page_feed import PageFeed
from allswell_web.presentation import identity
from allswell_web.text import labels, times, untrusted_text
from allswell_web.text.languages import ENGLISH


@dataclass(frozen=True, slots=True)
class StoryUpdate:
    """One update: `key` is its part of an id, `word` the status at that time."""

    key: str
    word: str
    body: str
    at: datetime
    published: datetime


@dataclass(frozen=True, slots=True)
class Story:
    """An incident or maintenance; updates are sorted from the newest to the oldest."""

    id: str
    title: str
    summary: str
    published: datetime
    updated: datetime
    updates: tuple[StoryUpdate, ...]


def history(feed: PageFeed, here: str) -> Feed:
    """Build the feed with an entry per incident and maintenance."""
    page = feed.state.page.public_id
    entries = entry.sort_entries(
        FeedEntry(
            urn=identity.urn(page, story.id),
            title=story.title,
            link=_link(feed, story),
            published=story.published,
            updated=story.updated,
            html=_summary(story)
            + Markup().join(_paragraph(feed, update) for update in story.updates),
        )
        for story in _stories(feed)
    )
    return _build_feed(feed, "Incident History", here, entries)


def updates(feed: PageFeed, here: str) -> Feed:
    """Build the feed with an item per update."""
    page = feed.state.page.public_id
    entries = entry.sort_entries(
        FeedEntry(
            urn=identity.urn(page, story.id, update.key),
            title=f"{update.word}: {story.title}",
            link=_link(feed, story),
            published=update.published,
            updated=update.published,
            html=_summary(story) + _paragraph(feed, update),
        )
        for story in _stories(feed)
        for update in story.updates
    )
    return _build_feed(feed, "Updates", here, entries)


def _build_feed(feed: PageFeed, name: str, here: str, entries: tuple[FeedEntry, ...]) -> Feed:
    page, title = feed.state.page, untrusted_text.line(feed.state.page.title)
    return Feed(
        urn=identity.urn(page.public_id, here),
        title=f"{title} - {name}",
        author=title or page.name,
        home_url=feed.url,
        self_url=f"{feed.url}{here}",
        updated=entry.newest(entries, page.created_at),
        entries=entries,
    )


def _stories(feed: PageFeed) -> Iterator[Story]:
    for incident in feed.incidents:
        yield _of_incident(feed, incident)
    for maintenance in feed.maintenances:
        yield _of_maintenance(feed, maintenance)


def _of_incident(feed: PageFeed, incident: Incident) -> Story:
    updates = [
        StoryUpdate(
            update.id,
            labels.incident_status(ENGLISH, update.status),
            update.body,
            update.at,
            update.published,
        )
        for update in incident.updates
    ]
    if not updates:
        updates = [
            StoryUpdate(
                "begin",
                labels.incident_status(ENGLISH, incident.status),
                "",
                incident.started,
                incident.published,
            )
        ]
    return Story(
        id=incident.id,
        title=untrusted_text.line(incident.title),
        summary=_affected(feed, [affected.monitor for affected in incident.components]),
        published=incident.published,
        updated=incident.updated,
        updates=tuple(updates),
    )


def _of_maintenance(feed: PageFeed, maintenance: Maintenance) -> Story:
    schedule = (
        f"Scheduled from {_moment(feed, maintenance.start)} to {_moment(feed, maintenance.end)}."
    )
    updates = [
        StoryUpdate(
            update.id,
            labels.maintenance_phase(ENGLISH, update.phase),
            update.body,
            update.at,
            update.published,
        )
        for update in maintenance.updates
    ]
    announced_phases = {update.phase for update in maintenance.updates}
    updates += [
        update for phase, update in _by_clock(feed, maintenance) if phase not in announced_phases
    ]
    updates.sort(key=lambda update: (update.published, update.at), reverse=True)
    return Story(
        id=maintenance.id,
        title=untrusted_text.line(maintenance.title),
        summary=f"{schedule} {_affected(feed, maintenance.monitors)}".rstrip(),
        published=maintenance.published,
        updated=max([maintenance.updated, *(update.published for update in updates)]),
        updates=tuple(updates),
    )


def _by_clock(feed: PageFeed, maintenance: Maintenance) -> Iterator[tuple[Phase, StoryUpdate]]:
    """Yield the updates that follow from the schedule even if nobody posts them."""
    scheduled = [
        (Phase.SCHEDULED, maintenance.published),
        (Phase.IN_PROGRESS, max(maintenance.start, maintenance.published)),
        (Phase.COMPLETED, max(maintenance.end, maintenance.published)),
    ]
    if maintenance.cancelled is not None:
        scheduled = [(phase, at) for phase, at in scheduled if at < maintenance.cancelled]
        scheduled.append((Phase.CANCELLED, maintenance.cancelled))
    for phase, at in scheduled:
        if at <= feed.state.now:
            yield (
                phase,
                StoryUpdate(phase.value, labels.maintenance_phase(ENGLISH, phase), "", at, at),
            )


def _affected(feed: PageFeed, monitors: Collection[str]) -> str:
    names = [
        untrusted_text.line(component.data.title)
        for name, component in feed.components.items()
        if name in monitors
    ]
    return f"Affects {', '.join(names)}." if names else ""


def _summary(story: Story) -> Markup:
    return element("p", story.summary) if story.summary else Markup()


def _paragraph(feed: PageFeed, update: StoryUpdate) -> Markup:
    """Write the date, the status, and the text with its paragraphs."""
    head = (
        element("small", _moment(feed, update.at)) + element("br") + element("strong", update.word)
    )
    texts = [escape(clean(text)) for text in untrusted_text.paragraphs(update.body)]
    if texts:
        head += Markup(" - ") + (element("br") + element("br")).join(texts)
    return element("p", head)


def _moment(feed: PageFeed, at: datetime) -> str:
    zone = feed.state.zone
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M} {times.abbreviation(at, zone)}"


def _link(feed: PageFeed, story: Story) -> str:
    return f"{feed.url}incidents/{story.id}"
