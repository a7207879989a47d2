"""The archive's side of the collector: threads of its own, and never more work than they can do.

A bucket that hangs holds these threads and no others: beats and reports go on.
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
from allswell.collector.archive.uploads import AT_ONCE, Uploads
from allswell.domain.archive_upload import UploadPermit, UploadRequest

log = logging.getLogger(__name__)
T = TypeVar("T")
THREADS = 4
MOST_WAITING = 32
# Of these, what one namespace can take: its checkers keep no other's waiting.
SHARE = 8
# Less than a checker waits for an answer.
PATIENCE = 8.0
EVERY = 60.0
# It reads the whole catalogue; what is damaged is counted at once.
COUNT_EVERY = timedelta(minutes=10)
SOON = 1.0


class ArchiveBusy(Exception):
    """The archive cannot be asked now."""


class ArchiveExecutor:
    """Has deposits judged, removes what is to go, and keeps the news fresh."""

    def __init__(
        self,
        archiving: Uploads,
        news: ArchiveBacklog,
        now: Callable[[], datetime],
        *,
        counted: Callable[[ArchiveTotals], None] = lambda _: None,
        uploads: LocalUploads | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._archiving = archiving
        self._news = news
        self._now = now
        self._counted = counted
        self.uploads = uploads
        self._patience = patience
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="archive")
        self._keeping = ThreadPoolExecutor(1, thread_name_prefix="archive-keeping")
        self._waiting = Counter[str]()
        self._trouble = ""
        self._count_at = datetime.min.replace(tzinfo=UTC)
        news.configured = True

    async def answer(self, row: MonitorRow, deposit: UploadRequest) -> UploadPermit:
        """What a checker is told. Raises `Busy` and what the archiving raises.

        What takes too long goes on, and the checker's next question finds it done.
        """
        if self._waiting.total() >= MOST_WAITING or self._waiting[row.namespace] >= SHARE:
            raise ArchiveBusy("too many ask the archive")
        self._waiting[row.namespace] += 1
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(
            self._threads, self._archiving.answer, row, deposit, self._now()
        )
        work.add_done_callback(lambda work: self._done(row.namespace, work))
        try:
            async with asyncio.timeout(self._patience):
                permit = await asyncio.shield(work)
        except TimeoutError as error:
            raise ArchiveBusy("the archive takes too long") from error
        if permit.recorded:
            self._news.recorded(row.id, deposit.day)
        return permit

    def _done(self, namespace: str, work: "asyncio.Future[UploadPermit]") -> None:
        self._waiting[namespace] -= 1
        if not work.cancelled():
            work.exception()

    async def run(self) -> None:
        """Keep order every so often, for ever."""
        while True:
            more = await self._do(self.tidy)
            await asyncio.sleep(SOON if more else EVERY)

    async def _do(self, act: Callable[[], T]) -> T | None:
        """Do something in the keeping thread; what is wrong is said once."""
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._keeping, act)
        except (ArchiveError, CentralError) as error:
            if not self._trouble:
                log.warning("the archive cannot be kept in order: %s", error)
            self._trouble = str(error)
            return None
        except Exception:
            log.exception("the archive's keeping failed and goes on")
            return None
        self._trouble = ""
        return found

    def tidy(self) -> bool:
        """One round, blocking; whether there is more to do at once."""
        catalogue = self._archiving.catalogue
        found: dict[int, tuple[date, ...]] = {
            monitor: tuple(entry.place.day for entry in entries)
            for monitor, entries in catalogue.damaged().items()
        }
        is_news = found != self._news.damaged
        self._news.damaged = found
        if (now := self._now()) >= self._count_at or is_news:
            self._counted(catalogue.totals())
            self._count_at = now + COUNT_EVERY
        return self._archiving.tidy(self._now()) >= AT_ONCE

    def close(self) -> None:
        """Wait for no thread that hangs."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._keeping.shutdown(wait=False, cancel_futures=True)
