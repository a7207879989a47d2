import asyncio
from datetime import timedelta
from pathlib import Path

from allswell.checker.heartbeat import HeartbeatSender
from allswell.checker.registration import Registration
from allswell.domain import instant
from allswell.domain.latency import WIDTH, start_of
from allswell.store import StoreFailed
from tests.unit.checker.fakes import (
    NOON,
    FailingStore,
    FakeCollector,
    clock,
    enroll,
    item,
    open_store,
    run,
    running_writer,
)


def heartbeat_of(folder: Path, collector: FakeCollector) -> tuple[HeartbeatSender, list[float]]:
    """Return the heartbeat of one registered and checked monitor, and when it woke the sender."""
    store = open_store(folder)
    api = enroll(store)
    registration = Registration(running_writer(store)[0], collector, {"api": api})
    wakes: list[float] = []
    loop = asyncio.get_running_loop()
    heartbeat = HeartbeatSender(
        registration.writer, collector, clock(), registration, lambda: wakes.append(loop.time())
    )
    api.registered, api.observation = True, item(api).observation
    return heartbeat, wakes


def test_a_heartbeat_is_sent_every_thirty_seconds(tmp_path: Path) -> None:
    async def story() -> None:
        collector = FakeCollector()
        heartbeat, wakes = heartbeat_of(tmp_path, collector)
        task = asyncio.create_task(heartbeat.run())
        await asyncio.sleep(95)
        assert [path for path, _ in collector.requests] == ["/v1/beat"] * 4
        assert wakes == []
        task.cancel()

    run(story())


def test_a_monitor_observed_again_after_a_gap_is_reported_soon(tmp_path: Path) -> None:
    async def story() -> None:
        collector = FakeCollector()
        heartbeat, _ = heartbeat_of(tmp_path, collector)
        task = asyncio.create_task(heartbeat.run())
        for second in (10, 10.5, 29.5):
            await asyncio.sleep(second - asyncio.get_running_loop().time())
            heartbeat.send_soon()
        await asyncio.sleep(30)
        task.cancel()
        sent = [beat["sent_at"] for _, beat in collector.requests]
        # The rest keep their time, and what comes just before one of them goes with it.
        assert sent == [instant.text(NOON + timedelta(seconds=second)) for second in (0, 11, 30)]

    run(story())


def test_a_heartbeat_that_arrives_after_silence_wakes_the_sender(tmp_path: Path) -> None:
    async def story() -> None:
        collector = FakeCollector(unreachable=True)
        heartbeat, wakes = heartbeat_of(tmp_path, collector)
        assert not await heartbeat.send()
        collector.unreachable = False
        collector.status = 503
        assert not await heartbeat.send()
        collector.status = 200
        assert await heartbeat.send()
        assert len(wakes) == 1

    run(story())


def test_a_reply_to_a_heartbeat_requires_a_hello_and_names_what_is_gone(tmp_path: Path) -> None:
    async def story() -> None:
        collector = FakeCollector(beat={"greet": True, "gone": []})
        heartbeat, wakes = heartbeat_of(tmp_path, collector)
        api = heartbeat.registration.runtimes["api"]
        for answer in ({"greet": True, "gone": []}, {"greet": False, "gone": ["api"]}):
            api.registered, collector.beat = True, answer
            assert await heartbeat.send()
            assert not api.registered
        api.registered, collector.status = True, 410
        assert not await heartbeat.send()
        assert not api.registered
        assert len(wakes) == 3
        collector.status, collector.beat = 200, "nonsense"
        assert not await heartbeat.send()

    run(story())


def test_a_monitor_that_is_gone_is_registered_again_every_five_minutes(tmp_path: Path) -> None:
    async def story() -> None:
        heartbeat, wakes = heartbeat_of(tmp_path, FakeCollector())
        heartbeat.registration.runtimes["api"].gone = True
        for _ in range(20):
            await heartbeat.send()
        assert len(wakes) == 2

    run(story())


def test_finished_buckets_are_sent_once_and_none_that_is_older_than_a_day(tmp_path: Path) -> None:
    async def story() -> None:
        collector = FakeCollector()
        heartbeat, _ = heartbeat_of(tmp_path, collector)
        api = heartbeat.registration.runtimes["api"]
        for minutes in (-2 * 24 * 60, -60, -30, -1):
            heartbeat.writer.store.commit([item(api, second=60 * minutes)])
        api.buckets_since = NOON - timedelta(days=3)
        await heartbeat.send()
        await heartbeat.send()
        sent = [entry["buckets"] for _, beat in collector.requests for entry in beat["monitors"]]  # type: ignore[attr-defined]
        assert [len(each) for each in sent] == [3, 0]
        assert api.buckets_since == start_of(NOON - timedelta(minutes=1)) + WIDTH
        assert isinstance(heartbeat.writer.store, FailingStore)
        heartbeat.writer.store.unreadable = StoreFailed("away")
        api.buckets_since = NOON - timedelta(days=1)
        assert await heartbeat.send()

    run(story())
