"""Write transactions that succeed also when the file or the volume is full.

Under pressure the oldest archived samples go first, then the oldest raw ones, in bounded steps;
health and reports never go, and the reserve is for them.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from allswell.store import connection as store_connection
from allswell.store import samples
from allswell.store.disk_quota import DiskQuota, DiskReserve, log_pages
from allswell.store.errors import StoreError, StoreFailed, StoreFull
from allswell.store.samples import DroppedRows

_MAX_STEPS = 8
_SPARE_PAGES = 32  # of the reserved pages no new report may take these: making room needs some
_MAX_BYTES = 2**40  # far below the number of pages that SQLite can count

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


class StoreWriter:
    """Runs work in transactions on one connection; not safe for several threads at once."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, quota: DiskQuota, reserve: DiskReserve
    ) -> None:
        """Take over an open connection and the reserve beside its file."""
        self._connection = connection
        self._path = path
        self._reserve = reserve
        page_size = self.pragma("page_size")
        self._page_size = page_size
        self._planned = min(quota.file, _MAX_BYTES) // page_size - _SPARE_PAGES
        self._reserved = quota.reserved // page_size
        self._has_reserve = reserve.allocate()
        self._limit = self._planned
        if not self._has_reserve:
            self._limit = min(self._planned, self.pragma("page_count"))
        self._allowed = 0
        self._durable: bool | None = None
        self.expect(1)

    @property
    def is_almost_full(self) -> bool:
        """Tell whether samples have, or are about to have, no more room to grow into."""
        return not self._has_reserve or self.free() < self._reserved * self._page_size // 2

    def expect(self, monitors: int) -> None:
        """Adapt the write-ahead log to the number of monitors that are written in turn."""
        pages = log_pages(monitors, self._planned)
        with store_connection.in_use(self._path):
            self._connection.execute(f"PRAGMA wal_autocheckpoint = {pages}")
            self._connection.execute(f"PRAGMA journal_size_limit = {2 * pages * self._page_size}")

    def size(self) -> int:
        """Return the size of the database in bytes."""
        return self.pragma("page_count") * self._page_size

    def free(self) -> int:
        """Return the bytes that samples may still take."""
        grow = max(self._limit - self.pragma("page_count"), 0)
        return (grow + self.pragma("freelist_count")) * self._page_size

    def pragma(self, name: str) -> int:
        """Return a number that SQLite has for the file."""
        with store_connection.in_use(self._path):
            return int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])

    def read(self, work: Work[T]) -> T:
        """Run work that changes nothing."""
        with store_connection.in_use(self._path):
            return work(self._connection)

    def run(
        self, work: Work[T], *, durable: bool = True, fallback: Work[T] | None = None
    ) -> tuple[T, DroppedRows]:
        """Run work in one transaction; return its result, and what was dropped to make room.

        1. Take the reserve back, if the volume has room for it again.
        2. Run the work. That is all, unless there is no room.
        3. Drop some of the oldest samples and run it again, a few times at most.
        4. Run `fallback` instead, on the reserve; work without one may use the last of it.

        `durable` makes it survive a power cut and not only a kill. Raises `StoreFull` when not even
        the reserve has room.
        """
        self._recover()
        self._set_durable(durable=durable)
        dropped = DroppedRows()
        for _ in range(_MAX_STEPS):
            try:
                return self._transact(work, self._limit), dropped
            except StoreError as error:
                if not self._is_about_room(error):
                    raise
            step = self._make_room()
            dropped += step
            if step == DroppedRows():
                break
        return self._on_the_reserve(fallback or work, 0 if fallback else _SPARE_PAGES), dropped

    def checkpoint(self) -> None:
        """Copy the write-ahead log into the file and cut it to nothing."""
        with store_connection.in_use(self._path):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close; SQLite copies the write-ahead log into the file and removes it."""
        with store_connection.in_use(self._path):
            self._connection.close()

    def _on_the_reserve(self, work: Work[T], more: int) -> T:
        try:
            return self._transact(work, self._limit + self._reserved_pages() + more)
        except StoreError as error:
            can_release = self._has_reserve and self._reserve.worth_releasing()
            if not (self._is_about_room(error) and can_release):
                raise
        self._release_reserve()
        return self._transact(work, self._limit + self._reserved_pages() + more)

    def _reserved_pages(self) -> int:
        """Return how many pages health and reports may take beyond the limit.

        Once the reserve is given back the file grows only where the volume has room for it: what
        is in the write-ahead log and does not fit into the file would block the log for ever.
        """
        if self._has_reserve:
            return self._reserved
        return min(self._reserved, self._reserve.available() // 2 // self._page_size)

    def _transact(self, work: Work[T], pages: int) -> T:
        with store_connection.in_use(self._path):
            return self._transaction(work, pages)

    def _transaction(self, work: Work[T], pages: int) -> T:
        connection = self._connection
        if pages != self._allowed:
            connection.execute(f"PRAGMA max_page_count = {pages}")
            self._allowed = pages
        connection.execute("BEGIN IMMEDIATE")
        try:
            value = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return value

    def _set_durable(self, *, durable: bool) -> None:
        if durable is self._durable:
            return
        with store_connection.in_use(self._path):
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        self._durable = durable

    def _is_about_room(self, error: StoreError) -> bool:
        # A full volume can also show as a failed read or write of SQLite's shared memory.
        return isinstance(error, StoreFull) or (
            isinstance(error, StoreFailed) and self._reserve.is_short()
        )

    def _make_room(self) -> DroppedRows:
        if self._reserve.is_short():
            self._release_reserve()
        try:
            return self._transact(samples.drop_oldest, self._limit + self._reserved_pages())
        except StoreError as error:
            if not self._is_about_room(error):
                raise
            return DroppedRows()

    def _release_reserve(self) -> None:
        """Give the volume's reserve to the write-ahead log, and let the file grow no more.

        The log is copied into the file, so that it is written again from its beginning.
        """
        self._reserve.release()
        try:
            with store_connection.in_use(self._path):
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except StoreError as error:
            if not self._is_about_room(error):
                raise
        if self._has_reserve:
            self._limit = min(self._planned, self.pragma("page_count"))
        self._has_reserve = False

    def _recover(self) -> None:
        if not self._has_reserve and self._reserve.allocate():
            self._has_reserve = True
            self._limit = self._planned
