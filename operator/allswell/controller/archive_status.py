"""What a Monitor's condition `Archived` says: a pure function of what the centre has heard.

It never makes `Ready` false. It says a day and no counts, so that it is written when that changes
and not with every beat.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from allswell.controller.collector.archive_news import ArchiveNews, Backlog
from allswell.domain import instant
from allswell.kube import manifest
from allswell.kube.conditions import FALSE, TRUE, Condition
from allswell.kube.manifest import Json

ARCHIVED = "Archived"
# A day is archived within an hour after it is over; yesterday may still be on its way.
LATE = timedelta(days=2)
NO_ARCHIVE = Condition(
    ARCHIVED, FALSE, "NoArchive", "there is no archive: results are kept for retentionDays only"
)
ARCHIVING = Condition(ARCHIVED, TRUE, "Archiving", "each day is archived when it is over")


def of(news: ArchiveNews, monitor: int | None, before: Json, now: datetime) -> Condition:
    """The condition of a monitor; `before` is its status, which counts until its checker speaks."""
    if not news.configured:
        return NO_ARCHIVE
    lost = news.damaged.get(monitor, ()) if monitor is not None else ()
    if lost:
        return _damaged(lost)
    if monitor is None or monitor not in news.heard:
        return _said(before) or ARCHIVING
    return _behind(news.heard[monitor], instant.day_of(now)) or ARCHIVING


def _damaged(lost: Sequence[date]) -> Condition:
    why = f"the archive's object of {min(lost)} is missing or changed"
    return Condition(ARCHIVED, FALSE, "Damaged", why)


def _behind(backlog: Backlog | None, today: date) -> Condition | None:
    if backlog is None or today - backlog.oldest <= LATE:
        return None
    why = f"results since {backlog.oldest} wait to be archived; they are kept"
    return Condition(ARCHIVED, FALSE, "Behind", why)


def _said(before: Json) -> Condition | None:
    old = manifest.entry(manifest.blocks(before, "conditions"), "type", ARCHIVED)
    if not old or old.get("reason") == NO_ARCHIVE.reason:
        return None
    return Condition(ARCHIVED, *(manifest.text(old, it) for it in ("status", "reason", "message")))
