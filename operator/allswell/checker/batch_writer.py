"""The one writer of the checker's file: groups what many monitors hand in into one commit.

What cannot be committed is held and tried again, so that no change of state is lost while the
volume is away; samples beyond a bound are let go and counted.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol, TypeVar

from allswell.store import BatchItem, BatchResult, OutOfStep, Store, StoreDamaged, StoreError

log = logging.getLogger(__name__)
T = TypeVar("T")
GROUPED = 0.005
MOST_HELD = 10_000
RETRY = 1.0


class RunBlocking(Protocol):
    """Runs a blocking call elsewhere and awaits it: a thread, or in tests right here."""

    def __call__(self, act: Callable[[], T], /) -> Awaitable[T]:
        """Await the result of `act`."""
        ...


class BatchWriter:
    """Takes what must be kept and commits it within a few milliseconds, in order.

    `reported` is set when there is something to send, `broken` when only a new start can help: it
    sets a damaged file aside, and counts from what the file holds. `losing` says that what made
    room last was in no archive.
    """

    def __init__(self, store: Store, offload: RunBlocking) -> None:
        self.store = store
        self._offload = offload
        self._held: list[BatchItem] = []
        self._in_hand = 0
        self._at_once = MOST_HELD
        self._handed = 0
        self._wake = asyncio.Event()
        self._progress = asyncio.Event()
        self.reported = asyncio.Event()
        self.broken = asyncio.Event()
        self.shed = 0
        self.trouble = ""
        self.dropped = 0
        self.pressed = False
        self.losing = False

    def keep(self, kept: BatchItem) -> None:
        """Hand in; never blocks. Beyond a bound the sample is let go, the rest never."""
        place = None
        if len(self._held) >= MOST_HELD:
            self.shed += kept.sample is not None
            kept = replace(kept, sample=None)
            place = self._superseded(kept.number)
        if place is not None:
            self._held[place] = kept
        else:
            self._held.append(kept)
            self._handed += 1
        self._wake.set()

    def _superseded(self, number: int) -> int | None:
        """Where the monitor's last entry is, if a newer one may take its place."""
        for place in range(len(self._held) - 1, self._in_hand - 1, -1):
            entry = self._held[place]
            if entry.number == number:
                return None if entry.sample or entry.envelopes else place
        return None

    async def call(self, act: Callable[[Store], T]) -> T:
        """Do something else with the store, between two commits. Raises what `act` raises."""
        return await self._offload(lambda: act(self.store))

    async def flush(self) -> None:
        """Wait until all that has been handed in is committed."""
        wanted = self._handed
        while self._handed - len(self._held) < wanted:
            await self._progress.wait()

    async def run(self) -> None:
        """Commit for ever."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(GROUPED)
            self._wake.clear()
            if not await self._commit():
                await asyncio.sleep(RETRY)
            if self._held:
                self._wake.set()
            self._progress.set()
            self._progress = asyncio.Event()

    async def _commit(self) -> bool:
        """Commit what is held; False when it must be tried again later.

        A batch that can never be kept whole is halved down to the culprit, which goes.
        """
        batch = self._held[: self._at_once]
        self._in_hand = len(batch)
        try:
            committed = await self._offload(lambda: self.store.commit(batch))
        except (OutOfStep, ValueError, OverflowError) as error:
            if len(batch) > 1:
                self._at_once = len(batch) // 2
                return True
            log.error("a result cannot be kept and is let go: %s", error)
            self.shed += 1
            if isinstance(error, OutOfStep):
                self.broken.set()
        except StoreError as error:
            self._complain(error)
            return False
        else:
            self._note_room(committed)
        finally:
            self._in_hand = 0
        self._done(batch)
        return True

    def _done(self, batch: list[BatchItem]) -> None:
        del self._held[: len(batch)]
        self._at_once = MOST_HELD
        if any(entry.envelopes for entry in batch):
            self.reported.set()
        if self.trouble:
            log.warning("results are kept again")
        self.trouble = ""

    def _note_room(self, committed: BatchResult) -> None:
        self.dropped += committed.dropped_samples
        if committed.dropped_samples:
            self.losing = True
        elif committed.released or not committed.pressed:
            self.losing = False
        if committed.pressed and not self.pressed:
            log.error("there is hardly any room: old results make way, then new ones are let go")
        elif self.pressed and not committed.pressed:
            log.warning("there is room for results again; %s were let go", self.dropped)
        self.pressed = committed.pressed

    def _complain(self, error: StoreError) -> None:
        if not self.trouble:
            log.error("results cannot be kept: %s; checks go on and it is tried again", error)
        self.trouble = str(error)
        if isinstance(error, StoreDamaged):
            self.broken.set()
