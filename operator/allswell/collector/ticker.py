"""Tick: judge silence, advance `observed_through`, fill the roll-ups of days that are over."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from allswell.central.errors import CentralError
from allswell.central.writer import CentralWriter
from allswell.collector.state import CollectorState

log = logging.getLogger(__name__)
T = TypeVar("T")


class RunWrite(Protocol):
    """Runs a blocking call where all writing is done, and awaits it."""

    def __call__(self, act: Callable[[], T], /) -> Awaitable[T]:
        """Await the result of `act`."""
        ...


@dataclass(slots=True)
class Ticker:
    """The collector's loop. `…_every` are the seconds between two runs of each task."""

    writer: CentralWriter
    state: CollectorState
    now: Callable[[], datetime]
    write: RunWrite
    correct_every: float = 2.0
    judge_every: float = 15.0
    tidy_every: float = 60.0
    _trouble: str = ""

    async def run(self) -> None:
        """Run the tasks for ever. What the database refuses is tried again at the next tick.

        1. Read where the collector left off, until that has succeeded.
        2. Judge silence when it is due, else only correct what heartbeats have disproved.
        3. Fill the days that are over and purge, when that is due.
        """
        loop = asyncio.get_running_loop()
        judge_due = tidy_due = loop.time()
        while True:
            if self.state.started is None:
                await self._run(lambda: self.state.start(self.now()))
            elif loop.time() < judge_due:
                await self._run(self._correct)
            elif await self._run(lambda: self.state.judge_silence(self.now())):
                judge_due = loop.time() + self.judge_every
            if self.state.started is not None and loop.time() >= tidy_due:
                await self._run(self._tidy)
                tidy_due = loop.time() + self.tidy_every
            await asyncio.sleep(self.correct_every)

    def _correct(self) -> None:
        if self.state.correct_unseen(self.now()):
            self.state.judge_silence(self.now())

    def _tidy(self) -> None:
        now = self.now()
        self.writer.fill_days(now)
        self.writer.sweep_notifications(now)
        self.writer.purge(now)

    async def _run(self, act: Callable[[], object]) -> bool:
        """Run one task; False, logged once, when the central database is unavailable."""
        try:
            await self.write(act)
        except CentralError as error:
            if not self._trouble:
                log.error("collector: the central database cannot be used: %s", error)
            self._trouble = str(error)
            return False
        except Exception:
            log.exception("collector: a periodic task failed; it is tried again")
            return False
        if self._trouble:
            log.warning("collector: the central database can be used again")
        self._trouble = ""
        return True
