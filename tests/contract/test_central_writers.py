"""Several writers at once double nothing and lose nothing, on both databases."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import TypeVar

import pytest

from allswell.central import engine as engines
from allswell.central import session
from allswell.central.errors import CentralError, DatabaseFailed, MonitorMissing
from allswell.central.writer import CentralWriter
from allswell.domain.cover import Observation
from allswell.domain.report import DayReport, Transition
from allswell.domain.state import State
from allswell.domain.timeline import Overlay, OverlayKind
from tests.central_database import (
    DAY,
    HOUR,
    NOON,
    Central,
    day_report,
    lines,
    monitor,
    page,
    transition,
)

WRITERS = 4
T = TypeVar("T")


@pytest.fixture
def writers(address: str, central: Central) -> Iterator[list[CentralWriter]]:
    """Writers with connections of their own; patient, for a busy machine."""
    patience = timedelta(seconds=30)
    opened = [engines.connect(address, timeout=patience) for _ in range(WRITERS)]
    central.show()
    yield [CentralWriter(engine) for engine in opened]
    for engine in opened:
        engine.dispose()


def at_once(writers: list[CentralWriter], act: Callable[[CentralWriter], T]) -> list[T]:
    """Return what each writer got, all having begun together."""
    together = threading.Barrier(len(writers))

    def wait_and_act(writer: CentralWriter) -> T:
        together.wait()
        return act(writer)

    with ThreadPoolExecutor(len(writers)) as pool:
        return [future.result() for future in [pool.submit(wait_and_act, w) for w in writers]]


def test_a_monitor_registered_by_all_is_one(central: Central, writers: list[CentralWriter]) -> None:
    rows = at_once(writers, lambda w: w.register(monitor(), namespace_uid="ns", now=NOON))
    assert len({row.id for row in rows}) == 1
    assert central.counts()["monitor"] == 1


def test_a_page_put_by_all_is_one(central: Central, writers: list[CentralWriter]) -> None:
    central.add()
    shown = lines("api")
    ids = at_once(writers, lambda w: w.put_page(page("New"), shown, NOON, namespace_uid="ns"))
    assert len(set(ids)) == 1
    counts = central.counts()
    assert (counts["page"], counts["component"]) == (1, 1)
    assert central.version(ids[0]) == 2


def test_a_store_greeted_by_all_has_one_number(
    central: Central, writers: list[CentralWriter]
) -> None:
    row = central.add()
    at_once(writers, lambda w: w.hello(row.id, "s2", NOON))
    at_once(writers, lambda w: w.hello(row.id, f"own-{id(w)}", NOON))
    assert central.counts()["store"] == 2 + WRITERS


def test_a_transition_sent_to_all_is_new_to_one(
    central: Central, writers: list[CentralWriter]
) -> None:
    row = central.add()
    shown = central.show("api")
    before = central.version(shown)
    for sequence in range(5):
        sent = transition(sequence, State.UP, NOON)
        new = at_once(
            writers,
            partial(CentralWriter.accept_transition, monitor_id=row.id, transition=sent, now=NOON),
        )
        assert sorted(new) == [False] * (WRITERS - 1) + [True]
    counts = central.counts()
    assert (counts["transition"], counts["notification"]) == (5, 5)
    assert central.version(shown) == before + 5


def test_pages_count_every_change_of_different_monitors(
    central: Central, writers: list[CentralWriter]
) -> None:
    ids = {id(writer): central.add(f"m{n}").id for n, writer in enumerate(writers)}
    shown = central.show("m0", "m1", "m2", "m3")
    before = central.version(shown)

    def report(writer: CentralWriter) -> None:
        for sequence in range(5):
            sent = transition(sequence, State.UP, NOON)
            writer.accept_transition(ids[id(writer)], sent, NOON)

    at_once(writers, report)
    assert central.version(shown) == before + 5 * WRITERS


def test_unseen_opened_and_corrected_by_all_is_there_once(
    central: Central, writers: list[CentralWriter]
) -> None:
    ids = [central.add(f"m{number}").id for number in range(5)]
    starts = dict.fromkeys(ids, NOON)
    at_once(writers, lambda w: w.open_unseen(starts, NOON))
    seen = Observation(NOON + HOUR, NOON + 2 * HOUR, NOON + 2 * HOUR)
    said = at_once(
        writers, lambda w: w.correct_unseen(ids[0], seen, NOON, first=False, now=NOON + 2 * HOUR)
    )
    assert sorted(said) == [False] * (WRITERS - 1) + [True]
    assert central.overlays(ids[0]) == (Overlay(OverlayKind.UNSEEN, NOON, NOON + HOUR),)
    assert central.counts()["overlay"] == 5


def test_days_filled_by_all_are_written_once(
    central: Central, writers: list[CentralWriter]
) -> None:
    for number in range(20):
        central.add(f"m{number}")
    central.writer.observe(NOON + 3 * DAY)
    assert sum(at_once(writers, lambda w: w.fill_days(NOON + 3 * DAY))) == 60


def test_a_late_fact_is_never_lost_to_a_filling_that_has_not_seen_it(
    central: Central, writers: list[CentralWriter]
) -> None:
    row = central.add()
    central.writer.observe(NOON + 2 * DAY)
    for sequence in range(1, 6):
        sent = transition(sequence, State.UP, NOON + sequence * HOUR)
        report = day_report(NOON.date(), sequence)

        def act(writer: CentralWriter, sent: Transition = sent, report: DayReport = report) -> None:
            writer.accept_transition(row.id, sent, NOON + 2 * DAY)
            writer.fill_days(NOON + 2 * DAY)
            writer.accept_rollup(row.id, report, NOON + 2 * DAY)

        at_once(writers, act)
    central.writer.fill_days(NOON + 2 * DAY)
    with central.engine.connect() as connection:
        up = connection.exec_driver_sql("SELECT up_ms FROM rollup ORDER BY day").scalars().all()
    assert up == [11 * 3_600_000, 24 * 3_600_000]


def test_a_writer_works_on_after_an_error(central: Central) -> None:
    row = central.add()
    for _ in range(20):
        with pytest.raises(MonitorMissing):
            central.writer.hello(999, "s", NOON)
        with pytest.raises(DatabaseFailed), session.writing(central.engine) as connection:
            connection.exec_driver_sql("INSERT INTO store VALUES (999, 1, 'x', 0)")
    assert central.writer.hello(row.id, "s1", NOON).known == 0


def test_what_is_undone_leaves_no_trace(central: Central) -> None:
    def change_and_fail() -> None:
        with session.writing(central.engine) as connection:
            connection.exec_driver_sql("UPDATE centre SET installation = 'changed'")
            raise InterruptedError

    with pytest.raises(InterruptedError):
        change_and_fail()
    with central.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT installation FROM centre").scalar_one()
    assert len(kept) == 32


def test_an_error_of_the_room_keeps_its_cause_and_tells_no_value(central: Central) -> None:
    with pytest.raises(CentralError) as caught, session.writing(central.engine) as connection:
        connection.exec_driver_sql("INSERT INTO store VALUES (999, 1, 'a-value', 0)")
    assert caught.value.__cause__ is not None
    assert "a-value" not in str(caught.value)
