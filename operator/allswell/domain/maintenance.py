"""Maintenance: a window that somebody announces, and what they say of it.

A recurring one is announced as its occurrences, each a `Maintenance` of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Phase(StrEnum):
    """How far it has come."""

    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    VERIFYING = "verifying"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class MaintenanceMessage:
    """One update as it was written: plain text, and the moment that it speaks of."""

    phase: Phase
    body: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AnnouncedMaintenance:
    """Maintenance in [start, end) as somebody announces it, updates from oldest to newest.

    `monitors` are names in the namespace. To end it early, announce it again with the earlier
    `end`; `cancelled` takes the whole window back. `everywhere` as for an incident.
    """

    title: str
    start: datetime
    end: datetime
    updates: tuple[MaintenanceMessage, ...] = ()
    monitors: tuple[str, ...] = ()
    everywhere: bool = False
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class MaintenanceUpdate:
    """One update as it is kept. `id` is for APIs, `published` when the centre took it in."""

    id: str
    phase: Phase
    body: str
    at: datetime
    published: datetime


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Maintenance as it is kept, with its updates from the newest to the oldest.

    `id`, `published`, `updated` and `revision` as for an incident. `cancelled` is when it was
    called off.
    """

    id: str
    title: str
    start: datetime
    end: datetime
    cancelled: datetime | None
    published: datetime
    updated: datetime
    revision: int = 1
    updates: tuple[MaintenanceUpdate, ...] = ()
    monitors: tuple[str, ...] = ()
    everywhere: bool = False


def phase(it: Maintenance, now: datetime) -> Phase:
    """How far it has come at `now`: by the clock, and by what people said last.

    They say when they verify, and that they begin early. What counts in no uptime is the window
    alone: whoever begins early announces the earlier start.
    """
    if it.cancelled is not None:
        return Phase.CANCELLED
    if now >= it.end:
        return Phase.COMPLETED
    said = next((update.phase for update in it.updates if update.at <= now), Phase.SCHEDULED)
    if said is Phase.VERIFYING:
        return Phase.VERIFYING
    early = now < it.start and said is not Phase.IN_PROGRESS
    return Phase.SCHEDULED if early else Phase.IN_PROGRESS


def joined(
    windows: Iterable[tuple[datetime, datetime]],
) -> tuple[tuple[datetime, datetime], ...]:
    """Windows in their order, those that overlap or touch made one; empty ones are left out."""
    found: list[tuple[datetime, datetime]] = []
    for start, end in sorted(windows):
        if end <= start:
            continue
        if found and start <= found[-1][1]:
            begun, last = found[-1]
            found[-1] = (begun, max(last, end))
        else:
            found.append((start, end))
    return tuple(found)
