import asyncio
from pathlib import Path

import pytest

from allswell.checker.outbox_sender import (
    LONGEST_WAIT,
    Delivery,
    OutboxSender,
    delivery_of,
    wait_after,
)
from allswell.checker.registration import Registration
from allswell.domain.report import Json
from allswell.store import StoreFailed
from tests.unit.checker.fakes import (
    FailingStore,
    FakeLine,
    clock,
    keeper_of,
    kept,
    opened,
    run,
    subject,
)

FATES = {
    Delivery.DELIVERED: (200, 201, 204),
    Delivery.GONE: (410,),
    Delivery.RETRY: (403, 404, 500),
    Delivery.UNREACHED: (401, 408, 429, 301, 502, 503, 504, 100),
    Delivery.DEAD: (400, 405, 409, 413, 422),
}


@pytest.mark.parametrize(("wanted", "status"), [(f, s) for f, each in FATES.items() for s in each])
def test_an_answer_decides_what_becomes_of_a_report(wanted: Delivery, status: int) -> None:
    assert delivery_of(status) is wanted


def test_a_wait_doubles_up_to_five_minutes_with_full_jitter() -> None:
    assert [wait_after(number, 0.999999) for number in (1, 2, 3)] == pytest.approx([2, 4, 8], 1e-3)
    assert wait_after(60, 0.999999) < LONGEST_WAIT
    assert wait_after(60, 0.0) == 0


def courier_of(
    store: FailingStore, line: FakeLine, *names: str
) -> tuple[OutboxSender, Registration]:
    """A courier for monitors who each have three transitions to tell."""
    keeper, _ = keeper_of(store)
    greeter = Registration(keeper, line)
    for number in (1, 2, 3):
        for name in names:
            each = greeter.subjects.get(name) or subject(store, name)
            greeter.subjects[name] = each
            store.commit([kept(each, number, second=number)])
            each.sequence = number
    gone = lambda name: greeter.again([name])  # noqa: E731 - as in the service
    return OutboxSender(keeper, line, clock(), greeter.greeted, gone), greeter


def test_reports_are_sent_in_order_and_once(tmp_path: Path) -> None:
    async def story() -> None:
        line = FakeLine()
        courier, _ = courier_of(opened(tmp_path), line, "a", "b")
        assert await courier.round()
        assert await courier.round()
        assert line.reports() == [(name, number) for number in (1, 2, 3) for name in "ab"]

    run(story())


def test_a_refused_monitor_holds_back_its_own_reports_only(tmp_path: Path) -> None:
    async def story() -> None:
        store = opened(tmp_path)
        line = FakeLine(report=lambda message: 403 if message["monitor"] == "a" else 200)
        courier, _ = courier_of(store, line, "a", "b")
        assert await courier.round()
        assert line.reports() == [("a", 1), ("b", 1), ("b", 2), ("b", 3)]
        assert store.counts().undelivered == 3

    run(story())


def test_what_was_deferred_is_tried_again_though_nothing_else_happens(tmp_path: Path) -> None:
    async def story() -> None:
        line = FakeLine(report=lambda _: 403)
        courier, _ = courier_of(opened(tmp_path), line, "a")
        task = asyncio.create_task(courier.run())
        await asyncio.sleep(60)
        assert len(line.reports()) > 2
        line.report = lambda _: 200
        await asyncio.sleep(2 * LONGEST_WAIT)
        assert line.reports()[-2:] == [("a", 2), ("a", 3)]
        task.cancel()

    run(story())


def test_a_report_that_can_never_be_taken_dies_and_the_next_follow(tmp_path: Path) -> None:
    async def story() -> None:
        store = opened(tmp_path)
        line = FakeLine(report=lambda message: 409 if message["sequence"] == 1 else 201)
        courier, _ = courier_of(store, line, "a")
        assert await courier.round()
        assert line.reports() == [("a", 1), ("a", 2), ("a", 3)]
        assert (store.counts().dead, store.counts().undelivered) == (1, 0)

    run(story())


@pytest.mark.parametrize("status", [401, 503])
def test_nothing_is_sent_behind_a_collector_that_is_away(tmp_path: Path, status: int) -> None:
    async def story() -> None:
        store = opened(tmp_path)
        line = FakeLine(report=lambda _: status)
        courier, _ = courier_of(store, line, "a", "b")
        assert not await courier.round()
        assert line.reports() == [("a", 1)]

    run(story())


def test_a_broken_line_is_tried_again_within_five_minutes_or_when_nudged(tmp_path: Path) -> None:
    async def story() -> None:
        store = opened(tmp_path)
        line = FakeLine()
        courier, _ = courier_of(store, line, "a")
        assert await courier.round()
        store.commit([kept(subject(store, "late"), 1)])
        line.is_broken = True
        task = asyncio.create_task(courier.run())
        await asyncio.sleep(3600)
        assert courier.failures >= 12
        line.is_broken = False
        courier.nudge()
        await asyncio.sleep(1)
        assert line.reports()[-1] == ("late", 1)
        task.cancel()

    run(story())


def test_nothing_is_reported_before_the_hello_is_answered(tmp_path: Path) -> None:
    async def story() -> None:
        line = FakeLine(status=503)
        courier, _ = courier_of(opened(tmp_path), line, "a")
        assert not await courier.round()
        assert [path for path, _ in line.said] == ["/v1/hello"]

    run(story())


def test_a_monitor_that_is_gone_is_greeted_before_it_is_tried_again(tmp_path: Path) -> None:
    def gone(_: Json) -> int:
        return 410

    async def story() -> None:
        line = FakeLine(report=gone)
        courier, greeter = courier_of(opened(tmp_path), line, "a")
        assert await courier.round()
        assert not greeter.subjects["a"].greeted

    run(story())


def test_a_store_that_cannot_be_read_ends_the_round(tmp_path: Path) -> None:
    async def story() -> None:
        store = opened(tmp_path)
        courier, _ = courier_of(store, FakeLine(), "a")
        store.unreadable = StoreFailed("away")
        assert not await courier.round()

    run(story())
