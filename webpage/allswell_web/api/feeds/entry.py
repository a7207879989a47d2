"""Define what a feed holds, and sort it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

MAX_ENTRIES = 50
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry: `urn` is its id, `html` its content; dates are whole seconds."""

    urn: str
    title: str
    link: str
    published: datetime
    updated: datetime
    html: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A whole feed, its newest entry first; `home_url` is the page, `self_url` the feed itself."""

    urn: str
    title: str
    author: str
    home_url: str
    self_url: str
    updated: datetime
    entries: tuple[FeedEntry, ...]


def sort_entries(entries: Iterable[FeedEntry]) -> tuple[FeedEntry, ...]:
    """Return the newest entries, newest first, no two of them with the same date.

    Of two with the same second the later one by id gets the next second, so that a later entry
    never changes an earlier one.
    """
    dated: list[FeedEntry] = []
    for entry in sorted(entries, key=lambda it: (_whole(it.updated), it.urn)):
        at = _whole(entry.updated)
        if dated:
            at = max(at, dated[-1].updated + SECOND)
        published = min(_whole(entry.published), at)
        dated.append(replace(entry, updated=at, published=published))
    return tuple(reversed(dated[-MAX_ENTRIES:]))


def newest(entries: Sequence[FeedEntry], otherwise: datetime) -> datetime:
    """Return the date of a whole feed: its newest entry's, never the present."""
    return entries[0].updated if entries else _whole(otherwise)


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)
