import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import event

from allswell.central.errors import DatabaseUnavailable
from allswell.collector.authentication import LocalTokens, Sender, Unauthorized
from allswell.collector.state import CollectorState, StateChange, UnknownMonitor, skew_of
from allswell.domain.health import HealthClaim
from allswell.domain.report import Heartbeat, HeartbeatReply, Hello, StoreStanding
from allswell.domain.state import State
from tests import central_database
from tests.central_database import DAY, HOUR, NOON, Central, transition

ACME = Sender("acme")
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def begun(central: Central) -> CollectorState:
    """Return the state of a collector that has started at noon."""
    made = CollectorState(central.writer)
    made.start(NOON)
    return made


def greet(state: CollectorState, name: str = "api", store: str = "s1") -> StoreStanding:
    """Return a hello of a store that has claimed nothing."""
    (standing,) = state.hello(ACME, [Hello(name, store, 0)], NOON)
    return standing


def beat(
    state: CollectorState, minutes: float, since: float = 0, name: str = "api"
) -> HeartbeatReply:
    """Return a heartbeat that is in time."""
    now = NOON + minutes * MINUTE
    return state.heartbeat(ACME, [Heartbeat(name, "s1", NOON + since * MINUTE, now)], now, now)


def unseen(central: Central) -> list[tuple[float, float | None]]:
    """Return the dark times of api in minutes after noon."""
    row = next(row for row in central.writer.living() if row.name == "api")
    return [
        ((each.start - NOON) / MINUTE, None if each.end is None else (each.end - NOON) / MINUTE)
        for each in central.overlays(row.id)
    ]


def test_a_monitor_of_another_namespace_is_not_there(
    central: Central,
) -> None:
    state = begun(central)
    greeting, now = Hello("api", "s1", 0), NOON + MINUTE
    for stranger in (Sender("evil"), Sender("acme", "db")):
        assert state.hello(stranger, [greeting], NOON) == (StoreStanding("api", gone=True),)
        assert state.heartbeat(stranger, [Heartbeat("api", "s1", NOON, now)], now, now).gone == (
            "api",
        )
        with pytest.raises(UnknownMonitor):
            state.accept(stranger, transition(1, State.UP, NOON), NOON, NOON)
    assert not state.hello(Sender("acme", "api"), [greeting], NOON)[0].gone


def test_a_beat_of_a_store_that_was_not_greeted_asks_for_a_hello(
    central: Central,
) -> None:
    state = begun(central)
    assert beat(state, 1) == HeartbeatReply(greet=True)
    greet(state)
    assert beat(state, 2) == HeartbeatReply()
    # Of each monitor one store is remembered, however many say hello.
    greet(state, store="s2")
    assert beat(state, 3) == HeartbeatReply(greet=True)


def test_a_clock_that_is_wrong_by_more_than_two_seconds_is_corrected(
    central: Central,
) -> None:
    state = begun(central)
    assert skew_of(NOON, NOON + 2 * SECOND) == timedelta()
    assert skew_of(NOON, NOON - HOUR) == -HOUR
    greet(state)
    sent = transition(1, State.UP, NOON - DAY)
    assert state.accept(ACME, sent, NOON - DAY + MINUTE, NOON + MINUTE)
    assert not state.accept(ACME, sent, NOON - DAY + 2 * MINUTE, NOON + 3 * MINUTE)
    latest = greet(state).latest
    assert latest is not None
    assert latest.claim == HealthClaim(State.UP, NOON)


def test_a_change_is_told_once(central: Central) -> None:
    told: list[StateChange] = []
    state = CollectorState(central.writer, on_change=told.append)
    state.start(NOON)
    for _ in range(2):
        state.accept(ACME, transition(1, State.UP, NOON), NOON, NOON)
    state.accept(ACME, central_database.day_report(NOON.date() - DAY), NOON, NOON)
    assert told == [StateChange("acme", "api", HealthClaim(State.UP, NOON))]


