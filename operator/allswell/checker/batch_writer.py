"""Write the checker's file: group the results of many monitors into one commit.

Results that cannot be committed are held and tried again, so that no change of state is lost while
the volume is away; samples beyond a bound are shed and counted.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol, TypeVar

from allswell.store import BatchItem, BatchResult, OutOfStep, Store, StoreDamaged, StoreError

log = logging.getLogger(__name__)
T = TypeVar("T")
GROUP_DELAY = 0.005
MAX_PENDING = 10_000
RETRY_DELAY = 1.0


class RunBlocking(Protocol):
    """Runs a blocking call elsewhere and awaits it: a thread, or in tests right here."""

    def __call__(self, call: Callable[[], T], /) -> Awaitable[T]:
        """Await the result of `call`."""
        ...


class BatchWriter:
    """Accepts results and commits them within a few milliseconds, in order.

    `reports_pending` is set when there is something to send, `restart_needed` when only a new start
    can help: it sets a damaged file aside, and counts from what the file holds. `losing` is true
    while the samples that were last dropped to make room were in no archive.
    """

    def __init__(self, store: Store, run_blocking: RunBlocking) -> None:
        self.store = store
        self._run_blocking = run_blocking
        self._pending: list[BatchItem] = []
        self._in_flight = 0
        self._batch_limit = MAX_PENDING
        self._accepted = 0
        self._wake = asyncio.Event()
        self._progress = asyncio.Event()
        self.reports_pending = asyncio.Event()
        self.restart_needed = asyncio.Event()
        self.shed = 0
        self.last_error = ""
        self.dropped = 0
        self.pressed = False
        self.losing = False

    def add(self, item: BatchItem) -> None:
        """Accept a result; never blocks. Beyond a bound its sample is shed, the rest never."""
        replaced = None
        if len(self._pending) >= MAX_PENDING:
            self.shed += item.sample is not None
            item = replace(item, sample=None)
            replaced = self._replaceable(item.number)
        if replaced is not None:
            self._pending[replaced] = item
        else:
            self._pending.append(item)
            self._accepted += 1
        self._wake.set()

    def _replaceable(self, number: int) -> int | None:
        """Return the index of the monitor's last item, if a newer one may take its place."""
        for index in range(len(self._pending) - 1, self._in_flight - 1, -1):
            item = self._pending[index]
            if item.number == number:
                return None if item.sample or item.envelopes else index
        return None

    async def call(self, act: Callable[[Store], T]) -> T:
        """Run `act` on the store, between two commits. Raises what `act` raises."""
        return await self._run_blocking(lambda: act(self.store))

    async def flush(self) -> None:
        """Wait until everything accepted so far is committed."""
        target = self._accepted
        while self._accepted - len(self._pending) < target:
            await self._progress.wait()

    async def run(self) -> None:
        """Commit for ever."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(GROUP_DELAY)
            self._wake.clear()
            if not await self._commit():
                await asyncio.sleep(RETRY_DELAY)
            if self._pending:
                self._wake.set()
            self._progress.set()
            self._progress = asyncio.Event()

    async def _commit(self) -> bool:
        """Commit one batch; False when it must be tried again later.

        1. Take the oldest pending items, at most `_batch_limit`. They stay pending, and newer
           items do not replace them, until the commit is over.
        2. Commit them in one transaction.
        3. If the store refuses the batch itself, halve the limit and leave the batch pending; a
           batch of one that is refused is the culprit, and is shed.
        4. If the store fails, log it once and leave the batch pending.
        5. Otherwise note how much room is left, remove the batch, and announce its reports.
        """
        batch = self._pending[: self._batch_limit]
        self._in_flight = len(batch)
        try:
            result = await self._run_blocking(lambda: self.store.commit(batch))
        except (OutOfStep, ValueError, OverflowError) as error:
            if len(batch) > 1:
                self._batch_limit = len(batch) // 2
                return True
            log.error("store: a result can never be committed and is dropped: %s", error)
            self.shed += 1
            if isinstance(error, OutOfStep):
                self.restart_needed.set()
        except StoreError as error:
            self._note_failure(error)
            return False
        else:
            self._note_room(result)
        finally:
            self._in_flight = 0
        self._remove(batch)
        return True

    def _remove(self, batch: list[BatchItem]) -> None:
        """Remove a batch that is done with, and announce its reports."""
        del self._pending[: len(batch)]
        self._batch_limit = MAX_PENDING
        if any(item.envelopes for item in batch):
            self.reports_pending.set()
        if self.last_error:
            log.warning("store: results are committed again")
        self.last_error = ""

    def _note_room(self, result: BatchResult) -> None:
        self.dropped += result.dropped_samples
        if result.dropped_samples:
            self.losing = True
        elif result.released or not result.is_almost_full:
            self.losing = False
        if result.is_almost_full and not self.pressed:
            log.error(
                "store: almost full: old samples are dropped to make room, then new ones are shed"
            )
        elif self.pressed and not result.is_almost_full:
            log.warning("store: there is room again dropped=%s", self.dropped)
        self.pressed = result.is_almost_full

    def _note_failure(self, error: StoreError) -> None:
        if not self.last_error:
            log.error("store: commit failed, will retry; checks continue: %s", error)
        self.last_error = str(error)
        if isinstance(error, StoreDamaged):
            self.restart_needed.set()
