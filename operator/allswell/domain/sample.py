"""Hold one check's raw result, as the checker keeps it."""

from dataclasses import dataclass
from datetime import datetime

from allswell.domain import state
from allswell.domain.state import State


@dataclass(frozen=True, slots=True)
class Sample:
    """One check of one monitor.

    `started` is aware UTC in whole milliseconds; a sample belongs to the UTC day of its start.
    `latency_us` is the time from start to verdict in microseconds, measured on the monotonic
    clock, also for checks that failed. `reason` is from the closed list in `state`, empty for up.
    """

    started: datetime
    latency_us: int
    reason: str = state.OK

    @property
    def state(self) -> State:
        """Return the state that this one check implies."""
        return state.of(self.reason)
