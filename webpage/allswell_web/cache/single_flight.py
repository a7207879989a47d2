"""One read at a time of one thing, however many ask for it; what was last read is kept for ever.

Whoever asks waits for a read that is under way, but not long: then the last value serves. A read
that fails leaves the last value in place and is tried again after a while.
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
LEAST_GAP_S = 2.0
# How long a request waits for a read: with an older value in hand, and with nothing.
PATIENCE_S = 1.5
PATIENCE_WITHOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class HeldValue(Generic[T]):
    """A value, and until when (in ticks) it is to be used without asking again."""

    value: T
    until: float


def nothing() -> None:
    """What is left to do after most reads."""


@dataclass(frozen=True, slots=True)
class ReadResult(Generic[T]):
    """A value, for how many seconds it needs no other, and what is left to do when it is handed on.

    Nobody waits for `settle`.
    """

    value: T
    lasts: float = FRESH_S
    settle: Callable[[], None] = nothing


class SingleFlight(Generic[T]):
    """Holds one value. `read` is called on the executor; `ticks` are seconds that only grow."""

    def __init__(
        self, read: Callable[[], ReadResult[T]], ticks: Callable[[], float], executor: Executor
    ) -> None:
        self._read = read
        self._ticks = ticks
        self._executor = executor
        self._lock = threading.Lock()
        self._flying: Future[None] | None = None
        self._held: list[T] = []
        self._begun = float("-inf")
        self._due = float("-inf")

    def get(self) -> HeldValue[T]:
        """The value, read anew when it is due. Raises `Unavailable`."""
        with self._lock:
            begin = self._flying is None and self._ticks() >= self._due
            if begin:
                self._begun = self._ticks()
                self._flying = Future()
            flying, patience = self._flying, PATIENCE_S if self._held else PATIENCE_WITHOUT_S
        if flying is not None:
            if begin:
                self._executor.submit(self._fly, flying)
            wait([flying], timeout=patience)
        with self._lock:
            if not self._held:
                raise NothingCached
            # While a read is still under way, what it will bring is due in a moment.
            until = self._due if self._flying is None else self._ticks() + 1
            return HeldValue(self._held[0], until)

    def last(self) -> T | None:
        """The value as it was last read, however old; None before the first."""
        with self._lock:
            return self._held[0] if self._held else None

    def end(self) -> None:
        """The value has changed: read it at the next call, at most once per 2 s."""
        with self._lock:
            self._due = min(self._due, self._begun + LEAST_GAP_S)

    def _fly(self, done: Future[None]) -> None:
        try:
            found: list[ReadResult[T]] = [self._read()]
        except Exception as problem:  # noqa: BLE001 - the page outlives whatever the reader meets
            log.warning("Reading failed, the page goes on from what it holds: %s", problem)
            found = []
        with self._lock:
            self._held = [reading.value for reading in found] or self._held
            self._due = self._begun + found[0].lasts if found else self._ticks() + RETRY_S
            self._flying = None
        done.set_result(None)
        for reading in found:
            self._settle(reading)

    def _settle(self, reading: ReadResult[T]) -> None:
        try:
            reading.settle()
        except Exception as problem:  # noqa: BLE001 - (the same)
            log.warning("What was read could not be kept: %s", problem)
