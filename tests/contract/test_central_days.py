"""Every day that is over has its row, as long as the page says, on both databases."""

from dataclasses import fields
from datetime import date, datetime

from sqlalchemy import select

from allswell.central.schema import rollup
from allswell.domain import instant, timeline, uptime
from allswell.domain.cover import Observation
from allswell.domain.state import State
from allswell.domain.timeline import Overlay, OverlayKind
from allswell.domain.uptime import Uptime
from tests import central_database
from tests.central_database import DAY, HOUR, NOON, Central, day_report, monitor, transition

MIDNIGHT = instant.day_start(NOON.date())
ALL = DAY // instant.MILLISECOND


def stored(central: Central) -> dict[date, Uptime]:
    """Return the durations of the only monitor's rows."""
    columns = [rollup.c[f"{field.name}_ms"] for field in fields(Uptime)]
    with central.engine.connect() as connection:
        rows = connection.execute(select(rollup.c.day, *columns).order_by(rollup.c.day)).all()
    return {row[0]: Uptime(*row[1:]) for row in rows}


def filled(central: Central, now: datetime) -> int:
    """Return how many rows are written when the collector has seen all until `now`."""
    central.writer.observe(now)
    return central.writer.fill_days(now)


def shown(central: Central, page: int, now: datetime) -> dict[date, Uptime]:
    """Return the same durations as a page measures them from its facts."""
    facts = central.reader.facts(page, now)
    assert facts is not None
    (component,) = facts.components
    days = [entry.day for entry in component.days]
    states = timeline.segments(component.claims, component.overlays, component.born, now)
    return {
        day: uptime.measure(states, instant.day_start(day), instant.day_start(day + DAY))
        for day in days
    }


def test_a_day_is_over_a_quarter_of_an_hour_after_its_end(central: Central) -> None:
    central.add()
    over = MIDNIGHT + DAY + HOUR / 4
    assert filled(central, over - instant.MILLISECOND) == 0
    assert filled(central, over) == 1
    assert filled(central, over) == 0


def test_no_day_is_filled_that_the_collector_has_not_seen_to_its_end(central: Central) -> None:
    central.add()
    central.writer.observe(MIDNIGHT + DAY - instant.MILLISECOND)
    assert central.writer.fill_days(NOON + DAY) == 0
    central.writer.observe(MIDNIGHT + DAY)
    assert central.writer.fill_days(NOON + DAY) == 1


def test_nothing_is_filled_before_the_collector_has_started(address: str) -> None:
    with central_database.opened(address) as central:
        assert central.writer.fill_days(NOON) == 0


def test_a_month_without_a_checker_has_a_row_for_each_day_and_none_twice(
    central: Central,
) -> None:
    central.writer.register(monitor(), namespace_uid="ns", now=MIDNIGHT)
    assert filled(central, MIDNIGHT + 31 * DAY + HOUR) == 31
    assert filled(central, MIDNIGHT + 31 * DAY + HOUR) == 0
    assert set(stored(central).values()) == {Uptime(unknown=ALL)}


