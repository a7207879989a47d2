"""Read one value at a time, however many ask for it; keep the last one for ever.

A caller waits for a read in progress, but not long: then it gets the last value. A read that fails
leaves the last value in place and is repeated after a while.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

from allswell_web.errors import NothingCached

log = logging.getLogger(__name__)
T = TypeVar("T")

FRESH_S = 30.0
RETRY_S = 5.0
MIN_GAP_S = 2.0
# How long a request waits for a read: with an older value, and without one.
WAIT_S = 1.5
WAIT_WITHOUT_VALUE_S = 5.0


@dataclass(frozen=True, slots=True)
class CachedValue(Generic[T]):
    """A value, and until when (in ticks) it is fresh."""

    value: T
    fresh_until: float


def do_nothing() -> None:
    """Do nothing: most reads leave nothing to finish."""


@dataclass(frozen=True, slots=True)
class ReadResult(Generic[T]):
    """A value, for how many seconds it is fresh, and what remains to be done after it is returned.

    Nobody waits for `finish`.
    """

    value: T
    fresh_for_s: float = FRESH_S
    finish: Callable[[], None] = do_nothing


class SingleFlight(Generic[T]):
    """A cached value. `read` is called on the executor; `ticks` are seconds that only grow."""

    def __init__(
        self, read: Callable[[], ReadResult[T]], ticks: Callable[[], float], executor: Executor
    ) -> None:
        self._read = read
        self._ticks = ticks
        self._executor = executor
        self._lock = threading.Lock()
        self._flying: Future[None] | None = None
        self._values: list[T] = []
        self._begun = float("-inf")
        self._due = float("-inf")

    def get(self) -> CachedValue[T]:
        """Return the value, read again when it is due. Raises `NothingCached`."""
        with self._lock:
            starts = self._flying is None and self._ticks() >= self._due
            if starts:
                self._begun = self._ticks()
                self._flying = Future()
            flight, timeout_s = self._flying, WAIT_S if self._values else WAIT_WITHOUT_VALUE_S
        if flight is not None:
            if starts:
                self._executor.submit(self._fly, flight)
            wait([flight], timeout=timeout_s)
        with self._lock:
            if not self._values:
                raise NothingCached
            # While a read is in progress, its value is due in a moment.
            fresh_until = self._due if self._flying is None else self._ticks() + 1
            return CachedValue(self._values[0], fresh_until)

    def last(self) -> T | None:
        """Return the value as it was last read, however old; None before the first."""
        with self._lock:
            return self._values[0] if self._values else None

    def expire(self) -> None:
        """Expire the value: it is read again at the next call, at most once per 2 s."""
        with self._lock:
            self._due = min(self._due, self._begun + MIN_GAP_S)

    def _fly(self, future: Future[None]) -> None:
        try:
            results: list[ReadResult[T]] = [self._read()]
        except Exception as problem:  # noqa: BLE001 - the page outlives whatever the reader raises
            log.warning("single flight: reading failed, the last value is used: %s", problem)
            results = []
        with self._lock:
            self._values = [reading.value for reading in results] or self._values
            self._due = self._begun + results[0].fresh_for_s if results else self._ticks() + RETRY_S
            self._flying = None
        future.set_result(None)
        for result in results:
            self._finish(result)

    def _finish(self, result: ReadResult[T]) -> None:
        try:
            result.finish()
        except Exception as problem:  # noqa: BLE001 - (the same)
            log.warning("single flight: the value could not be shared: %s", problem)
