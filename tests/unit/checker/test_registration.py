import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from allswell.checker.heartbeat import HeartbeatSender
from allswell.checker.hello_decision import HelloDecision, HelloStep, decide
from allswell.checker.registration import Registration
from allswell.domain import instant
from allswell.domain.health import HealthClaim
from allswell.domain.latency import WIDTH, start_of
from allswell.domain.report import StoreStanding, Transition
from allswell.store import StoreFailed
from tests.unit.checker.fakes import (
    DOWN,
    NOON,
    UP,
    FailingStore,
    FakeLine,
    clock,
    keeper_of,
    kept,
    opened,
    run,
    subject,
)

THERE = Transition("api", "other", 4, DOWN)
NEW = StoreStanding("api")

DECISIONS = [
    # a new file, and a collector that knows nothing, or something
    (0, None, NEW, HelloDecision(HelloStep.GO_ON)),
    (0, None, StoreStanding("api", latest=THERE), HelloDecision(HelloStep.START_FROM, DOWN)),
    # a file that has claimed nothing under its id, and what it started from
    (0, DOWN, StoreStanding("api", known=0, latest=THERE), HelloDecision(HelloStep.GO_ON)),
    (0, UP, StoreStanding("api", known=0, latest=THERE), HelloDecision(HelloStep.START_FROM, DOWN)),
    (0, UP, NEW, HelloDecision(HelloStep.START_FROM, None)),
    # a file with claims of its own
    (3, DOWN, StoreStanding("api", known=3, latest=THERE), HelloDecision(HelloStep.GO_ON)),
    (3, UP, StoreStanding("api", known=0, latest=THERE), HelloDecision(HelloStep.GO_ON)),
    (3, UP, NEW, HelloDecision(HelloStep.GO_ON)),
    # an old copy of a file; a file that another has followed
    (2, UP, StoreStanding("api", known=3, latest=THERE), HelloDecision(HelloStep.RENEW, DOWN)),
    (3, UP, StoreStanding("api", 3, THERE, superseded=True), HelloDecision(HelloStep.RENEW, DOWN)),
    (
        0,
        None,
        StoreStanding("api", 0, THERE, superseded=True),
        HelloDecision(HelloStep.RENEW, DOWN),
    ),
    # a monitor that is no more
    (3, UP, StoreStanding("api", gone=True), HelloDecision(HelloStep.STOP)),
]


@pytest.mark.parametrize(("sequence", "claimed", "standing", "decision"), DECISIONS)
def test_the_handshake_decides(
    sequence: int, claimed: HealthClaim | None, standing: StoreStanding, decision: HelloDecision
) -> None:
    assert decide(sequence, claimed, standing) == decision


def greeter_of(folder: Path, line: FakeLine, *names: str) -> Registration:
    """A greeter with these monitors."""
    store = opened(folder)
    keeper, _ = keeper_of(store)
    return Registration(keeper, line, {name: subject(store, name) for name in names})


def test_a_monitor_is_greeted_once_until_it_is_asked_again(tmp_path: Path) -> None:
    async def story() -> None:
        line = FakeLine()
        greeter = greeter_of(tmp_path, line, "a", "b")
        assert await greeter.greeted()
        assert await greeter.greeted()
        assert len(line.said) == 1
        greeter.again(["b", "stranger"])
        assert await greeter.greeted()
        assert [entry["monitor"] for entry in line.said[1][1]["monitors"]] == ["b"]  # type: ignore[attr-defined]

    run(story())


def test_many_monitors_are_greeted_a_hundred_at_a_time(tmp_path: Path) -> None:
    async def story() -> None:
        line = FakeLine()
        greeter = greeter_of(tmp_path, line, *[f"m{number}" for number in range(250)])
        assert await greeter.greeted()
        assert len(line.said) == 3

    run(story())


