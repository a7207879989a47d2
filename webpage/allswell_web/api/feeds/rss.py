"""Write a feed as RSS 2.0."""

from datetime import UTC, datetime
from email.utils import format_datetime

from markupsafe import Markup, escape

from allswell_web.api.feeds import atom
from allswell_web.api.feeds.entry import Feed, FeedEntry
from allswell_web.api.markup import DECLARATION, element, join_lines


def write(feed: Feed) -> str:
    """Write the whole document."""
    parts = [
        element("title", feed.title),
        element("link", feed.home_url),
        # Readers interpret a description as HTML.
        element("description", str(escape(feed.title))),
        element("language", "en"),
        element("lastBuildDate", date(feed.updated)),
        element("atom:link", rel="self", type="application/rss+xml", href=feed.self_url),
        *(_item(entry) for entry in feed.entries),
    ]
    channel = element("channel", _inner(parts))
    names = {"version": "2.0", "xmlns:atom": atom.NAMESPACE}
    return DECLARATION + element("rss", channel, **names) + Markup("\n")


def date(at: datetime) -> str:
    """Write a time as RFC 822 with a year of four digits and `+0000`."""
    return format_datetime(at.astimezone(UTC))


def _item(entry: FeedEntry) -> Markup:
    parts = [
        element("title", entry.title),
        element("link", entry.link),
        element("guid", entry.urn, isPermaLink="false"),
        element("pubDate", date(entry.updated)),
        # The HTML is text here, so it is escaped again.
        element("description", str(entry.html)),
    ]
    return element("item", _inner(parts))


def _inner(parts: list[Markup]) -> Markup:
    return Markup("\n") + join_lines(parts) + Markup("\n")
