"""Where a checker's day file may be put, and whether the archive has it: all of it blocking.

The key follows from who asks, never from what is asked. What is recorded was seen in the archive
with this length and checksum, by the collector itself.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from allswell.archive import object_store as shelves
from allswell.archive import superset
from allswell.archive.object_store import ArchiveError, ObjectStore
from allswell.central.archive_catalogue import ArchiveCatalogue
from allswell.central.errors import CentralConflict
from allswell.central.writer import MonitorRow
from allswell.collector.authentication import RequestRefused
from allswell.domain import archive, instant
from allswell.domain.archive import DayFileName
from allswell.domain.archive_upload import UploadPermit, UploadRequest
from allswell.domain.message import MalformedMessage

log = logging.getLogger(__name__)
# Names that are taken by something else, of which the catalogue does not know.
MOST_STRANGERS = 16
AT_ONCE = 100


class UnknownArchive(RequestRefused):
    """There is no archive, or no such store: it may come."""

    status = 404


class NotUploaded(CentralConflict):
    """The archive does not hold what is said to be there."""


@dataclass(frozen=True, slots=True)
class Uploads:
    """Judges deposits. Raises `Failed` for the archive, `CentralError` for the database.

    Objects of monitors that were deleted `delete_after` ago are removed; None: they are kept.
    `count` is told of each step and how it ended.
    """

    shelf: ObjectStore
    catalogue: ArchiveCatalogue
    delete_after: timedelta | None = None
    count: Callable[[str, str], None] = lambda _step, _result: None

    def answer(self, row: MonitorRow, deposit: UploadRequest, now: datetime) -> UploadPermit:
        """What a checker is told of its deposit. Raises `Refused` too."""
        step = "record" if deposit.revision else "permit"
        try:
            found = self._judged(row, deposit, now)
        except Exception:
            self.count(step, "failed")
            raise
        self.count(step, "recorded" if found.recorded else "permitted")
        return found

    def _judged(self, row: MonitorRow, deposit: UploadRequest, now: datetime) -> UploadPermit:
        if deposit.day >= instant.day_of(now):
            raise MalformedMessage("day must be over")
        number = self.catalogue.number(row.id, deposit.store)
        if number is None:
            raise UnknownArchive("this store has not said hello")
        place = DayFileName(row.public_id, deposit.day, number, deposit.revision)
        if deposit.revision:
            return self._record(row, place, deposit, now)
        return self._permit(row, place, deposit, now)

    def _permit(
        self, row: MonitorRow, place: DayFileName, deposit: UploadRequest, now: datetime
    ) -> UploadPermit:
        newest = self.catalogue.newest(row.id, place.day, place.store)
        if newest is not None and newest.content == deposit.content and not newest.damaged:
            return UploadPermit(recorded=True, revision=newest.place.revision)
        first = 1 if newest is None else newest.place.revision + 1
        for revision in range(first, first + MOST_STRANGERS):
            key = archive.key(DayFileName(place.public_id, place.day, place.store, revision))
            held = shelves.holds(self.shelf, key, deposit.content)
            if held is None:
                address = self.shelf.address(key, deposit.content, now)
                return UploadPermit(
                    revision=revision, url=address.url, headers=dict(address.headers)
                )
            if held:
                return UploadPermit(revision=revision)
        raise ArchiveError(f"{MOST_STRANGERS} names of {place.day} are taken by objects of others")

    def _record(
        self, row: MonitorRow, place: DayFileName, deposit: UploadRequest, now: datetime
    ) -> UploadPermit:
        if not shelves.holds(self.shelf, archive.key(place), deposit.content):
            raise NotUploaded("the archive does not hold this")
        whole = deposit.whole and self._holds_all_earlier(row, place)
        self.catalogue.record(row.id, place, deposit.content, now, whole=whole)
        return UploadPermit(recorded=True, revision=place.revision)

    def _holds_all_earlier(self, row: MonitorRow, place: DayFileName) -> bool:
        """Whether an object has every sample of those that it would replace.

        A checker says so, but what it says must not remove anything.
        """
        for entry in self.catalogue.standing(row.id, place.day, place.store):
            if entry.damaged or entry.place.revision >= place.revision:
                continue
            if self.shelf.head(entry.key) is None:
                continue
            new, old = (self.shelf.stream(key) for key in (archive.key(place), entry.key))
            if not superset.contains(new, old):
                log.warning("%s lacks samples of %s, so both stay", archive.key(place), entry.key)
                return False
        return True

    def tidy(self, now: datetime) -> int:
        """Remove a bounded number of objects that are replaced, or whose monitor is gone; how many.

        An object goes first and its entry after it, so that a step that is lost is taken again.
        """
        if self.delete_after is not None:
            self.catalogue.condemn_deleted(now, self.delete_after, AT_ONCE)
        condemned = self.catalogue.condemned(AT_ONCE)
        for entry in condemned:
            self.shelf.remove([entry.key])
            self.catalogue.forget([entry.id])
            self.count("remove", "removed")
        return len(condemned)
