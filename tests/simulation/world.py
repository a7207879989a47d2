"""Simulate a checker, a collector and a target in virtual time, and every fault between them.

Real are the assembled checker, its store file, the collector's state, messages and ticker, and the
central database. Simulated are the network, the clocks and the target.
"""

import asyncio
import json
import shutil
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, event

from allswell.archive.object_store import ArchiveError
from allswell.central.errors import CentralError, DatabaseUnavailable
from allswell.checker.assembly import Checker, assemble
from allswell.checker.clock import Clock
from allswell.checker.collector_client import CollectorReply
from allswell.checker.config import CheckerConfig
from allswell.checker.errors import CollectorUnreachable
from allswell.checker.object_store_client import UploadTarget
from allswell.collector import messages
from allswell.collector.authentication import RequestRefused, Sender
from allswell.collector.messages import MessageReply
from allswell.collector.state import CollectorState
from allswell.collector.ticker import Ticker
from allswell.domain import timeline, uptime
from allswell.domain.health import HealthClaim
from allswell.domain.message import MalformedMessage
from allswell.domain.report import Json
from allswell.domain.state import State
from allswell.domain.timeline import Overlay, OverlayKind, Segment
from allswell.domain.uptime import Uptime
from allswell.store import BatchItem, BatchResult, Store, Unarchived
from tests import central_database
from tests.central_database import Central
from tests.simulation import virtual_time
from tests.simulation.target import LATENCY, Outage, ScriptedProbe, Target

T = TypeVar("T")
Answer = Callable[[Sender, object, datetime], MessageReply]
BEGIN = datetime(2026, 3, 2, 12, tzinfo=UTC)
NAMESPACE = "acme"
MINUTE = 60.0
HOUR = 3600.0
DAY = 86_400.0
# What a request costs on the line, and how long a checker waits for an answer.
NETWORK_DELAY = 0.01
TIMEOUT = 10.0


@dataclass(slots=True)
class WallClock:
    """A wall clock, which may be set wrongly; the loop's, `time`, is the true one."""

    begin: datetime
    time: Callable[[], float]
    offset: float = 0.0

    def now(self) -> datetime:
        return self.begin + timedelta(seconds=self.time() + self.offset)


class Killed(Exception):
    """The process ends here, as by SIGKILL."""


class MortalStore(Store):
    """The real store, in a process that dies at a chosen point."""

    dies_at = ""
    is_dead = False

    def commit(self, batch: Sequence[BatchItem]) -> BatchResult:
        reports = any(entry.envelopes for entry in batch)
        if reports and self.dies_at == "before the commit":
            self._die()
        result = super().commit(batch)
        if reports and self.dies_at == "after the commit":
            self._die()
        return result

    def mark_delivered(self, ids: Sequence[int], now: datetime) -> None:
        if self.dies_at == "before it forgets":
            self._die()
        super().mark_delivered(ids, now)

    def mark_archived(self, day: Unarchived) -> bool:
        if self.dies_at == "before it notes that it is archived":
            self._die()
        return super().mark_archived(day)

    def _die(self) -> None:
        self.is_dead = True
        raise Killed


@dataclass(slots=True)
class SimulatedNetwork:
    """The network between one checker and the collector."""

    world: "World"
    thawed: asyncio.Event = field(default_factory=asyncio.Event)
    is_cut: bool = False
    loses_request: Callable[[], bool] = lambda: False
    loses_answer: Callable[[], bool] = lambda: False

    async def post(self, path: str, message: Json) -> CollectorReply:
        await self.thawed.wait()
        content = json.dumps(message)
        await asyncio.sleep(NETWORK_DELAY)
        collector = self.world.collector
        if self.is_cut or collector is None or self.loses_request():
            raise CollectorUnreachable("the request was lost")
        answer = await collector.answer(path, json.loads(content))
        await self.thawed.wait()
        if self.loses_answer() or self.world.collector is not collector:
            raise CollectorUnreachable("the answer was lost")
        return CollectorReply(answer.status, json.loads(json.dumps(answer.body)))


