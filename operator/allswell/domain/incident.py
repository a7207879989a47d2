"""An incident: what people say of an outage, beside what checkers have seen of it.

Its status and its end follow from its updates. An update that a person wrote stays what it is;
nothing here changes the state of a component.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Impact(StrEnum):
    """How bad it is for visitors, by the word of whoever declares it."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class Status(StrEnum):
    """How far the work on it has come."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    POSTMORTEM = "postmortem"


class Effect(StrEnum):
    """What it does to one component; a partial outage is only ever declared."""

    OPERATIONAL = "operational"
    DEGRADED = "degraded"
    PARTIAL = "partial"
    DOWN = "down"


OVER = (Status.RESOLVED, Status.POSTMORTEM)


@dataclass(frozen=True, slots=True)
class AffectedComponent:
    """A component and what happens to it; `monitor` is the Monitor's name in the namespace."""

    monitor: str
    effect: Effect = Effect.DEGRADED


@dataclass(frozen=True, slots=True)
class IncidentMessage:
    """One update as it was written: plain text, and the moment that it speaks of."""

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
    """One update as it is kept. `id` is for APIs, `published` when the centre took it in."""

    id: str
    status: Status
    body: str
    at: datetime
    published: datetime


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as it is kept, with its updates from the newest to the oldest.

    `id` is 12 characters of a-z and 0-9 and never changes. `published` is when it was first taken
    in and `updated` when it last changed; `revision` grows by one with each change, from 1.
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
        """Whether it is not over yet."""
        return self.resolved is None


def status(updates: Sequence[IncidentMessage | IncidentUpdate]) -> Status:
    """Where updates, from the oldest to the newest, leave an incident."""
    return updates[-1].status if updates else Status.INVESTIGATING


def resolved(updates: Sequence[IncidentMessage | IncidentUpdate]) -> datetime | None:
    """When updates, from the oldest to the newest, end an incident; None while it is open.

    A postmortem or a second word after the end does not move it; one that takes it up again does.
    """
    ended = None
    for update in updates:
        if update.status not in OVER:
            ended = None
        elif ended is None:
            ended = update.at
    return ended
