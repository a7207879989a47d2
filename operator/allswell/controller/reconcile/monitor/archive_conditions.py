"""Build a Monitor's conditions about its raw results: pure functions of what checkers report.

`Archived` is always there; `RawLost` as long as results are dropped, for want of room, that no
archive has. They never make `Ready` false. They name a day and no counts, so that they are written
when that changes and not with every heartbeat.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from allswell.collector.archive.backlog import ArchiveBacklog, Backlog
from allswell.domain import instant
from allswell.kube.conditions import FALSE, TRUE, Condition, Conditions

ARCHIVED, RAW_LOST = "Archived", "RawLost"
# A day is archived within an hour after it is over; yesterday may still be on its way.
LATE = timedelta(days=2)
NO_ARCHIVE = Condition(
    ARCHIVED, FALSE, "NoArchive", "there is no archive: results are kept for retentionDays only"
)
ARCHIVING = Condition(ARCHIVED, TRUE, "Archiving", "each day is archived when it is over")
LOSING = Condition(
    RAW_LOST,
    TRUE,
    "VolumeFull",
    "the volume is full: the oldest results are dropped, and no archive has them",
)


def build(
    archive: ArchiveBacklog, monitor: int | None, before: Conditions, now: datetime
) -> tuple[Condition, ...]:
    """Build both conditions of a monitor; `before` are those of its status, as in `archived`."""
    condition = archived(archive, monitor, before, now)
    return (condition, LOSING) if _is_losing(archive, monitor, before) else (condition,)


def _is_losing(archive: ArchiveBacklog, monitor: int | None, before: Conditions) -> bool:
    if monitor is None or monitor not in archive.reported:
        return before.status_of(RAW_LOST) == TRUE
    return monitor in archive.losing


def archived(
    archive: ArchiveBacklog, monitor: int | None, before: Conditions, now: datetime
) -> Condition:
    """Build `Archived` of a monitor; `before` counts until its checker's first heartbeat."""
    if not archive.configured:
        return NO_ARCHIVE
    damaged = archive.damaged.get(monitor, ()) if monitor is not None else ()
    if damaged:
        return _damaged(damaged)
    if monitor is None or monitor not in archive.reported:
        return _unchanged(before) or ARCHIVING
    return _behind(archive.reported[monitor], instant.day_of(now)) or ARCHIVING


def _damaged(days: Sequence[date]) -> Condition:
    why = f"the archive's object of {min(days)} is missing or changed"
    return Condition(ARCHIVED, FALSE, "Damaged", why)


def _behind(backlog: Backlog | None, today: date) -> Condition | None:
    if backlog is None or today - backlog.oldest <= LATE:
        return None
    why = f"results since {backlog.oldest} wait to be archived; they stay while there is room"
    return Condition(ARCHIVED, FALSE, "Behind", why)


def _unchanged(before: Conditions) -> Condition | None:
    old = before.get(ARCHIVED)
    if old is None or old.reason == NO_ARCHIVE.reason:
        return None
    return Condition(ARCHIVED, old.status, old.reason, old.message)