@dataclass(slots=True)
class CheckerProcess:
    """One checker process with its own file, clock and network."""

    world: "World"
    path: Path
    probe: ScriptedProbe
    wall: WallClock
    config: CheckerConfig
    network: SimulatedNetwork
    store: MortalStore = field(init=False)
    running: Checker = field(init=False)
    died: asyncio.Event = field(default_factory=asyncio.Event)
    most_bytes: int = 64 * 2**20

    async def start(self) -> None:
        self.died.clear()
        self.store = MortalStore.open(self.path, max_bytes=self.most_bytes, now=self.wall.now())
        self.running = assemble(
            store=self.store,
            probe=self.probe,
            collector=self.network,
            clock=Clock(self.wall.now, asyncio.get_running_loop().time),
            run_blocking=self._run_blocking,
            config=self.config,
            upload_target=self.world.upload_target,
        )
        self.running.archive_uploader.pause = 0.0
        self.running.start()
        await self.running.monitor_tasks.apply(self.config.monitors)

    async def _run_blocking(self, call: Callable[[], T]) -> T:
        await self.network.thawed.wait()
        try:
            return call()
        except Killed:
            self.died.set()
            await asyncio.Event().wait()
            raise

    async def kill(self) -> None:
        """Kill it at once; what is committed stays."""
        tasks = [*self.running.tasks(), *self.running.monitor_tasks.tasks()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.store.close()

    async def stop(self) -> None:
        """End it as SIGTERM does."""
        await self.running.stop()
        self.store.close()

    def freeze(self) -> None:
        self.network.thawed.clear()
        self.probe.thawed.clear()

    def thaw(self) -> None:
        self.network.thawed.set()
        self.probe.thawed.set()

    def copy(self, name: str) -> Path:
        """Return a copy of the closed file."""
        return Path(shutil.copy(self.path, self.path.with_name(name)))

    def restore(self, copy: Path | None) -> None:
        """Put a copy in the closed file's place; nothing for a lost volume."""
        for left in self.path.parent.glob(f"{self.path.name}*"):
            left.unlink()
        if copy is not None:
            shutil.copy(copy, self.path)


class CollectorProcess:
    """One collector process."""

    def __init__(self, world: "World", watch_every: float = 15.0) -> None:
        self.world = world
        writer = world.central.writer
        self.state = CollectorState(writer)
        self._thawed = asyncio.Event()
        self._thawed.set()
        self.dies_before_answering = ""
        self.ended = asyncio.Event()
        often = max(2.0, watch_every / 5)
        self.ticker = Ticker(
            writer, self.state, world.wall.now, self._write, often, watch_every, 4 * watch_every
        )
        self._task = asyncio.create_task(self.ticker.run())

    async def _write(self, act: Callable[[], T]) -> T:
        await self._thawed.wait()
        return act()

    def answers(self) -> dict[str, Answer]:
        """Return what answers a message, by path."""
        return {
            "/v1/hello": partial(messages.answer_hello, self.state),
            "/v1/beat": partial(messages.answer_heartbeats, self.state),
            "/v1/report": partial(messages.answer_report, self.state),
        }

    async def answer(self, path: str, body: object) -> MessageReply:
        try:
            async with asyncio.timeout(TIMEOUT):
                await self._thawed.wait()
        except TimeoutError as error:
            raise CollectorUnreachable("no answer") from error
        answer = self.answers()[path]
        if self.state.started is None:
            return MessageReply(503)
        try:
            reply = answer(Sender(NAMESPACE), body, self.world.wall.now())
        except (RequestRefused, MalformedMessage, CentralError) as error:
            return messages.refusal(error)
        except ArchiveError:
            return MessageReply(503)
        if path == self.dies_before_answering:
            self.kill()
        return reply

    def kill(self) -> None:
        self._task.cancel()
        self.world.collector = None
        self.ended.set()

    def freeze(self) -> None:
        self._thawed.clear()

    def thaw(self) -> None:
        self._thawed.set()


class World:
    """All of it, for one story."""

    def __init__(
        self,
        central: Central,
        folder: Path,
        *outages: Outage,
        begin: datetime = BEGIN,
        interval: float = MINUTE,
    ) -> None:
        self.central = central
        self.folder = folder
        self.begin = begin
        self.target = Target(outages)
        self._loop = virtual_time.VirtualTimeLoop()
        self.wall = WallClock(begin, self._loop.time)
        self.collector: CollectorProcess | None = None
        self.database_is_away = False
        self.upload_target: UploadTarget | None = None
        self.monitor = central_database.monitor(interval=timedelta(seconds=interval))
        event.listen(central.engine, "begin", self._begin, insert=True)
        self.row = central.writer.register(self.monitor, namespace_uid="ns", now=begin)
        self.page = central.show("api", at=begin)

    def _begin(self, _: Connection) -> None:
        if self.database_is_away:
            raise DatabaseUnavailable("the database is away")

    @property
    def time(self) -> float:
        """Return seconds since the beginning."""
        return self._loop.time()

    def run(self, story: Coroutine[Any, Any, None]) -> None:
        """Let a story happen in virtual time, once."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(story)

    async def until(self, second: float) -> None:
        """Let everything run up to a second of the simulation."""
        await asyncio.sleep(max(0.0, second - self.time))

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def collect(self, watch_every: float = 15.0) -> CollectorProcess:
        """Start a collector."""
        self.collector = CollectorProcess(self, watch_every)
        return self.collector

    async def check(
        self, name: str = "one", config: CheckerConfig | None = None, latency: float = LATENCY
    ) -> CheckerProcess:
        """Start a checker whose file has this name."""
        checker = CheckerProcess(
            world=self,
            path=self.folder / f"{name}.sqlite",
            probe=ScriptedProbe(self.target, lambda: self.time, latency),
            wall=WallClock(self.begin, self._loop.time),
            config=config or CheckerConfig((self.monitor,)),
            network=SimulatedNetwork(self),
        )
        checker.thaw()
        await checker.start()
        return checker

    def claims(self) -> tuple[HealthClaim, ...]:
        """Return all claims that the collector has, in its order."""
        return self._component()[0]

    def states(self) -> list[tuple[State, float]]:
        """Return the claims folded, with the second from which each holds."""
        folded = timeline.fold(self.claims())
        return [(claim.state, (claim.since - self.begin).total_seconds()) for claim in folded]

    def unseen(self) -> list[tuple[Any, Any]]:
        """Return the unseen intervals: seconds, or None for an open end."""
        return [
            (self._second(each.start), None if each.end is None else self._second(each.end))
            for each in self._component()[1]
            if each.kind is OverlayKind.UNSEEN
        ]

    def observed_through(self) -> float:
        """Return the time observed through, in seconds."""
        through = self.central.reader.observed_through()
        assert through is not None
        return self._second(through)

    def shown(self, start: float = 0.0, end: float | None = None) -> tuple[Segment, ...]:
        """Return what a page states of [start, end): nothing beyond what was observed."""
        through = self.begin + timedelta(seconds=self.observed_through())
        claims, overlays = self._component()
        finish = self.time if end is None else end
        return timeline.segments(
            claims,
            (*overlays, Overlay(OverlayKind.UNSEEN, through)),
            self.begin + timedelta(seconds=start),
            self.begin + timedelta(seconds=finish),
        )

    def present(self) -> State:
        """Return the current state as a page states it: unknown when unobserved for two minutes."""
        through = self.observed_through()
        if self.time > through + 2 * MINUTE:
            return State.UNKNOWN
        return self.shown(end=through)[-1].state

    def uptime(self, start: float, end: float) -> Uptime:
        """Measure uptime as the page does."""
        window = [self.begin + timedelta(seconds=second) for second in (start, end)]
        return uptime.measure(self.shown(start, end), *window)

    def counts(self) -> dict[str, int]:
        """Return rows by table."""
        return dict(self.central.counts())

    def _component(self) -> tuple[tuple[HealthClaim, ...], tuple[Overlay, ...]]:
        facts = self.central.reader.facts(self.page, self.wall.now())
        assert facts is not None
        (component,) = facts.components
        return component.claims, component.overlays

    def _second(self, moment: datetime) -> float:
        return (moment - self.begin).total_seconds()
