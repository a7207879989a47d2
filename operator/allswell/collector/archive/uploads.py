"""Decide where a checker may upload a day file, and record what the archive has; all blocking.

The key follows from the sender, never from the request. What is recorded was seen in the archive
with this length and checksum, by the collector itself.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from allswell.archive import object_store, superset
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
MAX_FOREIGN = 16
BATCH = 100


class UnknownArchive(RequestRefused):
    """There is no archive, or no such store: it may come."""

    status = 404


class NotUploaded(CentralConflict):
    """The archive does not hold what was reported as uploaded."""


@dataclass(frozen=True, slots=True)
class Uploads:
    """Handles upload requests. Raises `ArchiveError` for the archive, `CentralError` for SQL.

    Objects of monitors that were deleted `delete_after` ago are removed; None: they are kept.
    `count` is called with each step and how it ended.
    """

    objects: ObjectStore
    catalogue: ArchiveCatalogue
    delete_after: timedelta | None = None
    count: Callable[[str, str], None] = lambda _step, _result: None

    def handle(self, row: MonitorRow, request: UploadRequest, now: datetime) -> UploadPermit:
        """Permit an upload, or record one. Raises `RequestRefused` and `MalformedMessage` too.

        1. Without a revision the checker asks where to upload: it gets a signed URL for the next
           free name, or learns that the archive has this content already.
        2. With a revision it has uploaded: the object is looked up, and recorded if it is there.
        """
        step = "record" if request.revision else "permit"
        try:
            permit = self._handle(row, request, now)
        except Exception:
            self.count(step, "failed")
            raise
        self.count(step, "recorded" if permit.recorded else "permitted")
        return permit

    def _handle(self, row: MonitorRow, request: UploadRequest, now: datetime) -> UploadPermit:
        if request.day >= instant.day_of(now):
            raise MalformedMessage("day must be over")
        store_number = self.catalogue.store_number(row.id, request.store)
        if store_number is None:
            raise UnknownArchive("this store has not said hello")
        name = DayFileName(row.public_id, request.day, store_number, request.revision)
        if request.revision:
            return self._record(row, name, request, now)
        return self._permit(row, name, request, now)

    def _permit(
        self, row: MonitorRow, name: DayFileName, request: UploadRequest, now: datetime
    ) -> UploadPermit:
        newest = self.catalogue.newest(row.id, name.day, name.store)
        if newest is not None and newest.content == request.content and not newest.damaged:
            return UploadPermit(recorded=True, revision=newest.place.revision)
        first = 1 if newest is None else newest.place.revision + 1
        for revision in range(first, first + MAX_FOREIGN):
            key = archive.key(DayFileName(name.public_id, name.day, name.store, revision))
            is_there = object_store.holds(self.objects, key, request.content)
            if is_there is None:
                upload = self.objects.upload_url(key, request.content, now)
                return UploadPermit(revision=revision, url=upload.url, headers=dict(upload.headers))
            if is_there:
                return UploadPermit(revision=revision)
        raise ArchiveError(f"{MAX_FOREIGN} names of {name.day} are taken by objects of others")

    def _record(
        self, row: MonitorRow, name: DayFileName, request: UploadRequest, now: datetime
    ) -> UploadPermit:
        if not object_store.holds(self.objects, archive.key(name), request.content):
            raise NotUploaded("the archive does not hold this")
        whole = request.whole and self._holds_all_earlier(row, name)
        self.catalogue.record(row.id, name, request.content, now, whole=whole)
        return UploadPermit(recorded=True, revision=name.revision)

    def _holds_all_earlier(self, row: MonitorRow, name: DayFileName) -> bool:
        """Decide whether an object has every sample of those that it would replace.

        A checker says so, but what it says must not remove anything.
        """
        for entry in self.catalogue.of_day(row.id, name.day, name.store):
            if entry.damaged or entry.place.revision >= name.revision:
                continue
            if self.objects.head(entry.key) is None:
                continue
            new, old = (self.objects.stream(key) for key in (archive.key(name), entry.key))
            if not superset.contains(new, old):
                log.warning(
                    "archive: %s lacks samples of %s, so both are kept namespace=%s name=%s",
                    archive.key(name),
                    entry.key,
                    row.namespace,
                    row.name,
                )
                return False
        return True

    def tidy(self, now: datetime) -> int:
        """Remove a bounded number of objects that are replaced or of deleted monitors; how many.

        1. Mark objects of monitors that were deleted long enough ago.
        2. Remove each marked object, then its entry: a step that is lost is taken again.
        """
        if self.delete_after is not None:
            self.catalogue.mark_deleted(now, self.delete_after, BATCH)
        condemned = self.catalogue.marked_for_removal(BATCH)
        for entry in condemned:
            self.objects.remove([entry.key])
            self.catalogue.forget([entry.id])
            self.count("remove", "removed")
        return len(condemned)
