"""The centre's writer, which also tells the operator what it has written."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Engine

from allswell.central.writer import CentralWriter
from allswell.domain.cover import Grace, Observation
from allswell.domain.report import DayReport, Transition

Tell = Callable[[int], None]


class TellingWriter(CentralWriter):
    """Calls `tell` with a monitor's id, in the writing thread, after each change of its ledgers."""

    def __init__(self, engine: Engine, grace: Grace, tell: Tell) -> None:
        super().__init__(engine, grace)
        self._tell = tell

    def accept_transition(
        self,
        monitor_id: int,
        transition: Transition,
        now: datetime,
        *,
        claimed: datetime | None = None,
    ) -> bool:
        """As the writer does."""
        new = super().accept_transition(monitor_id, transition, now, claimed=claimed)
        if new:
            self._tell(monitor_id)
        return new

    def accept_rollup(self, monitor_id: int, report: DayReport, now: datetime) -> bool:
        """As the writer does."""
        new = super().accept_rollup(monitor_id, report, now)
        if new:
            self._tell(monitor_id)
        return new

    def open_unseen(self, starts: Mapping[int, datetime], now: datetime) -> None:
        """As the writer does."""
        super().open_unseen(starts, now)
        for identity in starts:
            self._tell(identity)

    def correct_unseen(
        self,
        monitor_id: int,
        seen: Observation,
        observed_through: datetime,
        *,
        first: bool,
        now: datetime,
    ) -> bool:
        """As the writer does."""
        changed = super().correct_unseen(monitor_id, seen, observed_through, first=first, now=now)
        if changed:
            self._tell(monitor_id)
        return changed
