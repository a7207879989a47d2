"""Check the calendar as calendar programs read it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import icalendar
import pytest

from allswell.domain.maintenance import Maintenance, Phase
from allswell_web.api import calendar_feed, page_feed
from tests.unit.web import fakes
from tests.unit.web.fakes import NOW, ago

WINDOW = fakes.maintenance(
    1,
    "Upgrade of the database",
    (Phase.SCHEDULED, "We move to a new machine.\n\nExpect a minute of errors.", ago(days=1)),
    start=ago(days=-1),
    end=ago(days=-1, hours=-2),
    monitors=["monitor-1"],
)


def written(*windows: Maintenance, now: datetime = NOW, title: str = "Acme Status") -> str:
    page = fakes.page(title=title, zone="Europe/Berlin")
    facts = fakes.facts(fakes.component(), of=page, maintenances=windows)
    return calendar_feed.write(page_feed.of(facts, now, "https://status.example/"))


def events(text: str) -> list[icalendar.Event]:
    calendar = icalendar.Calendar.from_ical(text)
    assert isinstance(calendar, icalendar.Calendar)
    assert calendar.errors == []
    listed = list(calendar.events)
    assert [event.errors for event in listed] == [[] for _ in listed]
    return listed


def test_the_calendar_names_itself_and_how_often_to_look() -> None:
    calendar = icalendar.Calendar.from_ical(written())
    assert isinstance(calendar, icalendar.Calendar)
    assert str(calendar["NAME"]) == str(calendar["X-WR-CALNAME"]) == "Acme Status - Maintenance"
    assert (calendar["VERSION"], calendar["METHOD"]) == ("2.0", "PUBLISH")
    assert calendar.decoded("REFRESH-INTERVAL") == timedelta(hours=1)
    assert calendar["X-PUBLISHED-TTL"] == "PT1H"


def test_an_event_is_a_window_in_utc() -> None:
    (event,) = events(written(WINDOW))
    assert (event.start, event.end) == (WINDOW.start, WINDOW.end)
    assert str(event["SUMMARY"]) == "Upgrade of the database"
    assert str(event["DESCRIPTION"]) == (
        "We move to a new machine.\n\nExpect a minute of errors.\n\nAffects Public API."
    )
    assert (event["STATUS"], event["TRANSP"]) == ("CONFIRMED", "TRANSPARENT")
    assert event["URL"] == "https://status.example/incidents/main00000001"


def test_a_change_keeps_the_uid_and_counts_the_sequence() -> None:
    changed = replace(WINDOW, revision=3, updated=ago(hours=1), title="Another")
    (before,), (after,) = events(written(WINDOW)), events(written(changed))
    assert before["UID"] == after["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 2)
    assert after.decoded("DTSTAMP") == after.decoded("LAST-MODIFIED") == ago(hours=1)


def test_what_is_called_off_is_told_for_thirty_days() -> None:
    cancelled = replace(WINDOW, cancelled=NOW)
    (event,) = events(written(cancelled, now=NOW + timedelta(days=29)))
    assert event["STATUS"] == "CANCELLED"
    assert events(written(cancelled, now=NOW + timedelta(days=30))) == []


def test_no_clock_reading_is_in_it() -> None:
    assert written(WINDOW) == written(WINDOW, now=NOW + timedelta(seconds=90))


def test_a_window_over_a_change_of_the_clocks_has_its_true_length() -> None:
    start = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    (event,) = events(written(replace(WINDOW, start=start, end=start + timedelta(hours=2))))
    assert event.end - event.start == timedelta(hours=2)


@pytest.mark.parametrize(
    "text",
    [
        "a\r\nBEGIN:VALARM\r\nb",
        "END:VEVENT\nEND:VCALENDAR",
        'x;y,z\\n "q": \\',
        "\u202eabc",
        "日本語" * 60,
        "👨‍👩‍👧‍👦" * 30,
        "x" * 10_000,
    ],
)
def test_hostile_texts_stay_text(text: str) -> None:
    text_of = written(replace(WINDOW, title=text), title=text)
    (event,) = events(text_of)
    assert event.subcomponents == []
    starts = [line for line in text_of.split("\r\n") if line.startswith(("BEGIN:", "END:"))]
    assert starts == ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "END:VCALENDAR"]