def test_a_store_that_is_left_keeps_its_reports_and_greets_under_its_new_id(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        line = FakeLine()
        greeter = greeter_of(tmp_path, line, "api")
        (api,) = greeter.subjects.values()
        old = api.store
        greeter.keeper.store.commit([kept(api, 1)])
        answers = [StoreStanding("api", 5, THERE), StoreStanding("api", None, THERE)]
        line.hello = lambda _: answers.pop(0)
        assert await greeter.greeted()
        assert api.store != old
        assert (api.sequence, api.health.claim) == (0, DOWN)
        assert len(greeter.keeper.store.outbox(10, NOON)) == 1

    run(story())


def test_what_the_collector_has_forgotten_is_queued_again(tmp_path: Path) -> None:
    async def story() -> None:
        greeter = greeter_of(tmp_path, FakeLine(), "api")
        (api,) = greeter.subjects.values()
        store = greeter.keeper.store
        store.commit([kept(api, 1)])
        api.sequence = 1
        store.delivered([each.id for each in store.outbox(10, NOON)], NOON)
        assert await greeter.greeted()
        assert len(store.outbox(10, NOON)) == 1

    run(story())


@pytest.mark.parametrize("how", ["standing", "status"])
def test_who_is_gone_stops_and_who_is_back_goes_on(tmp_path: Path, how: str) -> None:
    async def story() -> None:
        line = FakeLine(hello=lambda name: StoreStanding(name, gone=how == "standing"))
        line.status = 410 if how == "status" else 200
        greeter = greeter_of(tmp_path, line, "api")
        assert await greeter.greeted()
        assert greeter.subjects["api"].gone
        line.hello, line.status = StoreStanding, 200
        greeter.again()
        assert await greeter.greeted()
        assert not greeter.subjects["api"].gone

    run(story())


def test_an_answer_that_makes_no_sense_is_no_greeting(tmp_path: Path) -> None:
    async def story() -> None:
        line = FakeLine(hello=lambda _: StoreStanding("stranger"))
        greeter = greeter_of(tmp_path, line, "api")
        assert not await greeter.greeted()
        line.is_broken = True
        assert not await greeter.greeted()

    run(story())


def pulser_of(folder: Path, line: FakeLine) -> tuple[HeartbeatSender, list[float]]:
    """A pulser of one monitor that has been greeted and checked; when it nudged."""
    greeter = greeter_of(folder, line, "api")
    api = greeter.subjects["api"]
    nudges: list[float] = []
    loop = asyncio.get_running_loop()
    pulser = HeartbeatSender(
        greeter.keeper, line, clock(), greeter, lambda: nudges.append(loop.time())
    )
    api.greeted, api.observation = True, kept(api).observation
    return pulser, nudges


def test_a_beat_goes_out_every_thirty_seconds(tmp_path: Path) -> None:
    async def story() -> None:
        line = FakeLine()
        pulser, nudges = pulser_of(tmp_path, line)
        task = asyncio.create_task(pulser.run())
        await asyncio.sleep(95)
        assert [path for path, _ in line.said] == ["/v1/beat"] * 4
        assert nudges == []
        task.cancel()

    run(story())


def test_who_is_looked_at_after_a_gap_is_told_of_soon(tmp_path: Path) -> None:
    async def story() -> None:
        line = FakeLine()
        pulser, _ = pulser_of(tmp_path, line)
        task = asyncio.create_task(pulser.run())
        for second in (10, 10.5, 29.5):
            await asyncio.sleep(second - asyncio.get_running_loop().time())
            pulser.anew()
        await asyncio.sleep(30)
        task.cancel()
        sent = [beat["sent_at"] for _, beat in line.said]
        # The rest keep their time, and what comes just before one of them goes with it.
        assert sent == [instant.text(NOON + timedelta(seconds=second)) for second in (0, 11, 30)]

    run(story())


def test_a_beat_that_arrives_after_silence_wakes_the_courier(tmp_path: Path) -> None:
    async def story() -> None:
        line = FakeLine(is_broken=True)
        pulser, nudges = pulser_of(tmp_path, line)
        assert not await pulser.beat()
        line.is_broken = False
        line.status = 503
        assert not await pulser.beat()
        line.status = 200
        assert await pulser.beat()
        assert len(nudges) == 1

    run(story())


def test_an_answer_to_a_beat_asks_for_a_hello_and_names_who_is_gone(tmp_path: Path) -> None:
    async def story() -> None:
        line = FakeLine(beat={"greet": True, "gone": []})
        pulser, nudges = pulser_of(tmp_path, line)
        api = pulser.greeter.subjects["api"]
        for answer in ({"greet": True, "gone": []}, {"greet": False, "gone": ["api"]}):
            api.greeted, line.beat = True, answer
            assert await pulser.beat()
            assert not api.greeted
        api.greeted, line.status = True, 410
        assert not await pulser.beat()
        assert not api.greeted
        assert len(nudges) == 3
        line.status, line.beat = 200, "nonsense"
        assert not await pulser.beat()

    run(story())


def test_who_is_gone_is_asked_for_again_every_five_minutes(tmp_path: Path) -> None:
    async def story() -> None:
        pulser, nudges = pulser_of(tmp_path, FakeLine())
        pulser.greeter.subjects["api"].gone = True
        for _ in range(20):
            await pulser.beat()
        assert len(nudges) == 2

    run(story())


def test_finished_buckets_are_sent_once_and_none_that_is_older_than_a_day(tmp_path: Path) -> None:
    async def story() -> None:
        line = FakeLine()
        pulser, _ = pulser_of(tmp_path, line)
        api = pulser.greeter.subjects["api"]
        for minutes in (-2 * 24 * 60, -60, -30, -1):
            pulser.keeper.store.commit([kept(api, second=60 * minutes)])
        api.buckets_since = NOON - timedelta(days=3)
        await pulser.beat()
        await pulser.beat()
        sent = [entry["buckets"] for _, beat in line.said for entry in beat["monitors"]]  # type: ignore[attr-defined]
        assert [len(each) for each in sent] == [3, 0]
        assert api.buckets_since == start_of(NOON - timedelta(minutes=1)) + WIDTH
        assert isinstance(pulser.keeper.store, FailingStore)
        pulser.keeper.store.unreadable = StoreFailed("away")
        api.buckets_since = NOON - timedelta(days=1)
        assert await pulser.beat()

    run(story())
