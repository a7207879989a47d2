"""What a Monitor's conditions say of its raw results: pure functions of what the centre has heard.

`Archived` is always there; `RawLost` as long as results go, for want of room, that no archive has.
They never make `Ready` false. They say a day and no counts, so that they are written when that
changes and not with every beat.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from allswell.collector.archive.backlog import ArchiveBacklog, Backlog
from allswell.domain import instant
from allswell.kube import conditions, manifest
from allswell.kube.conditions import FALSE, TRUE, Condition
from allswell.kube.manifest import Json

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
    "the volume is full: the oldest results go, and no archive has them",
)


def said(
    news: ArchiveBacklog, monitor: int | None, before: Json, now: datetime
) -> tuple[Condition, ...]:
    """All that is said of a monitor; `before` is its status, as in `of`."""
    archived = of(news, monitor, before, now)
    return (archived, LOSING) if _is_losing(news, monitor, before) else (archived,)


def _is_losing(news: ArchiveBacklog, monitor: int | None, before: Json) -> bool:
    if monitor is None or monitor not in news.reported:
        return conditions.status_of(manifest.blocks(before, "conditions"), RAW_LOST) == TRUE
    return monitor in news.losing


def of(news: ArchiveBacklog, monitor: int | None, before: Json, now: datetime) -> Condition:
    """`Archived` of a monitor; `before` is its status, which counts until its checker speaks."""
    if not news.configured:
        return NO_ARCHIVE
    lost = news.damaged.get(monitor, ()) if monitor is not None else ()
    if lost:
        return _damaged(lost)
    if monitor is None or monitor not in news.reported:
        return _said(before) or ARCHIVING
    return _behind(news.reported[monitor], instant.day_of(now)) or ARCHIVING


def _damaged(lost: Sequence[date]) -> Condition:
    why = f"the archive's object of {min(lost)} is missing or changed"
    return Condition(ARCHIVED, FALSE, "Damaged", why)


def _behind(backlog: Backlog | None, today: date) -> Condition | None:
    if backlog is None or today - backlog.oldest <= LATE:
        return None
    why = f"results since {backlog.oldest} wait to be archived; they stay while there is room"
    return Condition(ARCHIVED, FALSE, "Behind", why)


def _said(before: Json) -> Condition | None:
    old = manifest.entry(manifest.blocks(before, "conditions"), "type", ARCHIVED)
    if not old or old.get("reason") == NO_ARCHIVE.reason:
        return None
    return Condition(ARCHIVED, *(manifest.text(old, it) for it in ("status", "reason", "message")))
