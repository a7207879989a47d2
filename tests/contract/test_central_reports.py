"""What checkers report is kept once and in order, on both databases."""

import pytest

from allswell.central.errors import CentralConflict, MonitorMissing
from allswell.domain.report import StoreStanding
from allswell.domain.state import State
from tests.central_database import DAY, HOUR, NOON, Central, day_report, transition


def test_a_store_is_unknown_at_its_first_hello_and_known_at_its_second(
    central: Central,
) -> None:
    row = central.add()
    assert central.writer.hello(row.id, "s2", NOON) == StoreStanding("api", None, None)
    assert central.writer.hello(row.id, "s2", NOON) == StoreStanding("api", 0, None)


def test_hello_says_how_far_the_store_and_the_monitor_are(central: Central) -> None:
    row = central.add()
    up, down = transition(1, State.UP, NOON), transition(7, State.DOWN, NOON + HOUR, "s2")
    central.writer.accept_transition(row.id, up, NOON)
    central.writer.accept_transition(row.id, down, NOON + HOUR)
    assert central.writer.hello(row.id, "s1", NOON + HOUR) == StoreStanding(
        "api", 1, down, superseded=True
    )
    assert central.writer.hello(row.id, "s2", NOON + HOUR) == StoreStanding("api", 7, down)
    assert central.writer.hello(row.id, "s3", NOON + HOUR) == StoreStanding("api", None, down)


def test_hello_says_which_day_a_checker_has_rolled_up_last(central: Central) -> None:
    row = central.add()
    central.writer.accept_rollup(row.id, day_report(NOON.date()), NOON + DAY)
    central.writer.observe(NOON + 3 * DAY)
    central.writer.fill_days(NOON + 3 * DAY)
    assert central.writer.hello(row.id, "s1", NOON).rolled_up == NOON.date()


def test_nobody_is_greeted_who_is_not_there(central: Central) -> None:
    with pytest.raises(MonitorMissing):
        central.writer.hello(999, "s1", NOON)
    with pytest.raises(MonitorMissing):
        central.writer.accept_transition(999, transition(1, State.UP, NOON), NOON)
    with pytest.raises(MonitorMissing):
        central.writer.accept_rollup(999, day_report(NOON.date()), NOON)


def test_a_transition_is_kept_once(central: Central) -> None:
    row = central.add()
    shown = central.show("api")
    before = central.version(shown)
    up = transition(1, State.UP, NOON)
    assert central.writer.accept_transition(row.id, up, NOON)
    assert not central.writer.accept_transition(row.id, up, NOON + HOUR)
    counts = central.counts()
    assert (counts["transition"], counts["notification"]) == (1, 1)
    assert central.version(shown) == before + 1


def test_another_fact_under_the_same_key_is_refused(central: Central) -> None:
    row = central.add()
    central.writer.accept_transition(row.id, transition(1, State.UP, NOON), NOON)
    for other in (
        transition(1, State.DOWN, NOON),
        transition(1, State.UP, NOON + HOUR),
        transition(1, State.UP, NOON, reason="Slow"),
    ):
        with pytest.raises(CentralConflict):
            central.writer.accept_transition(row.id, other, NOON + HOUR)
    assert central.counts()["transition"] == 1


def test_a_duplicate_is_known_by_what_the_checker_wrote_not_by_the_corrected_time(
    central: Central,
) -> None:
    row = central.add()
    for skew in (HOUR, 2 * HOUR):
        shifted = transition(1, State.UP, NOON + skew)
        central.writer.accept_transition(row.id, shifted, NOON + DAY, claimed=NOON)
    assert central.writer.hello(row.id, "s1", NOON + DAY).latest == transition(
        1, State.UP, NOON + HOUR
    )


def test_the_future_is_never_stored(central: Central) -> None:
    row = central.add()
    central.writer.accept_transition(row.id, transition(1, State.UP, NOON + DAY), NOON)
    assert central.writer.hello(row.id, "s1", NOON).latest == transition(1, State.UP, NOON)


def test_a_transition_numbers_a_store_that_the_collector_has_forgotten(
    central: Central,
) -> None:
    row = central.add()
    central.writer.accept_transition(row.id, transition(4, State.UP, NOON, "lost"), NOON)
    assert central.writer.hello(row.id, "lost", NOON).known == 4
    assert central.counts()["store"] == 2


def test_a_rollup_replaces_an_older_one_and_never_a_newer(central: Central) -> None:
    row = central.add()
    shown = central.show("api")
    day, later = NOON.date(), NOON + DAY

    def accept(revision: int, checks: int) -> bool:
        return central.writer.accept_rollup(row.id, day_report(day, revision, checks), later)

    assert accept(1, 10)
    assert not accept(1, 10)
    assert not accept(1, 9)
    assert accept(1, 11)
    assert accept(2, 5)
    assert not accept(1, 99)
    facts = central.reader.facts(shown, later)
    assert facts is not None
    (kept,) = facts.components[0].days
    assert (kept.day, kept.checks, kept.successful, kept.p95_us) == (day, 5, 5, 5000)
    assert kept.latencies == day_report(day, 2, 5).rollup.latencies
    assert central.counts()["rollup"] == 1


def test_a_report_takes_the_place_of_a_day_that_nobody_had_spoken_of(
    central: Central,
) -> None:
    row = central.add()
    central.writer.observe(NOON + DAY)
    assert central.writer.fill_days(NOON + DAY) == 1
    assert central.writer.accept_rollup(row.id, day_report(NOON.date()), NOON + DAY)
    assert central.counts()["rollup"] == 1


def test_a_day_that_has_not_begun_is_refused(central: Central) -> None:
    row = central.add()
    with pytest.raises(CentralConflict, match="has not begun"):
        central.writer.accept_rollup(row.id, day_report((NOON + DAY).date()), NOON)


def test_the_outbox_is_emptied_after_a_day(central: Central) -> None:
    row = central.add()
    central.writer.accept_transition(row.id, transition(1, State.UP, NOON), NOON)
    central.writer.accept_transition(row.id, transition(2, State.DOWN, NOON + HOUR), NOON + HOUR)
    assert central.writer.sweep_notifications(NOON + DAY) == 0
    assert central.writer.sweep_notifications(NOON + DAY + HOUR / 2) == 1
    assert central.writer.sweep_notifications(NOON + 2 * DAY) == 1
    assert central.counts()["transition"] == 2
