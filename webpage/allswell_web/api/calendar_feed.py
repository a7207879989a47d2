"""Maintenance as a calendar (iCalendar, RFC 5545 and 7986) that people subscribe to.

Times are UTC, so that no reader needs a description of a zone. No clock reading is in it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from allswell.domain.maintenance import Maintenance
from allswell_web.api.page_feed import PageFeed
from allswell_web.presentation import identity
from allswell_web.text import untrusted_text

# A reader that has the event must be told that it was called off; after this it may be forgotten.
CANCELLED_KEPT = timedelta(days=30)
_MOST_OCTETS = 75
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


def write(told: PageFeed) -> str:
    """The whole calendar."""
    name = _text(f"{untrusted_text.line(told.it.page.title)} - Maintenance")
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
    for it in told.maintenances:
        if it.cancelled is None or told.it.now - it.cancelled < CANCELLED_KEPT:
            lines += _event(told, it)
    lines.append("END:VCALENDAR")
    return "".join(f"{fold(line)}\r\n" for line in lines)


def fold(line: str) -> str:
    """A line cut so that no part is longer than 75 octets, and no character is cut."""
    parts, length = [""], 0
    for character in line:
        octets = len(character.encode())
        if length + octets > _MOST_OCTETS:
            parts.append(" ")
            length = 1
        parts[-1] += character
        length += octets
    return "\r\n".join(parts)


def _event(told: PageFeed, it: Maintenance) -> Iterator[str]:
    changed = _time(it.updated)
    yield "BEGIN:VEVENT"
    yield f"UID:{identity.urn(told.it.page.public_id, it.id).removeprefix('urn:uuid:')}"
    yield f"DTSTAMP:{changed}"
    yield f"LAST-MODIFIED:{changed}"
    yield f"CREATED:{_time(it.published)}"
    yield f"SEQUENCE:{it.revision - 1}"
    yield f"DTSTART:{_time(it.start)}"
    yield f"DTEND:{_time(it.end)}"
    yield f"SUMMARY:{_text(untrusted_text.line(it.title))}"
    yield f"DESCRIPTION:{_text(_description(told, it))}"
    yield f"STATUS:{'CONFIRMED' if it.cancelled is None else 'CANCELLED'}"
    yield "TRANSP:TRANSPARENT"
    yield f"URL:{told.url}incidents/{it.id}"
    yield "END:VEVENT"


def _description(told: PageFeed, it: Maintenance) -> str:
    """The newest word, and what is concerned."""
    names = [
        untrusted_text.line(line.component.title)
        for name, line in told.lines.items()
        if name in it.monitors
    ]
    parts = [untrusted_text.text(it.updates[0].body)] if it.updates else []
    return "\n\n".join([*parts, *([f"Concerns {', '.join(names)}."] if names else [])])


def _text(value: str) -> str:
    return value.translate(_ESCAPES)


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
