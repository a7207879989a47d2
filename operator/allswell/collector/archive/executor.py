"""Run the archive's side of the collector in threads of its own, never more work than they can do.

A bucket that hangs holds these threads and no others: heartbeats and reports go on.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from allswell.archive.object_store import ArchiveError
from allswell.central.archive_catalogue import ArchiveTotals
from allswell.central.errors import CentralError
from allswell.central.writer import MonitorRow
from allswell.collector.archive.backlog import ArchiveBacklog
from allswell.collector.archive.local_uploads import LocalUploads
from allswell.collector.archive.uploads import BATCH, Uploads
from allswell.domain.archive_upload import UploadPermit, UploadRequest

log = logging.getLogger(__name__)
T = TypeVar("T")
THREADS = 4
MAX_WAITING = 32
# Of these, what one namespace can take: its checkers keep no other's waiting.
NAMESPACE_SHARE = 8
# Less than a checker waits for an answer.
TIMEOUT_S = 8.0
EVERY_S = 60.0
# It reads the whole catalogue; what is damaged is counted at once.
COUNT_EVERY = timedelta(minutes=10)
SOON_S = 1.0


class ArchiveBusy(Exception):
    """The archive cannot be asked now."""


class ArchiveExecutor:
    """Runs upload requests and the archive's housekeeping, and keeps the backlog up to date.

    `on_totals` is called with what the archive holds. `local_uploads` takes uploads where the
    archive is a folder of this machine. A request takes `timeout` seconds at most.
    """

    def __init__(
        self,
        uploads: Uploads,
        backlog: ArchiveBacklog,
        now: Callable[[], datetime],
        *,
        on_totals: Callable[[ArchiveTotals], None] = lambda _: None,
        local_uploads: LocalUploads | None = None,
        timeout: float = TIMEOUT_S,
    ) -> None:
        self._uploads = uploads
        self._backlog = backlog
        self._now = now
        self._on_totals = on_totals
        self.local_uploads = local_uploads
        self._timeout = timeout
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="archive")
        self._housekeeping = ThreadPoolExecutor(1, thread_name_prefix="archive-housekeeping")
        self._waiting = Counter[str]()
        self._trouble = ""
        self._count_at = datetime.min.replace(tzinfo=UTC)
        backlog.configured = True

    async def handle(self, row: MonitorRow, request: UploadRequest) -> UploadPermit:
        """Answer an upload request. Raises `ArchiveBusy` and what `Uploads.handle` raises.

        What takes too long goes on, and the checker's next request finds it done.
        """
        if self._waiting.total() >= MAX_WAITING or self._waiting[row.namespace] >= NAMESPACE_SHARE:
            raise ArchiveBusy("the archive has too many requests waiting")
        self._waiting[row.namespace] += 1
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._threads, self._uploads.handle, row, request, self._now())
        work.add_done_callback(lambda work: self._finish(row.namespace, work))
        try:
            async with asyncio.timeout(self._timeout):
                permit = await asyncio.shield(work)
        except TimeoutError as error:
            raise ArchiveBusy("the archive takes too long") from error
        if permit.recorded:
            self._backlog.mark_recovered(row.id, request.day)
        return permit

    def _finish(self, namespace: str, work: "asyncio.Future[UploadPermit]") -> None:
        self._waiting[namespace] -= 1
        if not work.cancelled():
            # Read, so that asyncio does not log an exception that nobody waited for.
            work.exception()

    async def run(self) -> None:
        """Do the housekeeping every so often, for ever."""
        while True:
            more = await self._keep_house(self.tidy)
            await asyncio.sleep(SOON_S if more else EVERY_S)

    async def _keep_house(self, act: Callable[[], T]) -> T | None:
        """Run `act` in the housekeeping thread; a failure is logged once, and None."""
        try:
            result = await asyncio.get_running_loop().run_in_executor(self._housekeeping, act)
        except (ArchiveError, CentralError) as error:
            if not self._trouble:
                log.warning("archive: the housekeeping failed: %s", error)
            self._trouble = str(error)
            return None
        except Exception:
            log.exception("archive: the housekeeping failed; it is tried again")
            return None
        self._trouble = ""
        return result

    def tidy(self) -> bool:
        """Do one round of housekeeping, blocking; whether there is more to do at once.

        1. Read which days the archive has lost, for replies to heartbeats.
        2. Count what it holds, every ten minutes and when the first has changed.
        3. Remove a bounded number of objects that are replaced or of deleted monitors.
        """
        catalogue = self._uploads.catalogue
        damaged: dict[int, tuple[date, ...]] = {
            monitor: tuple(entry.place.day for entry in entries)
            for monitor, entries in catalogue.damaged().items()
        }
        has_changed = damaged != self._backlog.damaged
        self._backlog.damaged = damaged
        if (now := self._now()) >= self._count_at or has_changed:
            self._on_totals(catalogue.totals())
            self._count_at = now + COUNT_EVERY
        return self._uploads.tidy(self._now()) >= BATCH

    def close(self) -> None:
        """End the threads, and wait for none that hangs."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._housekeeping.shutdown(wait=False, cancel_futures=True)
