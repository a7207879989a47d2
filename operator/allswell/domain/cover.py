"""Compute how long one sample is valid, and since when observation is unbroken.

A sample covers the time from its start to start + interval + grace. Grace is twice the interval
within bounds that are settings, so a pod that rolls in 20 s leaves no gap.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Grace:
    """The bounds of the grace that follows each interval."""

    least: timedelta = timedelta(minutes=1)
    most: timedelta = timedelta(minutes=10)

    def cover(self, interval: timedelta) -> timedelta:
        """Return how long one sample covers: interval + grace."""
        return interval + min(max(2 * interval, self.least), self.most)


@dataclass(frozen=True, slots=True)
class Observation:
    """A time without a gap: from the first sample's start to the end of the last one's cover.

    `last` is the last sample's start.
    """

    since: datetime
    last: datetime
    until: datetime


def extend(seen: Observation | None, started: datetime, cover: timedelta) -> Observation:
    """Extend an observation by one sample; a sample after the cover's end begins a new one.

    Samples come in the order in which they were taken, so one that starts before the last means
    that the wall clock was set back. Observation goes on, and what lies in the clock's future is
    given up: if it stayed, it would vouch for a checker that has died meanwhile.
    """
    until = started + cover
    if seen is None or started > seen.until:
        return Observation(started, started, until)
    if started < seen.last:
        return Observation(min(seen.since, started), started, until)
    return replace(seen, last=started, until=max(seen.until, until))
