"""Schedule a monitor's checks: a fixed rate on the monotonic clock, faster while confirming.

A monitor's phase is a hash of its namespace and name, so a thousand of them spread evenly over
their interval and a restart changes nothing. One more check comes before the first slot, within
min(interval, 10 s), because whoever has applied a manifest wants to see that it works.
"""

import math
from dataclasses import dataclass
from hashlib import blake2b

MAX_FIRST_DELAY = 10.0
# A loop may wake a few nanoseconds early, and floating point is not exact.
TOLERANCE = 1e-6


def phase(namespace: str, name: str) -> float:
    """Return a number in [0, 1) that belongs to a monitor."""
    digest = blake2b(f"{namespace}/{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


@dataclass(frozen=True, slots=True)
class Schedule:
    """The grid of one monitor: `first` + k * `interval`; seconds of the monotonic clock.

    A check may begin before `first`; the next one is due then.
    """

    first: float
    interval: float
    every: float

    def after(self, started: float, ended: float, *, confirming: bool) -> tuple[float, int]:
        """Return when the check after one is due, and how many slots of the grid were missed.

        A slot that passed while a check was running is missed, never caught up with. While a
        confirmation is open the next check comes `every` after the last one's start, or at once
        when that has passed, unless the grid is sooner.
        """
        slot = math.floor((started - self.first) / self.interval + TOLERANCE) + 1
        due = self.first + slot * self.interval
        missed = 0
        if due < ended:
            missed = int((ended - due) // self.interval) + 1
            due += missed * self.interval
        if confirming:
            due = min(due, max(started + self.every, ended))
        return due, missed


def start(
    now: float, namespace: str, name: str, interval: float, every: float
) -> tuple[float, Schedule]:
    """Return when a monitor that starts at `now` is checked first, and its schedule after that."""
    offset = phase(namespace, name)
    first = now + offset * min(interval, MAX_FIRST_DELAY)
    return first, Schedule(now + offset * interval, interval, every)
