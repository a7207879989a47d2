"""Registering, hiding and forgetting monitors, on both databases."""

import re
from datetime import timedelta

import pytest

from allswell.central.errors import PurgeRefused
from allswell.domain.state import State
from allswell.domain.timeline import Overlay, OverlayKind
from tests.central_database import (
    DAY,
    HOUR,
    NOON,
    Central,
    lines,
    monitor,
    page,
    transition,
)


def test_the_first_start_begins_to_observe_now_and_later_ones_go_on(
    central: Central,
) -> None:
    assert central.writer.start(NOON + HOUR) == NOON
    central.writer.observe(NOON + HOUR)
    assert central.writer.start(NOON + 2 * HOUR) == NOON + HOUR


def test_an_installation_has_one_secret_id_for_good(central: Central) -> None:
    found = central.reader.installation()
    central.writer.start(NOON + HOUR)
    assert found is not None
    assert len(found) == 32
    assert central.reader.installation() == found


def test_a_writer_that_lags_takes_back_nothing_that_was_observed(central: Central) -> None:
    central.writer.observe(NOON + HOUR)
    central.writer.observe(NOON + HOUR - timedelta(minutes=1))
    assert central.reader.observed_through() == NOON + HOUR


def test_a_clock_that_was_set_back_leaves_no_future_that_was_observed(
    central: Central,
) -> None:
    central.writer.observe(NOON + HOUR)
    central.writer.observe(NOON)
    assert central.reader.observed_through() == NOON


def test_a_new_monitor_has_a_public_id_its_cover_and_a_life_from_now_on(
    central: Central,
) -> None:
    row = central.writer.register(monitor(), namespace_uid="ns", now=NOON)
    assert re.fullmatch("[a-z0-9]{12}", row.public_id)
    assert (row.namespace, row.name) == ("acme", "api")
    assert row.interval == timedelta(minutes=1)
    assert row.cover == timedelta(minutes=3)
    assert row.born == NOON
    assert not row.has_reported
    assert central.writer.living() == (row,)


def test_registering_again_changes_nothing(central: Central) -> None:
    row = central.add()
    shown = central.show("api")
    before = central.version(shown)
    again = central.writer.register(monitor(), namespace_uid="ns", now=NOON + HOUR)
    assert again.id == row.id
    assert central.version(shown) == before


def test_a_monitor_has_spoken_once_a_checker_has_said_hello(central: Central) -> None:
    central.add()
    assert [row.has_reported for row in central.writer.living()] == [True]


def test_a_new_incarnation_continues_the_row_with_its_new_interval(
    central: Central,
) -> None:
    first = central.add()
    wanted = monitor(uid="u2", interval=timedelta(seconds=10))
    second = central.writer.register(wanted, namespace_uid="ns", now=NOON + HOUR)
    assert (second.id, second.public_id, second.born) == (first.id, first.public_id, NOON)
    assert (second.uid, second.interval) == ("u2", timedelta(seconds=10))


def test_the_same_name_in_another_namespace_of_that_name_starts_anew(
    central: Central,
) -> None:
    first = central.add()
    second = central.writer.register(monitor(), namespace_uid="other", now=NOON + HOUR)
    assert second.id != first.id
    assert second.born == NOON + HOUR
    assert central.writer.living() == (second,)


def test_the_old_namespace_cannot_get_its_monitor_back_beside_the_new_one(
    central: Central,
) -> None:
    first = central.add()
    central.writer.register(monitor(), namespace_uid="other", now=NOON + HOUR)
    back = central.writer.register(monitor(), namespace_uid="ns", now=NOON + 2 * HOUR)
    assert back.id == first.id
    assert [row.id for row in central.writer.living()] == [first.id]


def test_a_hidden_monitor_comes_back_with_its_history_and_a_pause(central: Central) -> None:
    row = central.add()
    central.writer.hide([row.id], NOON + HOUR)
    assert central.writer.living() == ()
    back = central.writer.register(monitor(), namespace_uid="ns", now=NOON + 3 * HOUR)
    assert back.id == row.id
    pause = Overlay(OverlayKind.PAUSED, NOON + HOUR, NOON + 3 * HOUR)
    assert central.overlays(row.id) == (pause,)


