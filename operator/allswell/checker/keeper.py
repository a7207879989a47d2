"""The one writer of the checker's file: groups what many monitors hand in into one commit.

What cannot be committed is held and tried again, so that no change of state is lost while the
volume is away; samples beyond a bound are let go and counted.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol, TypeVar

from allswell.store import Kept, Store, StoreError, StoreFailed, StoreFull

log = logging.getLogger(__name__)
T = TypeVar("T")
GROUPED = 0.005
MOST_HELD = 10_000
RETRY = 1.0


class Offload(Protocol):
    """Runs a blocking call elsewhere and awaits it: a thread, or in tests right here."""

    def __call__(self, act: Callable[[], T], /) -> Awaitable[T]:
        """Await the result of `act`."""
        ...


class Keeper:
    """Takes what must be kept and commits it within a few milliseconds, in order."""

    def __init__(self, store: Store, offload: Offload) -> None:
        self.store = store
        self._offload = offload
        self._held: list[Kept] = []
        self._wake = asyncio.Event()
        self._progress = asyncio.Event()
        self._handed = 0
        self._in_flight = 0
        self.reported = asyncio.Event()
        self.shed = 0
        self.trouble = ""

    def keep(self, kept: Kept) -> None:
        """Hand in; never blocks. Beyond a bound the sample is let go, the rest never."""
        if len(self._held) >= MOST_HELD and kept.sample is not None:
            self.shed += 1
            kept = replace(kept, sample=None)
            before = len(self._held)
            self._held = [entry for entry in self._held if not _superseded(entry, kept)]
            self._handed -= before - len(self._held)
        self._held.append(kept)
        self._handed += 1
        self._wake.set()

    async def call(self, act: Callable[[Store], T]) -> T:
        """Do something else with the store, between two commits. Raises what `act` raises."""
        return await self._offload(lambda: act(self.store))

    async def flush(self) -> None:
        """Wait until all that has been handed in is committed."""
        wanted = self._handed
        while self._handed - len(self._held) - self._in_flight < wanted:
            await self._progress.wait()

    async def run(self) -> None:
        """Commit for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(GROUPED)
            batch, self._held = self._held, []
            self._in_flight = len(batch)
            is_done = await self._committed(batch)
            self._in_flight = 0
            if not is_done:
                self._held = batch + self._held
                await asyncio.sleep(RETRY)
            if self._held:
                self._wake.set()
            self._progress.set()
            self._progress = asyncio.Event()

    async def _committed(self, batch: list[Kept]) -> bool:
        """Commit; False when it must be tried again."""
        try:
            await self._offload(lambda: self.store.commit(batch))
        except (StoreFailed, StoreFull) as error:
            self._complain(error)
            return False
        except (StoreError, ValueError) as error:
            return await self._singly(batch, error)
        self._recovered()
        if any(entry.envelopes for entry in batch):
            self.reported.set()
        return True

    async def _singly(self, batch: list[Kept], error: Exception) -> bool:
        """A batch that can never be kept whole: halves of it, down to the culprit, which goes."""
        if len(batch) == 1:
            log.error("a result cannot be kept and is let go: %s", error)
            self.shed += 1
            return True
        middle = len(batch) // 2
        self._held = batch[middle:] + self._held
        return await self._committed(batch[:middle])

    def _complain(self, error: StoreError) -> None:
        if not self.trouble:
            log.error("results cannot be kept: %s; checks go on and it is tried again", error)
        self.trouble = str(error)

    def _recovered(self) -> None:
        if self.trouble:
            log.warning("results are kept again")
        self.trouble = ""


def _superseded(held: Kept, newer: Kept) -> bool:
    """Whether what is held says nothing that the newer entry does not say."""
    return held.number == newer.number and held.sample is None and not held.envelopes
