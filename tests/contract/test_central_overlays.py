"""The collector's own ledger, on both databases."""

from datetime import timedelta

import pytest

from allswell.central.errors import MonitorMissing
from allswell.domain.cover import Observation
from allswell.domain.timeline import Overlay, OverlayKind
from tests.central_database import HOUR, NOON, Central, monitor


def unseen(start: float, end: float | None = None) -> Overlay:
    return Overlay(
        OverlayKind.UNSEEN, NOON + start * HOUR, None if end is None else NOON + end * HOUR
    )


def seen(since: float, until: float) -> Observation:
    return Observation(NOON + since * HOUR, NOON + until * HOUR, NOON + until * HOUR)


def test_unseen_is_opened_once(central: Central) -> None:
    row = central.add()
    central.writer.open_unseen({row.id: NOON + HOUR}, NOON + 2 * HOUR)
    central.writer.open_unseen({row.id: NOON + 2 * HOUR}, NOON + 3 * HOUR)
    assert central.overlays(row.id) == (unseen(1),)


def test_unseen_never_begins_in_the_future(central: Central) -> None:
    row = central.add()
    central.writer.open_unseen({row.id: NOON + HOUR}, NOON)
    assert central.overlays(row.id) == (unseen(0),)


def test_unseen_of_a_monitor_that_is_gone_is_left_out(central: Central) -> None:
    row = central.add()
    central.writer.open_unseen({row.id: NOON, 999: NOON}, NOON)
    assert central.writer.unseen([row.id, 999]) == {row.id: (unseen(0),)}


def test_only_unseen_is_returned_as_unseen(central: Central) -> None:
    row = central.writer.register(monitor(paused=True), namespace_uid="ns", now=NOON)
    assert central.writer.unseen([row.id]) == {}
    assert central.writer.unseen([]) == {}


def test_a_beat_closes_what_was_open(central: Central) -> None:
    row = central.add()
    central.writer.open_unseen({row.id: NOON}, NOON + HOUR)
    changed = central.writer.correct_unseen(
        row.id, seen(1, 3), NOON + 2 * HOUR, first=False, now=NOON + 3 * HOUR
    )
    assert changed
    assert central.overlays(row.id) == (unseen(0, 1),)


def test_late_evidence_cuts_a_hole_into_unseen(central: Central) -> None:
    row = central.add()
    central.writer.open_unseen({row.id: NOON}, NOON)
    central.writer.correct_unseen(row.id, seen(5, 6), NOON, first=False, now=NOON + 6 * HOUR)
    central.writer.correct_unseen(row.id, seen(2, 3), NOON, first=False, now=NOON + 6 * HOUR)
    assert central.overlays(row.id) == (unseen(0, 2), unseen(3, 5))


def test_evidence_that_covers_all_leaves_nothing(central: Central) -> None:
    row = central.add()
    central.writer.open_unseen({row.id: NOON + HOUR}, NOON + HOUR)
    central.writer.correct_unseen(row.id, seen(0, 3), NOON, first=False, now=NOON + 3 * HOUR)
    assert central.overlays(row.id) == ()
    assert central.counts()["overlay"] == 0


def test_what_the_collector_slept_through_before_the_first_beat_is_unseen(
    central: Central,
) -> None:
    row = central.add()
    for _ in range(2):
        central.writer.correct_unseen(
            row.id, seen(2, 3), NOON + HOUR, first=True, now=NOON + 3 * HOUR
        )
    assert central.overlays(row.id) == (unseen(1, 2),)


def test_a_correction_that_changes_nothing_says_so_and_makes_no_page_newer(
    central: Central,
) -> None:
    row = central.add()
    shown = central.show("api")
    central.writer.open_unseen({row.id: NOON}, NOON)
    before = central.version(shown)
    arguments = (row.id, seen(1, 3), NOON + 2 * HOUR)
    assert central.writer.correct_unseen(*arguments, first=False, now=NOON + 3 * HOUR)
    assert central.version(shown) == before + 1
    assert not central.writer.correct_unseen(*arguments, first=False, now=NOON + 3 * HOUR)
    assert central.version(shown) == before + 1


def test_microseconds_of_a_beat_do_not_make_a_correction_repeat(central: Central) -> None:
    row = central.add()
    central.writer.open_unseen({row.id: NOON}, NOON)
    odd = timedelta(microseconds=1234567)
    late = Observation(NOON + HOUR + odd, NOON + 2 * HOUR, NOON + 2 * HOUR + odd)
    said = [
        central.writer.correct_unseen(row.id, late, NOON, first=False, now=NOON + 3 * HOUR)
        for _ in range(2)
    ]
    assert said == [True, False]


def test_what_is_shorter_than_a_millisecond_is_not_kept(central: Central) -> None:
    row = central.add()
    central.writer.open_unseen({row.id: NOON}, NOON)
    late = Observation(NOON + timedelta(microseconds=500), NOON + HOUR, NOON + HOUR)
    assert central.writer.correct_unseen(row.id, late, NOON, first=False, now=NOON + HOUR)
    assert central.overlays(row.id) == ()


def test_pages_of_an_unseen_monitor_are_newer_once(central: Central) -> None:
    row = central.add()
    shown = central.show("api")
    before = central.version(shown)
    central.writer.open_unseen({row.id: NOON}, NOON)
    central.writer.open_unseen({row.id: NOON}, NOON)
    assert central.version(shown) == before + 1


def test_a_monitor_that_is_not_there_cannot_be_corrected(central: Central) -> None:
    with pytest.raises(MonitorMissing):
        central.writer.correct_unseen(999, seen(0, 1), NOON, first=False, now=NOON)


def test_unseen_of_thousands_is_read_at_once(central: Central) -> None:
    row = central.add()
    central.writer.open_unseen({row.id: NOON}, NOON)
    assert central.writer.unseen(range(1, 3000)) == {row.id: (unseen(0),)}
