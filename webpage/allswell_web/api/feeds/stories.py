"""What an account holds, as entries of feeds: a story with its updates, or each update alone.

Texts are English, as in the API, and times are told in full: an entry must not change its words
because a day has ended.
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
from allswell_web.text.language import ENGLISH


@dataclass(frozen=True, slots=True)
class StoryUpdate:
    """One thing that was said: `key` is its part of an id, `word` how far things had come."""

    key: str
    word: str
    body: str
    at: datetime
    published: datetime


@dataclass(frozen=True, slots=True)
class Story:
    """An incident or maintenance; pieces stand from the newest to the oldest."""

    id: str
    title: str
    lead: str
    published: datetime
    updated: datetime
    pieces: tuple[StoryUpdate, ...]


def history(told: PageFeed, here: str) -> Feed:
    """An entry per story."""
    page = told.it.page.public_id
    entries = entry.ordered(
        FeedEntry(
            urn=identity.urn(page, story.id),
            title=story.title,
            link=_link(told, story),
            published=story.published,
            updated=story.updated,
            html=_lead(story) + Markup().join(_paragraph(told, piece) for piece in story.pieces),
        )
        for story in _stories(told)
    )
    return _feed(told, "Incident History", here, entries)


def updates(told: PageFeed, here: str) -> Feed:
    """An item per piece."""
    page = told.it.page.public_id
    entries = entry.ordered(
        FeedEntry(
            urn=identity.urn(page, story.id, piece.key),
            title=f"{piece.word}: {story.title}",
            link=_link(told, story),
            published=piece.published,
            updated=piece.published,
            html=_lead(story) + _paragraph(told, piece),
        )
        for story in _stories(told)
        for piece in story.pieces
    )
    return _feed(told, "Updates", here, entries)


def _feed(told: PageFeed, what: str, here: str, entries: tuple[FeedEntry, ...]) -> Feed:
    page, title = told.it.page, untrusted_text.line(told.it.page.title)
    return Feed(
        urn=identity.urn(page.public_id, here),
        title=f"{title} - {what}",
        author=title or page.name,
        home=told.url,
        here=f"{told.url}{here}",
        updated=entry.newest(entries, page.created_at),
        entries=entries,
    )


def _stories(told: PageFeed) -> Iterator[Story]:
    for incident in told.incidents:
        yield _of_incident(told, incident)
    for maintenance in told.maintenances:
        yield _of_maintenance(told, maintenance)


def _of_incident(told: PageFeed, it: Incident) -> Story:
    pieces = [
        StoryUpdate(
            update.id,
            labels.incident_status(ENGLISH, update.status),
            update.body,
            update.at,
            update.published,
        )
        for update in it.updates
    ]
    if not pieces:
        pieces = [
            StoryUpdate(
                "begin", labels.incident_status(ENGLISH, it.status), "", it.started, it.published
            )
        ]
    return Story(
        id=it.id,
        title=untrusted_text.line(it.title),
        lead=_concerned(told, [affected.monitor for affected in it.components]),
        published=it.published,
        updated=it.updated,
        pieces=tuple(pieces),
    )


def _of_maintenance(told: PageFeed, it: Maintenance) -> Story:
    planned = f"Planned from {_moment(told, it.start)} to {_moment(told, it.end)}."
    pieces = [
        StoryUpdate(
            update.id, labels.phase(ENGLISH, update.phase), update.body, update.at, update.published
        )
        for update in it.updates
    ]
    said = {update.phase for update in it.updates}
    pieces += [piece for phase, piece in _by_clock(told, it) if phase not in said]
    pieces.sort(key=lambda piece: (piece.published, piece.at), reverse=True)
    return Story(
        id=it.id,
        title=untrusted_text.line(it.title),
        lead=f"{planned} {_concerned(told, it.monitors)}".rstrip(),
        published=it.published,
        updated=max([it.updated, *(piece.published for piece in pieces)]),
        pieces=tuple(pieces),
    )


def _by_clock(told: PageFeed, it: Maintenance) -> Iterator[tuple[Phase, StoryUpdate]]:
    """What everybody should hear of maintenance even if nobody says it."""
    moments_of = [
        (Phase.SCHEDULED, it.published),
        (Phase.IN_PROGRESS, max(it.start, it.published)),
        (Phase.COMPLETED, max(it.end, it.published)),
    ]
    if it.cancelled is not None:
        moments_of = [(phase, at) for phase, at in moments_of if at < it.cancelled]
        moments_of.append((Phase.CANCELLED, it.cancelled))
    for phase, at in moments_of:
        if at <= told.it.now:
            yield phase, StoryUpdate(phase.value, labels.phase(ENGLISH, phase), "", at, at)


def _concerned(told: PageFeed, monitors: Collection[str]) -> str:
    names = [
        untrusted_text.line(line.component.title)
        for name, line in told.lines.items()
        if name in monitors
    ]
    return f"Concerns {', '.join(names)}." if names else ""


def _lead(story: Story) -> Markup:
    return element("p", story.lead) if story.lead else Markup()


def _paragraph(told: PageFeed, piece: StoryUpdate) -> Markup:
    """The date, the word, and the text with its paragraphs."""
    head = element("small", _moment(told, piece.at)) + element("br") + element("strong", piece.word)
    texts = [escape(clean(text)) for text in untrusted_text.paragraphs(piece.body)]
    if texts:
        head += Markup(" - ") + (element("br") + element("br")).join(texts)
    return element("p", head)


def _moment(told: PageFeed, at: datetime) -> str:
    zone = told.it.zone
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M} {times.abbreviation(at, zone)}"


def _link(told: PageFeed, story: Story) -> str:
    return f"{told.url}incidents/{story.id}"
