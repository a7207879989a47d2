"""The collector's clock: judges silence, moves `observed_through`, fills the days that are over."""

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
    """The loop; seconds between two of each kind."""

    writer: CentralWriter
    centre: CollectorState
    now: Callable[[], datetime]
    write: RunWrite
    settle_every: float = 2.0
    watch_every: float = 15.0
    tidy_every: float = 60.0
    _trouble: str = ""

    async def run(self) -> None:
        """Go round for ever. What the database refuses is tried again with the next round."""
        loop = asyncio.get_running_loop()
        watch_due = tidy_due = loop.time()
        while True:
            if self.centre.started is None:
                await self._done(lambda: self.centre.start(self.now()))
            elif loop.time() < watch_due:
                await self._done(self._settle)
            elif await self._done(lambda: self.centre.watch(self.now())):
                watch_due = loop.time() + self.watch_every
            if self.centre.started is not None and loop.time() >= tidy_due:
                await self._done(self._tidy)
                tidy_due = loop.time() + self.tidy_every
            await asyncio.sleep(self.settle_every)

    def _settle(self) -> None:
        if self.centre.settle(self.now()):
            self.centre.watch(self.now())

    def _tidy(self) -> None:
        now = self.now()
        self.writer.fill_days(now)
        self.writer.sweep_notifications(now)
        self.writer.purge(now)

    async def _done(self, act: Callable[[], object]) -> bool:
        """Do it; False, and said once, when the database is away."""
        try:
            await self.write(act)
        except CentralError as error:
            if not self._trouble:
                log.error("the central database cannot be used: %s", error)
            self._trouble = str(error)
            return False
        except Exception:
            log.exception("the collector's clock failed and goes on")
            return False
        if self._trouble:
            log.warning("the central database can be used again")
        self._trouble = ""
        return True
