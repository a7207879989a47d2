"""What the centre knows of the archive in memory: for beats' answers, metrics and conditions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Backlog:
    """Days that are over and that a checker has not archived yet, as its last beat says."""

    days: int
    oldest: date


@dataclass(slots=True)
class ArchiveBacklog:
    """Whether there is an archive, what it has lost, and what checkers still hold; any thread.

    `heard` are the monitors, by id, whose checkers have sent a beat since our start; those that are
    `losing` have a full volume, from which results go that no archive has.
    """

    configured: bool = False
    damaged: Mapping[int, tuple[date, ...]] = field(default_factory=dict)
    heard: dict[int, Backlog | None] = field(default_factory=dict)
    losing: set[int] = field(default_factory=set)

    def beat(self, monitor: int, days: int, oldest: date | None, *, losing: bool = False) -> None:
        """Take in what a beat says of a monitor."""
        self.heard[monitor] = None if oldest is None else Backlog(days, oldest)
        if losing:
            self.losing.add(monitor)
        else:
            self.losing.discard(monitor)

    def recorded(self, monitor: int, day: date) -> None:
        """A day that was lost is there again: its checker need not hear of it once more."""
        if lost := self.damaged.get(monitor, ()):
            self.damaged = {**self.damaged, monitor: tuple(it for it in lost if it != day)}

    def keep_only(self, monitors: Iterable[int]) -> None:
        """Forget the rest."""
        living = frozenset(monitors)
        for gone in self.heard.keys() - living:
            self.heard.pop(gone, None)
            self.losing.discard(gone)

    def backlog(self) -> Backlog | None:
        """That of all monitors together; None where nothing waits."""
        found = [backlog for backlog in tuple(self.heard.values()) if backlog is not None]
        if not found:
            return None
        return Backlog(sum(it.days for it in found), min(it.oldest for it in found))
