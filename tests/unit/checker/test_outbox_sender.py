import asyncio
from pathlib import Path

import pytest

from allswell.checker.outbox_sender import (
    LONGEST_WAIT,
    Delivery,
    OutboxSender,
    backoff,
    delivery_of,
)
from allswell.checker.registration import Registration
from allswell.domain.report import Json
from allswell.store import StoreFailed
from tests.unit.checker.fakes import (
    FailingStore,
    FakeCollector,
    clock,
    enroll,
    item,
    open_store,
    run,
    running_writer,
)

DELIVERIES = {
    Delivery.DELIVERED: (200, 201, 204),
    Delivery.GONE: (410,),
    Delivery.RETRY: (403, 404, 500),
    Delivery.UNREACHED: (401, 408, 429, 301, 502, 503, 504, 100),
    Delivery.DEAD: (400, 405, 409, 413, 422),
}


@pytest.mark.parametrize(
    ("expected", "status"), [(f, s) for f, each in DELIVERIES.items() for s in each]
)
def test_an_answer_decides_what_becomes_of_a_report(expected: Delivery, status: int) -> None:
    assert delivery_of(status) is expected


def test_a_wait_doubles_up_to_five_minutes_with_full_jitter() -> None:
    assert [backoff(number, 0.999999) for number in (1, 2, 3)] == pytest.approx([2, 4, 8], 1e-3)
    assert backoff(60, 0.999999) < LONGEST_WAIT
    assert backoff(60, 0.0) == 0


def sender_of(
    store: FailingStore, collector: FakeCollector, *names: str
) -> tuple[OutboxSender, Registration]:
    """Return a sender for monitors with three transitions each to report."""
    writer, _ = running_writer(store)
    registration = Registration(writer, collector)
    for number in (1, 2, 3):
        for name in names:
            each = registration.runtimes.get(name) or enroll(store, name)
            registration.runtimes[name] = each
            store.commit([item(each, number, second=number)])
            each.sequence = number
    gone = lambda name: registration.require([name])  # noqa: E731 - as in the service
    return OutboxSender(writer, collector, clock(), registration.register, gone), registration


def test_reports_are_sent_in_order_and_once(tmp_path: Path) -> None:
    async def story() -> None:
        collector = FakeCollector()
        sender, _ = sender_of(open_store(tmp_path), collector, "a", "b")
        assert await sender.send_all()
        assert await sender.send_all()
        assert collector.reports() == [(name, number) for number in (1, 2, 3) for name in "ab"]

    run(story())


def test_a_refused_monitor_holds_back_its_own_reports_only(tmp_path: Path) -> None:
    async def story() -> None:
        store = open_store(tmp_path)
        collector = FakeCollector(report=lambda message: 403 if message["monitor"] == "a" else 200)
        sender, _ = sender_of(store, collector, "a", "b")
        assert await sender.send_all()
        assert collector.reports() == [("a", 1), ("b", 1), ("b", 2), ("b", 3)]
        assert store.counts().undelivered == 3

    run(story())


def test_what_was_deferred_is_tried_again_though_nothing_else_happens(tmp_path: Path) -> None:
    async def story() -> None:
        collector = FakeCollector(report=lambda _: 403)
        sender, _ = sender_of(open_store(tmp_path), collector, "a")
        task = asyncio.create_task(sender.run())
        await asyncio.sleep(60)
        assert len(collector.reports()) > 2
        collector.report = lambda _: 200
        await asyncio.sleep(2 * LONGEST_WAIT)
        assert collector.reports()[-2:] == [("a", 2), ("a", 3)]
        task.cancel()

    run(story())


def test_a_report_that_can_never_be_taken_dies_and_the_next_follow(tmp_path: Path) -> None:
    async def story() -> None:
        store = open_store(tmp_path)
        collector = FakeCollector(report=lambda message: 409 if message["sequence"] == 1 else 201)
        sender, _ = sender_of(store, collector, "a")
        assert await sender.send_all()
        assert collector.reports() == [("a", 1), ("a", 2), ("a", 3)]
        assert (store.counts().dead, store.counts().undelivered) == (1, 0)

    run(story())


@pytest.mark.parametrize("status", [401, 503])
def test_nothing_is_sent_behind_a_collector_that_is_away(tmp_path: Path, status: int) -> None:
    async def story() -> None:
        store = open_store(tmp_path)
        collector = FakeCollector(report=lambda _: status)
        sender, _ = sender_of(store, collector, "a", "b")
        assert not await sender.send_all()
        assert collector.reports() == [("a", 1)]

    run(story())


def test_an_unreachable_collector_is_tried_again_within_five_minutes_or_when_woken(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        store = open_store(tmp_path)
        collector = FakeCollector()
        sender, _ = sender_of(store, collector, "a")
        assert await sender.send_all()
        store.commit([item(enroll(store, "late"), 1)])
        collector.unreachable = True
        task = asyncio.create_task(sender.run())
        await asyncio.sleep(3600)
        assert sender.failures >= 12
        collector.unreachable = False
        sender.wake()
        await asyncio.sleep(1)
        assert collector.reports()[-1] == ("late", 1)
        task.cancel()

    run(story())


def test_nothing_is_reported_before_the_hello_is_answered(tmp_path: Path) -> None:
    async def story() -> None:
        collector = FakeCollector(status=503)
        sender, _ = sender_of(open_store(tmp_path), collector, "a")
        assert not await sender.send_all()
        assert [path for path, _ in collector.requests] == ["/v1/hello"]

    run(story())


def test_a_monitor_that_is_gone_is_registered_before_it_is_tried_again(tmp_path: Path) -> None:
    def gone(_: Json) -> int:
        return 410

    async def story() -> None:
        collector = FakeCollector(report=gone)
        sender, registration = sender_of(open_store(tmp_path), collector, "a")
        assert await sender.send_all()
        assert not registration.runtimes["a"].registered

    run(story())


def test_a_store_that_cannot_be_read_ends_the_round(tmp_path: Path) -> None:
    async def story() -> None:
        store = open_store(tmp_path)
        sender, _ = sender_of(store, FakeCollector(), "a")
        store.unreadable = StoreFailed("away")
        assert not await sender.send_all()

    run(story())
