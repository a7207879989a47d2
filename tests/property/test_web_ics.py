"""Check that a calendar stays a calendar whatever a text holds."""

import icalendar
from hypothesis import given
from hypothesis import strategies as st

from allswell_web.api import calendar_feed, page_feed
from tests.unit.web import fakes
from tests.unit.web.fakes import NOW, ago

# A line ends in CR LF, and no text of ours holds either.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@given(texts)
def test_every_line_is_short_of_whole_characters_and_reads_back(text: str) -> None:
    line = f"SUMMARY:{text}".replace("\r", "").replace("\n", "")
    first, *others = calendar_feed.fold(line).split("\r\n")
    assert all(len(line.encode()) <= 75 for line in (first, *others))
    assert all(line.startswith(" ") for line in others)
    assert first + "".join(line[1:] for line in others) == line


@given(texts, texts)
def test_a_title_and_a_name_stay_in_their_place(title: str, name: str) -> None:
    window = fakes.maintenance(
        1, title, start=ago(hours=-1), end=ago(hours=-2), monitors=["monitor-1"]
    )
    facts = fakes.facts(fakes.component(1, name), of=fakes.page(title=title), maintenances=[window])
    written = calendar_feed.write(page_feed.of(facts, NOW, "https://status.example/"))
    calendar = icalendar.Calendar.from_ical(written)
    assert isinstance(calendar, icalendar.Calendar)
    (event,) = calendar.events
    assert (calendar.errors, event.errors, event.subcomponents) == ([], [], [])
    assert {line.partition(":")[0] for line in written.split("\r\n")} >= {"UID", "SUMMARY"}
    assert "\n" not in str(event["SUMMARY"])
