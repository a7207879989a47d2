"""Provide the wall clock for dates and the monotonic clock for schedules and latency."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """Both clocks, passed in so that a test can set them.

    `now` gives aware UTC; `monotonic` gives seconds and is the running loop's own clock, so that
    sleeping and reading agree.
    """

    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    async def sleep_until(self, due: float) -> None:
        """Sleep until the monotonic clock shows `due`; yield to other tasks at least once."""
        await asyncio.sleep(max(0.0, due - self.monotonic()))


def real() -> Clock:
    """Return the machine's clocks; call it with a loop running."""
    return Clock(lambda: datetime.now(UTC), asyncio.get_running_loop().time)
