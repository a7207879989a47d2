"""What a feed holds, as values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

MOST = 50
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
    """A whole feed, its newest entry first; `home` is the page, `here` the feed's own address."""

    urn: str
    title: str
    author: str
    home: str
    here: str
    updated: datetime
    entries: tuple[FeedEntry, ...]


def ordered(entries: Iterable[FeedEntry]) -> tuple[FeedEntry, ...]:
    """The newest entries, newest first, no two of them with one date.

    Of two with the same second the later one by id gets the next second, so what comes later
    moves nothing that was there.
    """
    found: list[FeedEntry] = []
    for entry in sorted(entries, key=lambda it: (_whole(it.updated), it.urn)):
        at = _whole(entry.updated)
        if found:
            at = max(at, found[-1].updated + SECOND)
        published = min(_whole(entry.published), at)
        found.append(replace(entry, updated=at, published=published))
    return tuple(reversed(found[-MOST:]))


def newest(entries: Sequence[FeedEntry], otherwise: datetime) -> datetime:
    """The date of a whole feed: its newest entry's, never the present."""
    return entries[0].updated if entries else _whole(otherwise)


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)