def test_hiding_twice_is_hiding_once(central: Central) -> None:
    row = central.add()
    shown = central.show("api")
    central.writer.hide([row.id], NOON + HOUR)
    version = central.version(shown)
    central.writer.hide([row.id, 999], NOON + 2 * HOUR)
    assert central.version(shown) == version
    assert central.overlays(row.id) == (Overlay(OverlayKind.PAUSED, NOON + HOUR),)


def test_a_pause_in_the_manifest_opens_one_overlay_and_closes_it(central: Central) -> None:
    row = central.add()
    paused = monitor(paused=True)
    central.writer.register(paused, namespace_uid="ns", now=NOON + HOUR)
    central.writer.register(paused, namespace_uid="ns", now=NOON + 2 * HOUR)
    assert central.overlays(row.id) == (Overlay(OverlayKind.PAUSED, NOON + HOUR),)
    central.writer.register(monitor(), namespace_uid="ns", now=NOON + 3 * HOUR)
    pause = Overlay(OverlayKind.PAUSED, NOON + HOUR, NOON + 3 * HOUR)
    assert central.overlays(row.id) == (pause,)


def test_a_pause_of_no_length_leaves_nothing(central: Central) -> None:
    row = central.writer.register(monitor(paused=True), namespace_uid="ns", now=NOON)
    central.writer.register(monitor(), namespace_uid="ns", now=NOON)
    assert central.overlays(row.id) == ()


def test_a_monitor_that_comes_back_paused_stays_paused(central: Central) -> None:
    row = central.add()
    central.writer.hide([row.id], NOON + HOUR)
    central.writer.register(monitor(paused=True), namespace_uid="ns", now=NOON + 2 * HOUR)
    assert central.overlays(row.id) == (Overlay(OverlayKind.PAUSED, NOON + HOUR),)


def test_what_a_page_shows_of_a_monitor_makes_it_newer(central: Central) -> None:
    row = central.add()
    shown = central.show("api")
    seen = [central.version(shown)]
    central.writer.hide([row.id], NOON + HOUR)
    seen.append(central.version(shown))
    central.writer.register(monitor(), namespace_uid="ns", now=NOON + 2 * HOUR)
    seen.append(central.version(shown))
    central.writer.register(monitor(paused=True), namespace_uid="ns", now=NOON + 3 * HOUR)
    seen.append(central.version(shown))
    assert seen == sorted(set(seen))


def test_what_was_hidden_for_90_days_goes_with_its_history(central: Central) -> None:
    gone, kept = central.add("api"), central.add("web")
    central.writer.accept_transition(gone.id, transition(1, State.UP, NOON), NOON)
    central.show("api", "web")
    central.writer.hide([gone.id], NOON)
    assert central.writer.purge(NOON + 90 * DAY) == 0
    assert central.writer.purge(NOON + 90 * DAY + HOUR) == 1
    assert [row.id for row in central.writer.living()] == [kept.id]
    counts = central.counts()
    assert (counts["transition"], counts["notification"], counts["component"]) == (0, 0, 1)


def test_a_purge_of_much_at_once_asks_first(central: Central) -> None:
    ids = [central.add(f"m{number}").id for number in range(11)]
    central.writer.hide(ids, NOON)
    with pytest.raises(PurgeRefused, match="11 of 11"):
        central.writer.purge(NOON + 91 * DAY)
    assert central.writer.purge(NOON + 91 * DAY, confirmed=True) == 11


def test_the_number_of_a_purged_monitor_is_never_used_again(central: Central) -> None:
    first = central.add()
    central.writer.hide([first.id], NOON)
    central.writer.purge(NOON + 91 * DAY)
    assert central.add().id > first.id


def test_a_hidden_page_is_purged_too(central: Central) -> None:
    central.add()
    central.writer.put_page(page(), lines("api"), NOON)
    central.writer.hide_page("acme", "main", NOON)
    assert central.writer.purge(NOON + 91 * DAY) == 1
    assert central.counts()["component"] == 0
