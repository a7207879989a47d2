"""Keep the archive's state in memory, for replies to heartbeats, metrics and conditions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Backlog:
    """Days that are over and that a checker has not archived yet, as its last heartbeat says."""

    days: int
    oldest: date


@dataclass(slots=True)
class ArchiveBacklog:
    """Whether there is an archive, what it has lost, and what checkers still hold; any thread.

    `damaged` days are by monitor id. `reported` are the monitors, by id, whose checkers have sent a
    heartbeat since the collector's start; those that are `losing` have a full volume, from which
    results go that no archive has.
    """

    configured: bool = False
    damaged: Mapping[int, tuple[date, ...]] = field(default_factory=dict)
    reported: dict[int, Backlog | None] = field(default_factory=dict)
    losing: set[int] = field(default_factory=set)

    def record(self, monitor: int, days: int, oldest: date | None, *, losing: bool = False) -> None:
        """Record what a heartbeat says of a monitor."""
        self.reported[monitor] = None if oldest is None else Backlog(days, oldest)
        if losing:
            self.losing.add(monitor)
        else:
            self.losing.discard(monitor)

    def mark_recovered(self, monitor: int, day: date) -> None:
        """Note that a lost day is in the archive again, so that no checker is asked for it."""
        if lost := self.damaged.get(monitor, ()):
            self.damaged = {**self.damaged, monitor: tuple(d for d in lost if d != day)}

    def keep_only(self, monitors: Iterable[int]) -> None:
        """Forget all other monitors."""
        living = frozenset(monitors)
        for gone in self.reported.keys() - living:
            self.reported.pop(gone, None)
            self.losing.discard(gone)

    def total(self) -> Backlog | None:
        """Return the backlog of all monitors together; None where nothing waits."""
        backlogs = [backlog for backlog in tuple(self.reported.values()) if backlog is not None]
        if not backlogs:
            return None
        return Backlog(sum(b.days for b in backlogs), min(b.oldest for b in backlogs))
