"""Provide a fake collector, a failing store and small builders for the checker's tests."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from allswell.checker.batch_writer import BatchWriter
from allswell.checker.clock import Clock
from allswell.checker.collector_client import CollectorReply
from allswell.checker.errors import CollectorUnreachable
from allswell.checker.monitor_runtime import MonitorRuntime, runtime_of, target_hash
from allswell.domain import report
from allswell.domain.cover import Observation
from allswell.domain.health import Health, HealthClaim
from allswell.domain.report import Json, StoreStanding, Transition
from allswell.domain.sample import Sample
from allswell.domain.spec.meta import Meta
from allswell.domain.spec.monitor import Monitor
from allswell.domain.spec.tcp import Tcp
from allswell.domain.state import State
from allswell.store import BatchItem, BatchResult, OutboxEnvelope, Store
from tests.simulation.virtual_time import VirtualTimeLoop

T = TypeVar("T")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DOWN = HealthClaim(State.DOWN, NOON, "Timeout")
UP = HealthClaim(State.UP, NOON)


def run(story: Coroutine[Any, Any, T]) -> T:
    """Run a story in virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(story)


def clock() -> Clock:
    """Return clocks that show noon when the loop begins."""
    loop = asyncio.get_running_loop()
    return Clock(lambda: NOON + timedelta(seconds=loop.time()), loop.time)


async def run_inline(act: Callable[[], T]) -> T:
    """Run a blocking call at once, on the loop's thread."""
    return act()


def monitor(name: str = "api", **rest: Any) -> Monitor:  # noqa: ANN401 - any field
    """Return a Monitor of a TCP target."""
    return Monitor(Meta(name, "acme"), "tcp", Tcp("db", 5432), timedelta(minutes=1), **rest)


class FailingStore(Store):
    """The real store, which fails when a test sets an exception."""

    failure: Exception | None = None
    unreadable: Exception | None = None

    def outbox(self, limit: int, now: datetime) -> tuple[OutboxEnvelope, ...]:
        if self.unreadable is not None:
            raise self.unreadable
        return super().outbox(limit, now)

    def samples(self, number: int, start: datetime, end: datetime) -> Iterator[Sample]:
        if self.unreadable is not None:
            raise self.unreadable
        return super().samples(number, start, end)

    def commit(self, batch: Sequence[BatchItem]) -> BatchResult:
        if self.failure is not None:
            raise self.failure
        return super().commit(batch)


_OPEN: list[FailingStore] = []


def open_store(folder: Path, kind: type[FailingStore] = FailingStore) -> FailingStore:
    """Open a new store; it is closed at the end of the test."""
    _OPEN.append(kind.open(folder / "checker.sqlite", max_bytes=2**24, now=NOON))
    return _OPEN[-1]


def close_stores() -> None:
    """Close what `open_store` has opened."""
    while _OPEN:
        _OPEN.pop().close()


def enroll(store: Store, name: str = "api") -> MonitorRuntime:
    """Enroll a monitor and return its running state."""
    manifest = monitor(name)
    return runtime_of(manifest, store.enroll(name, target_hash(manifest)))


def item(of: MonitorRuntime, *sequences: int, second: float = 0) -> BatchItem:
    """Return a sample with transitions of these numbers."""
    at = NOON + timedelta(seconds=second)
    envelopes = tuple(Transition(of.name, of.store, number, DOWN) for number in sequences)
    return BatchItem(of.number, Sample(at, 1000), Health(), Observation(at, at, at), envelopes)


@dataclass(slots=True)
class FakeCollector:
    """Answers each path by a status, or as a function of the message; records the requests."""

    report: Callable[[Json], int] = lambda _: 201
    hello: Callable[[str], StoreStanding] = StoreStanding
    status: int = 200
    beat: object = field(default_factory=lambda: {"greet": False, "gone": []})
    unreachable: bool = False
    requests: list[tuple[str, Json]] = field(default_factory=list)

    async def post(self, path: str, message: Json) -> CollectorReply:
        if self.unreachable:
            raise CollectorUnreachable("connection refused")
        self.requests.append((path, message))
        await asyncio.sleep(0.01)
        if path == "/v1/report":
            return CollectorReply(self.report(message), {})
        if path == "/v1/beat":
            return CollectorReply(self.status, self.beat)
        standings = [self.hello(entry.monitor) for entry in report.read_hello(message)]
        return CollectorReply(self.status, report.hello_reply_json(standings))

    def reports(self) -> list[object]:
        """Return the numbers reported, in order, with their monitors."""
        return [(m["monitor"], m["sequence"]) for path, m in self.requests if path == "/v1/report"]


def running_writer(store: Store) -> tuple[BatchWriter, asyncio.Task[None]]:
    """Return a writer that runs, and its task."""
    writer = BatchWriter(store, run_inline)
    return writer, asyncio.create_task(writer.run())
