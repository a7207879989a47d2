"""Derive an incident's status and end from the updates that people write.

An incident stands beside what checkers have observed: an update is never rewritten, and nothing
here changes the state of a component.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Impact(StrEnum):
    """The impact on visitors, as whoever declares the incident rates it."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class Status(StrEnum):
    """The status of the work on an incident."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    POSTMORTEM = "postmortem"


class Effect(StrEnum):
    """The effect on one component; a partial outage is only ever declared."""

    OPERATIONAL = "operational"
    DEGRADED = "degraded"
    PARTIAL = "partial"
    DOWN = "down"


OVER = (Status.RESOLVED, Status.POSTMORTEM)


@dataclass(frozen=True, slots=True)
class AffectedComponent:
    """A component and the effect on it; `monitor` is the Monitor's name in the namespace."""

    monitor: str
    effect: Effect = Effect.DEGRADED


@dataclass(frozen=True, slots=True)
class IncidentMessage:
    """An update as it was written: plain text, and the time that it is about."""

    status: Status
    body: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DeclaredIncident:
    """An incident as somebody declares it, with its updates from the oldest to the newest.

    `everywhere` shows it on every page of its namespace; else pages show it that show one of its
    components.
    """

    title: str
    impact: Impact
    started: datetime
    updates: tuple[IncidentMessage, ...] = ()
    components: tuple[AffectedComponent, ...] = ()
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class IncidentUpdate:
    """An update as it is stored. `id` is for APIs, `published` when it was stored."""

    id: str
    status: Status
    body: str
    at: datetime
    published: datetime


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as it is stored, with its updates from the newest to the oldest.

    `id` is 12 characters of a-z and 0-9 and never changes. `published` is when it was first
    stored and `updated` when it last changed; `revision` grows by one with each change, from 1.
    `resolved` None: it is open.
    """

    id: str
    title: str
    impact: Impact
    status: Status
    started: datetime
    resolved: datetime | None
    published: datetime
    updated: datetime
    revision: int = 1
    updates: tuple[IncidentUpdate, ...] = ()
    components: tuple[AffectedComponent, ...] = ()
    everywhere: bool = False

    @property
    def is_open(self) -> bool:
        """Tell whether the incident goes on."""
        return self.resolved is None


def status(updates: Sequence[IncidentMessage | IncidentUpdate]) -> Status:
    """Return the status after updates, given from the oldest to the newest."""
    return updates[-1].status if updates else Status.INVESTIGATING


def resolved(updates: Sequence[IncidentMessage | IncidentUpdate]) -> datetime | None:
    """Return when updates, from the oldest to the newest, end an incident; None while it is open.

    A postmortem or a further update after the end does not move it; one that reopens it does.
    """
    ended = None
    for update in updates:
        if update.status not in OVER:
            ended = None
        elif ended is None:
            ended = update.at
    return ended
