"""A collector that answers as it is told, and small makers, for tests of the checker's parts."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from allswell.checker.batch_writer import Keeper
from allswell.checker.clock import Clock
from allswell.checker.collector_client import LineBroken, Reply
from allswell.checker.monitor_runtime import Subject, subject_of, target_of
from allswell.domain import report
from allswell.domain.cover import Observation
from allswell.domain.health import Claim, Health
from allswell.domain.report import Json, Standing, Transition
from allswell.domain.sample import Sample
from allswell.domain.spec.meta import Meta
from allswell.domain.spec.monitor import Monitor
from allswell.domain.spec.tcp import Tcp
from allswell.domain.state import State
from allswell.store import Committed, Kept, Outgoing, Store
from tests.simulation.timeless import Loop

T = TypeVar("T")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DOWN = Claim(State.DOWN, NOON, "Timeout")
UP = Claim(State.UP, NOON)


def run(story: Coroutine[Any, Any, T]) -> T:
    """Let a story happen in virtual time."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(story)


def clock() -> Clock:
    """It is noon when the loop begins."""
    loop = asyncio.get_running_loop()
    return Clock(lambda: NOON + timedelta(seconds=loop.time()), loop.time)


async def inline(act: Callable[[], T]) -> T:
    """Offload to here and now."""
    return act()


def monitor(name: str = "api", **rest: Any) -> Monitor:  # noqa: ANN401 - any field
    """A manifest."""
    return Monitor(Meta(name, "acme"), "tcp", Tcp("db", 5432), timedelta(minutes=1), **rest)


class FailingStore(Store):
    """The real store, which fails when it is told."""

    failure: Exception | None = None
    unreadable: Exception | None = None

    def outbox(self, limit: int, now: datetime) -> tuple[Outgoing, ...]:
        if self.unreadable is not None:
            raise self.unreadable
        return super().outbox(limit, now)

    def samples(self, number: int, start: datetime, end: datetime) -> Iterator[Sample]:
        if self.unreadable is not None:
            raise self.unreadable
        return super().samples(number, start, end)

    def commit(self, batch: Sequence[Kept]) -> Committed:
        if self.failure is not None:
            raise self.failure
        return super().commit(batch)


def opened(folder: Path) -> FailingStore:
    """A new store."""
    return FailingStore.open(folder / "checker.sqlite", max_bytes=2**24, now=NOON)


def subject(store: Store, name: str = "api") -> Subject:
    """A monitor enrolled."""
    found = monitor(name)
    return subject_of(found, store.enroll(name, target_of(found)))


def kept(of: Subject, *sequences: int, second: float = 0) -> Kept:
    """A sample with transitions of these numbers."""
    at = NOON + timedelta(seconds=second)
    envelopes = tuple(Transition(of.name, of.store, number, DOWN) for number in sequences)
    return Kept(of.number, Sample(at, 1000), Health(), Observation(at, at, at), envelopes)


@dataclass(slots=True)
class FakeLine:
    """Answers each path by a status, or as a function of the message; remembers what was said."""

    report: Callable[[Json], int] = lambda _: 201
    hello: Callable[[str], Standing] = Standing
    status: int = 200
    beat: object = field(default_factory=lambda: {"greet": False, "gone": []})
    is_broken: bool = False
    said: list[tuple[str, Json]] = field(default_factory=list)

    async def post(self, path: str, message: Json) -> Reply:
        if self.is_broken:
            raise LineBroken("nobody answers")
        self.said.append((path, message))
        await asyncio.sleep(0.01)
        if path == "/v1/report":
            return Reply(self.report(message), {})
        if path == "/v1/beat":
            return Reply(self.status, self.beat)
        standings = [self.hello(entry.monitor) for entry in report.read_hello(message)]
        return Reply(self.status, report.standings_json(standings))

    def reports(self) -> list[object]:
        """The numbers reported, in order, with their monitors."""
        return [(m["monitor"], m["sequence"]) for path, m in self.said if path == "/v1/report"]


def keeper_of(store: Store) -> tuple[Keeper, asyncio.Task[None]]:
    """A keeper that runs."""
    made = Keeper(store, inline)
    return made, asyncio.create_task(made.run())