def test_the_day_of_birth_counts_from_birth(central: Central) -> None:
    central.add()
    filled(central, NOON + DAY)
    assert stored(central) == {NOON.date(): Uptime(unknown=ALL // 2)}


def test_many_monitors_are_filled_in_batches(central: Central) -> None:
    for number in range(205):
        central.writer.register(monitor(f"m{number}"), namespace_uid="ns", now=NOON)
    assert filled(central, NOON + 2 * DAY) == 410


def test_a_hidden_monitor_gets_no_rows_until_it_is_back(central: Central) -> None:
    row = central.add()
    central.writer.accept_transition(row.id, transition(1, State.UP, NOON), NOON)
    central.writer.hide([row.id], NOON + 6 * HOUR)
    assert filled(central, NOON + 2 * DAY) == 0
    central.writer.register(monitor(), namespace_uid="ns", now=NOON + 2 * DAY)
    assert filled(central, NOON + 2 * DAY) == 2
    assert list(stored(central).values()) == [
        Uptime(up=ALL // 4, paused=ALL // 4),
        Uptime(paused=ALL),
    ]


def test_a_reported_day_keeps_its_counts_when_its_durations_are_done_again(
    central: Central,
) -> None:
    row, page = central.add(), central.show("api")
    central.writer.accept_rollup(row.id, day_report(NOON.date(), checks=7), MIDNIGHT + DAY)
    assert filled(central, NOON + DAY) == 1
    central.writer.accept_transition(row.id, transition(1, State.UP, NOON), NOON + DAY)
    assert filled(central, NOON + DAY) == 1
    assert stored(central) == {NOON.date(): Uptime(up=ALL // 2)}
    facts = central.reader.facts(page, NOON + DAY)
    assert facts is not None
    assert [day.checks for day in facts.components[0].days] == [7]


def test_a_report_that_comes_when_the_day_is_seen_needs_no_second_look(
    central: Central,
) -> None:
    row = central.add()
    central.writer.observe(NOON + DAY)
    central.writer.accept_rollup(row.id, day_report(NOON.date()), NOON + DAY)
    assert filled(central, NOON + DAY) == 0
    assert len(stored(central)) == 1


def test_what_lies_beyond_the_collectors_sight_is_unknown_in_an_early_report(
    central: Central,
) -> None:
    row = central.add()
    central.writer.accept_transition(row.id, transition(1, State.UP, NOON), NOON)
    central.writer.observe(NOON + 6 * HOUR)
    central.writer.accept_rollup(row.id, day_report(NOON.date()), MIDNIGHT + DAY)
    assert stored(central) == {NOON.date(): Uptime(up=ALL // 4, unknown=ALL // 4)}
    assert filled(central, NOON + DAY) == 1
    assert stored(central) == {NOON.date(): Uptime(up=ALL // 2)}


def test_a_late_transition_re_does_every_day_from_its_own_on(central: Central) -> None:
    row = central.add()
    central.writer.accept_transition(row.id, transition(1, State.UP, NOON), NOON)
    filled(central, NOON + 4 * DAY)
    late = transition(2, State.DOWN, NOON + 2 * DAY)
    central.writer.accept_transition(row.id, late, NOON + 4 * DAY)
    assert filled(central, NOON + 4 * DAY) == 2
    assert list(stored(central).values()) == [
        Uptime(up=ALL // 2),
        Uptime(up=ALL),
        Uptime(up=ALL // 2, down=ALL // 2),
        Uptime(down=ALL),
    ]


def test_unseen_that_late_evidence_removes_re_does_its_days(central: Central) -> None:
    row = central.add()
    central.writer.accept_transition(row.id, transition(1, State.UP, NOON), NOON)
    central.writer.open_unseen({row.id: NOON + HOUR}, NOON + HOUR)
    filled(central, NOON + 2 * DAY)
    assert list(stored(central).values())[1] == Uptime(unknown=ALL)
    through = NOON + 2 * DAY
    seen = Observation(NOON, through, through)
    central.writer.correct_unseen(row.id, seen, through, first=False, now=through)
    assert filled(central, through) == 2
    assert list(stored(central).values()) == [Uptime(up=ALL // 2), Uptime(up=ALL)]


def test_an_outage_over_midnight_is_shared_between_the_days(central: Central) -> None:
    row = central.add()
    for sequence, state, hours in ((1, State.UP, 0), (2, State.DOWN, 11), (3, State.UP, 13)):
        since = NOON + hours * HOUR
        central.writer.accept_transition(row.id, transition(sequence, state, since), since)
    filled(central, NOON + 2 * DAY)
    assert [found.down for found in stored(central).values()] == [ALL // 24, ALL // 24]


def test_page_and_rollup_say_the_same(central: Central) -> None:
    row, page = central.add(), central.show("api")
    now = NOON + 5 * DAY
    for sequence, (state, hours) in enumerate(
        [
            (State.UP, 1),
            (State.DEGRADED, 20),
            (State.DOWN, 23),
            (State.UP, 50),
            (State.UNKNOWN, 70),
            (State.UP, 71),
        ]
    ):
        since = NOON + hours * HOUR
        central.writer.accept_transition(row.id, transition(sequence, state, since), since)
    central.writer.open_unseen({row.id: NOON + 60 * HOUR}, now)
    seen = Observation(NOON + 65 * HOUR, now, now)
    central.writer.correct_unseen(row.id, seen, now, first=False, now=now)
    central.writer.register(monitor(paused=True), namespace_uid="ns", now=NOON + 90 * HOUR)
    central.writer.register(monitor(), namespace_uid="ns", now=NOON + 99 * HOUR)
    assert Overlay(OverlayKind.PAUSED, NOON + 90 * HOUR, NOON + 99 * HOUR) in central.overlays(
        row.id
    )
    assert filled(central, now) == 5
    assert stored(central) == shown(central, page, now)


def test_a_month_with_three_outages_costs_31_rollups_and_6_transitions(
    central: Central,
) -> None:
    row = central.writer.register(monitor(), namespace_uid="ns", now=MIDNIGHT)
    central.writer.hello(row.id, "s1", MIDNIGHT)
    central.writer.accept_transition(row.id, transition(1, State.UP, MIDNIGHT), MIDNIGHT)
    central.show("api", at=MIDNIGHT)
    central.writer.sweep_notifications(MIDNIGHT + 2 * DAY)
    before = sum(central.counts().values())
    for number in range(3):
        down = MIDNIGHT + (3 + 9 * number) * DAY
        for sequence, state, at in (
            (2 + 2 * number, State.DOWN, down),
            (3 + 2 * number, State.UP, down + HOUR),
        ):
            central.writer.accept_transition(row.id, transition(sequence, state, at), at)
    for number in range(31):
        over = MIDNIGHT + (number + 1) * DAY
        report = day_report((MIDNIGHT + number * DAY).date())
        central.writer.accept_rollup(row.id, report, over)
        central.writer.observe(over + HOUR)
        central.writer.fill_days(over + HOUR)
        central.writer.sweep_notifications(over + HOUR)
    counts = central.counts()
    assert (counts["rollup"], counts["transition"], counts["notification"]) == (31, 7, 0)
    assert sum(counts.values()) - before == 37
