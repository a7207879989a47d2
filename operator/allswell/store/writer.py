"""One writing connection whose transactions come through, also when the file or the volume is full.

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

_MOST_STEPS = 8
_BOOKS = 32  # pages of the reserve that no new report may take: what makes room needs some
_MOST_BYTES = 2**40  # far below the number of pages that SQLite can count

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


class StoreWriter:
    """Runs work in transactions; not safe for several threads at once."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, room: DiskQuota, ballast: DiskReserve
    ) -> None:
        """Own an open connection and the ballast beside its file."""
        self._connection = connection
        self._path = path
        self._ballast = ballast
        page = self.pragma("page_size")
        self._page = page
        self._planned = min(room.file, _MOST_BYTES) // page - _BOOKS
        self._held = room.held // page
        self._holding = ballast.take()
        self._limit = self._planned
        if not self._holding:
            self._limit = min(self._planned, self.pragma("page_count"))
        self._allowed = 0
        self._durable: bool | None = None
        self.expect(1)

    @property
    def pressed(self) -> bool:
        """Whether samples have, or are about to have, no more room to grow into."""
        return not self._holding or self.free() < self._held * self._page // 2

    def expect(self, monitors: int) -> None:
        """Adapt the write-ahead log to the number of monitors that are written in turn."""
        pages = log_pages(monitors, self._planned)
        with store_connection.in_use(self._path):
            self._connection.execute(f"PRAGMA wal_autocheckpoint = {pages}")
            self._connection.execute(f"PRAGMA journal_size_limit = {2 * pages * self._page}")

    def size(self) -> int:
        """The database in bytes."""
        return self.pragma("page_count") * self._page

    def free(self) -> int:
        """Bytes that samples may still take."""
        grow = max(self._limit - self.pragma("page_count"), 0)
        return (grow + self.pragma("freelist_count")) * self._page

    def pragma(self, name: str) -> int:
        """A number that SQLite tells of the file."""
        with store_connection.in_use(self._path):
            return int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])

    def read(self, work: Work[T]) -> T:
        """Run work that changes nothing."""
        with store_connection.in_use(self._path):
            return work(self._connection)

    def run(
        self, work: Work[T], *, durable: bool = True, spare: Work[T] | None = None
    ) -> tuple[T, DroppedRows]:
        """Run work in one transaction; what it returns, and what was dropped to make room.

        `durable` makes it survive a power cut and not only a kill. Where dropping samples did not
        help, `spare` is run instead, on the reserve; work without a spare may use the last of it.
        Raises `StoreFull` when that has no room.
        """
        self._recover()
        self._set_durable(durable=durable)
        dropped = DroppedRows()
        for _ in range(_MOST_STEPS):
            try:
                return self._transact(work, self._limit), dropped
            except StoreError as error:
                if not self._about_room(error):
                    raise
            step = self._make_room()
            dropped += step
            if step == DroppedRows():
                break
        return self._on_the_reserve(spare or work, 0 if spare else _BOOKS), dropped

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
            return self._transact(work, self._limit + self._reserve() + more)
        except StoreError as error:
            if not (self._about_room(error) and self._holding and self._ballast.worth_releasing()):
                raise
        self._yield_ballast()
        return self._transact(work, self._limit + self._reserve() + more)

    def _reserve(self) -> int:
        """Pages that health and reports may take beyond the limit.

        Once the ballast is given back the file grows only where the volume has room for it: what
        is in the write-ahead log and does not fit into the file would block the log for ever.
        """
        if self._holding:
            return self._held
        return min(self._held, self._ballast.available() // 2 // self._page)

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

    def _about_room(self, error: StoreError) -> bool:
        # A full volume can also show as a failed read or write of SQLite's shared memory.
        return isinstance(error, StoreFull) or (
            isinstance(error, StoreFailed) and self._ballast.short()
        )

    def _make_room(self) -> DroppedRows:
        if self._ballast.short():
            self._yield_ballast()
        try:
            return self._transact(samples.drop_oldest, self._limit + self._reserve())
        except StoreError as error:
            if not self._about_room(error):
                raise
            return DroppedRows()

    def _yield_ballast(self) -> None:
        """Give the volume's reserve to the write-ahead log, and let the file grow no more.

        The log is copied into the file, so that it is written again from its beginning.
        """
        self._ballast.release()
        try:
            with store_connection.in_use(self._path):
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except StoreError as error:
            if not self._about_room(error):
                raise
        if self._holding:
            self._limit = min(self._planned, self.pragma("page_count"))
        self._holding = False

    def _recover(self) -> None:
        if not self._holding and self._ballast.take():
            self._holding = True
            self._limit = self._planned
