"""Write a feed as Atom (RFC 4287)."""

from datetime import UTC, datetime

from markupsafe import Markup

from allswell_web.api.feeds.entry import Feed, FeedEntry
from allswell_web.api.markup import DECLARATION, element, join_lines

NAMESPACE = "http://www.w3.org/2005/Atom"


def write(feed: Feed) -> str:
    """Write the whole document."""
    parts = [
        element("id", feed.urn),
        element("title", feed.title),
        element("updated", date(feed.updated)),
        element("author", element("name", feed.author)),
        element("link", rel="self", type="application/atom+xml", href=feed.self_url),
        element("link", rel="alternate", type="text/html", href=feed.home_url),
        *(_entry(entry) for entry in feed.entries),
    ]
    return DECLARATION + element("feed", _inner(parts), xmlns=NAMESPACE) + Markup("\n")


def date(at: datetime) -> str:
    """Write a time as RFC 3339, in UTC and whole seconds."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _entry(entry: FeedEntry) -> Markup:
    parts = [
        element("id", entry.urn),
        element("title", entry.title),
        element("published", date(entry.published)),
        element("updated", date(entry.updated)),
        element("link", rel="alternate", type="text/html", href=entry.link),
        # The HTML is text here, so it is escaped again.
        element("content", str(entry.html), type="html"),
    ]
    return element("entry", _inner(parts))


def _inner(parts: list[Markup]) -> Markup:
    return Markup("\n") + join_lines(parts) + Markup("\n")