def test_silence_is_dark_from_the_end_of_the_last_cover_on(
    central: Central,
) -> None:
    state = begun(central)
    greet(state)
    beat(state, 1)
    state.judge_silence(NOON + 3 * MINUTE)
    assert unseen(central) == []
    state.judge_silence(NOON + 4.5 * MINUTE)
    assert unseen(central) == [(4, None)]
    assert state.observed_through == NOON + 4.5 * MINUTE
    beat(state, 5, since=4.75)
    state.correct_unseen(NOON + 5 * MINUTE)
    assert unseen(central) == [(4, 4.75)]
    beat(state, 6, since=0)
    state.correct_unseen(NOON + 6 * MINUTE)
    assert unseen(central) == []


def test_what_agrees_is_not_written_again(central: Central) -> None:
    state = begun(central)
    greet(state)
    writes: list[object] = []
    event.listen(central.engine, "begin", writes.append)
    beat(state, 1)
    state.correct_unseen(NOON + MINUTE)
    beat(state, 2)
    state.correct_unseen(NOON + 2 * MINUTE)
    assert writes == []


def test_a_hello_without_a_beat_is_a_silence_as_well(
    central: Central,
) -> None:
    state = begun(central)
    greet(state)
    state.judge_silence(NOON + MINUTE)
    assert unseen(central) == []
    state.judge_silence(NOON + 2 * MINUTE)
    state.judge_silence(NOON + 3 * MINUTE + SECOND)
    assert unseen(central) == [(3, None)]


def test_the_first_beat_after_a_start_says_what_nobody_saw(
    central: Central,
) -> None:
    earlier = begun(central)
    greet(earlier)
    beat(earlier, 10)
    earlier.judge_silence(NOON + 10 * MINUTE)
    state = CollectorState(central.writer)
    state.start(NOON + HOUR)
    state.judge_silence(NOON + HOUR + SECOND)
    assert state.observed_through == NOON + 10 * MINUTE
    beat(state, 61, since=60.5)
    state.judge_silence(NOON + 61 * MINUTE)
    assert unseen(central) == [(10, 60.5)]
    assert state.observed_through == NOON + 61 * MINUTE


def test_a_clock_that_was_set_back_begins_a_new_patience(
    central: Central,
) -> None:
    state = begun(central)
    greet(state)
    beat(state, 60)
    state.judge_silence(NOON + HOUR)
    state.judge_silence(NOON + 10 * MINUTE)
    state.judge_silence(NOON + 11 * MINUTE)
    assert unseen(central) == []


def test_a_database_that_comes_back_older_is_taken_as_it_is(
    central: Central,
) -> None:
    state = begun(central)
    greet(state)
    beat(state, 30)
    state.judge_silence(NOON + 30 * MINUTE)
    is_away = [True]

    def begin(_: object) -> None:
        if is_away:
            raise DatabaseUnavailable("away")

    event.listen(central.engine, "begin", begin, insert=True)
    with pytest.raises(DatabaseUnavailable):
        state.judge_silence(NOON + 30.5 * MINUTE)
    is_away.clear()
    with central.engine.begin() as connection:
        at = 1000 * int((NOON + 5 * MINUTE).timestamp())
        connection.exec_driver_sql(f"UPDATE centre SET observed_through_ms = {at}")
    beat(state, 31, since=20)
    state.judge_silence(NOON + 31 * MINUTE)
    assert beat(state, 31.1) == HeartbeatReply(greet=True)
    assert state.observed_through == NOON + 31 * MINUTE


def test_a_collector_that_has_not_started_judges_nothing(
    central: Central,
) -> None:
    state = CollectorState(central.writer)
    state.judge_silence(NOON)
    assert state.observed_through is None


def test_latencies_are_told_of_living_monitors_by_their_public_name(
    central: Central,
) -> None:
    state = begun(central)
    public = next(row.public_id for row in central.writer.living() if row.name == "api")
    assert state.latencies([public, "stranger"], NOON) == {public: ()}


def test_a_token_stands_for_one_identity() -> None:
    tokens = LocalTokens({"one": ACME})
    tokens.add("two", Sender("", page=True))

    async def story() -> None:
        assert await tokens.identify("one") == ACME
        assert (await tokens.identify("two")).page
        with pytest.raises(Unauthorized):
            await tokens.identify("three")

    asyncio.run(story())
