"""Derive the phase of a maintenance from its window and its updates.

A recurring one is announced as its occurrences, each a `Maintenance` of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Phase(StrEnum):
    """The phase of a maintenance."""

    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    VERIFYING = "verifying"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class MaintenanceMessage:
    """An update as it was written: plain text, and the time that it is about."""

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
    """An update as it is stored. `id` is for APIs, `published` when it was stored."""

    id: str
    phase: Phase
    body: str
    at: datetime
    published: datetime


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Maintenance as it is stored, with its updates from the newest to the oldest.

    `id`, `published`, `updated` and `revision` as for an incident. `cancelled` is when it was
    cancelled.
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


def phase(maintenance: Maintenance, now: datetime) -> Phase:
    """Return the phase at `now`, by the clock and by the latest update.

    Updates say that work is being verified, or that it began early. Only the window is left out of
    uptime: whoever begins early announces the earlier start.
    """
    if maintenance.cancelled is not None:
        return Phase.CANCELLED
    if now >= maintenance.end:
        return Phase.COMPLETED
    latest = next(
        (update.phase for update in maintenance.updates if update.at <= now), Phase.SCHEDULED
    )
    if latest is Phase.VERIFYING:
        return Phase.VERIFYING
    early = now < maintenance.start and latest is not Phase.IN_PROGRESS
    return Phase.SCHEDULED if early else Phase.IN_PROGRESS


def join(
    windows: Iterable[tuple[datetime, datetime]],
) -> tuple[tuple[datetime, datetime], ...]:
    """Join windows that overlap or touch; return them in order, without empty ones."""
    windows_joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted(windows):
        if end <= start:
            continue
        if windows_joined and start <= windows_joined[-1][1]:
            begun, last = windows_joined[-1]
            windows_joined[-1] = (begun, max(last, end))
        else:
            windows_joined.append((start, end))
    return tuple(windows_joined)
