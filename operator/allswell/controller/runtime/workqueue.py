"""Queue keys: each once however often it is added, and never at two workers at once.

What fails comes again, later each time. The clock is the event loop's.
"""

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Generic, TypeVar

K = TypeVar("K")
SECOND = timedelta(seconds=1)
FIRST_BACKOFF = timedelta(seconds=1)
LONGEST_BACKOFF = timedelta(minutes=5)


class Workqueue(Generic[K]):
    """Keys with a due time. Only the event loop uses it."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._due: dict[K, float] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._order = itertools.count()
        self._busy: set[K] = set()
        self._dirty: dict[K, float] = {}
        self._failures: dict[K, int] = {}
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._due) + len(self._busy)

    def add(self, key: K, after: timedelta = timedelta()) -> None:
        """Add a key; the earliest of all times that were asked for counts."""
        due = self._monotonic() + after / SECOND
        if key in self._busy:
            self._dirty[key] = min(due, self._dirty.get(key, due))
        elif due < self._due.get(key, float("inf")):
            self._due[key] = due
            heapq.heappush(self._heap, (due, next(self._order), key))
            self._changed.set()

    async def take(self) -> K:
        """Wait for a key that is due; it is the caller's until `done`."""
        while True:
            self._changed.clear()
            key = self._pop_due()
            if key is not None:
                return key
            pause = self._heap[0][0] - self._monotonic() if self._heap else None
            # No task of its own is made for this: when kopf ends, it ends those that it finds new.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._changed.wait()

    def _pop_due(self) -> K | None:
        while self._heap and self._heap[0][0] <= self._monotonic():
            due, _, key = heapq.heappop(self._heap)
            if self._due.get(key) == due:
                del self._due[key]
                self._busy.add(key)
                return key
        return None

    def done(self, key: K, *, failed: bool = False) -> None:
        """Give a key back; one that failed comes again after a pause that grows.

        One that was added meanwhile comes again when that was asked for, but after a failure never
        before the first pause.
        """
        self._busy.discard(key)
        due = self._dirty.pop(key, None)
        if failed:
            count = self._failures.get(key, 0)
            self._failures[key] = count + 1
            self.add(key, min(FIRST_BACKOFF * 2 ** min(count, 16), LONGEST_BACKOFF))
        else:
            self._failures.pop(key, None)
        if due is not None:
            least = FIRST_BACKOFF if failed else timedelta()
            self.add(key, max(least, (due - self._monotonic()) * SECOND))
