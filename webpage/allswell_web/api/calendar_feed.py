"""Write maintenance as a calendar (iCalendar, RFC 5545 and 7986) that people subscribe to.

Times are UTC, so that no reader needs a time zone definition. The present time is not in it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from allswell.domain.maintenance import Maintenance
from allswell_web.api.page_feed import PageFeed
from allswell_web.presentation import identity
from allswell_web.text import untrusted_text

# A reader that has the event must receive its cancellation; after this it may be left out.
CANCELLED_SHOWN_FOR = timedelta(days=30)
_MAX_OCTETS = 75
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


def write(feed: PageFeed) -> str:
    """Write the whole calendar."""
    name = _text(f"{untrusted_text.line(feed.state.page.title)} - Maintenance")
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//allswell//status page//EN",
        "METHOD:PUBLISH",
        f"NAME:{name}",
        f"X-WR-CALNAME:{name}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ]
    for maintenance in feed.maintenances:
        cancelled = maintenance.cancelled
        if cancelled is None or feed.state.now - cancelled < CANCELLED_SHOWN_FOR:
            lines += _event(feed, maintenance)
    lines.append("END:VCALENDAR")
    return "".join(f"{fold(line)}\r\n" for line in lines)


def fold(line: str) -> str:
    """Fold a line so that no part is longer than 75 octets, without cutting a character."""
    parts, length = [""], 0
    for character in line:
        octets = len(character.encode())
        if length + octets > _MAX_OCTETS:
            parts.append(" ")
            length = 1
        parts[-1] += character
        length += octets
    return "\r\n".join(parts)


def _event(feed: PageFeed, maintenance: Maintenance) -> Iterator[str]:
    changed = _time(maintenance.updated)
    yield "BEGIN:VEVENT"
    yield f"UID:{identity.urn(feed.state.page.public_id, maintenance.id).removeprefix('urn:uuid:')}"
    yield f"DTSTAMP:{changed}"
    yield f"LAST-MODIFIED:{changed}"
    yield f"CREATED:{_time(maintenance.published)}"
    yield f"SEQUENCE:{maintenance.revision - 1}"
    yield f"DTSTART:{_time(maintenance.start)}"
    yield f"DTEND:{_time(maintenance.end)}"
    yield f"SUMMARY:{_text(untrusted_text.line(maintenance.title))}"
    yield f"DESCRIPTION:{_text(_description(feed, maintenance))}"
    yield f"STATUS:{'CONFIRMED' if maintenance.cancelled is None else 'CANCELLED'}"
    yield "TRANSP:TRANSPARENT"
    yield f"URL:{feed.url}incidents/{maintenance.id}"
    yield "END:VEVENT"


def _description(feed: PageFeed, maintenance: Maintenance) -> str:
    """Return the newest update, and the affected components."""
    names = [
        untrusted_text.line(component.data.title)
        for name, component in feed.components.items()
        if name in maintenance.monitors
    ]
    parts = [untrusted_text.text(maintenance.updates[0].body)] if maintenance.updates else []
    return "\n\n".join([*parts, *([f"Affects {', '.join(names)}."] if names else [])])


def _text(value: str) -> str:
    return value.translate(_ESCAPES)


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
