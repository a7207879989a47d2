from pathlib import Path

import pytest

from allswell.checker.registration import HelloDecision, HelloStep, Registration, decide
from allswell.domain.health import HealthClaim
from allswell.domain.report import StoreStanding, Transition
from tests.unit.checker.fakes import (
    DOWN,
    NOON,
    UP,
    FakeCollector,
    enroll,
    item,
    open_store,
    run,
    running_writer,
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
def test_a_hello_decides_what_becomes_of_the_store(
    sequence: int, claimed: HealthClaim | None, standing: StoreStanding, decision: HelloDecision
) -> None:
    assert decide(sequence, claimed, standing) == decision


def registration_of(folder: Path, collector: FakeCollector, *names: str) -> Registration:
    """Return a registration of these monitors."""
    store = open_store(folder)
    writer, _ = running_writer(store)
    return Registration(writer, collector, {name: enroll(store, name) for name in names})


def test_a_monitor_is_registered_once_until_it_is_required_again(tmp_path: Path) -> None:
    async def story() -> None:
        collector = FakeCollector()
        registration = registration_of(tmp_path, collector, "a", "b")
        assert await registration.register()
        assert await registration.register()
        assert len(collector.requests) == 1
        registration.require(["b", "stranger"])
        assert await registration.register()
        assert [entry["monitor"] for entry in collector.requests[1][1]["monitors"]] == ["b"]  # type: ignore[attr-defined]

    run(story())


def test_many_monitors_are_registered_a_hundred_at_a_time(tmp_path: Path) -> None:
    async def story() -> None:
        collector = FakeCollector()
        registration = registration_of(
            tmp_path, collector, *[f"m{number}" for number in range(250)]
        )
        assert await registration.register()
        assert len(collector.requests) == 3

    run(story())


def test_a_store_that_is_left_keeps_its_reports_and_registers_under_its_new_id(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        collector = FakeCollector()
        registration = registration_of(tmp_path, collector, "api")
        (api,) = registration.runtimes.values()
        old = api.store
        registration.writer.store.commit([item(api, 1)])
        answers = [StoreStanding("api", 5, THERE), StoreStanding("api", None, THERE)]
        collector.hello = lambda _: answers.pop(0)
        assert await registration.register()
        assert api.store != old
        assert (api.sequence, api.health.claim) == (0, DOWN)
        assert len(registration.writer.store.outbox(10, NOON)) == 1

    run(story())


def test_reports_that_the_central_database_has_lost_are_queued_again(tmp_path: Path) -> None:
    async def story() -> None:
        registration = registration_of(tmp_path, FakeCollector(), "api")
        (api,) = registration.runtimes.values()
        store = registration.writer.store
        store.commit([item(api, 1)])
        api.sequence = 1
        store.mark_delivered([each.id for each in store.outbox(10, NOON)], NOON)
        assert await registration.register()
        assert len(store.outbox(10, NOON)) == 1

    run(story())


@pytest.mark.parametrize("how", ["standing", "status"])
def test_a_monitor_that_is_gone_stops_and_one_that_is_back_goes_on(
    tmp_path: Path, how: str
) -> None:
    async def story() -> None:
        collector = FakeCollector(hello=lambda name: StoreStanding(name, gone=how == "standing"))
        collector.status = 410 if how == "status" else 200
        registration = registration_of(tmp_path, collector, "api")
        assert await registration.register()
        assert registration.runtimes["api"].gone
        collector.hello, collector.status = StoreStanding, 200
        registration.require()
        assert await registration.register()
        assert not registration.runtimes["api"].gone

    run(story())


def test_an_answer_that_makes_no_sense_registers_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        collector = FakeCollector(hello=lambda _: StoreStanding("stranger"))
        registration = registration_of(tmp_path, collector, "api")
        assert not await registration.register()
        collector.unreachable = True
        assert not await registration.register()

    run(story())
