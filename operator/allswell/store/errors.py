"""Define what can go wrong with the checker's file, and translate sqlite3's errors into it.

StoreError
├── StoreBusy      another process has the file
├── NewerStore     a newer allswell wrote it
├── StoreDamaged   it cannot be read as what it should be
│   └── ForeignFile    it is a database, but not ours
├── StoreFull      not even the reserve has room
├── OutOfStep      the caller counts differently from the file
└── StoreFailed    anything else: no permission, a broken disk
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class StoreError(Exception):
    """Anything that the checker's file refuses or cannot do."""


class StoreBusy(StoreError):
    """Another process has the file open for writing."""


class NewerStore(StoreError):
    """The file was written by a newer version of allswell."""


class StoreDamaged(StoreError):
    """The file cannot be read as a checker's file."""


class ForeignFile(StoreDamaged):
    """The file is a database that something else made."""


class StoreFull(StoreError):
    """There is no room left, not even the reserve; nothing of the batch was kept."""


class OutOfStep(StoreError):
    """A monitor, sequence or revision that does not follow from what the file holds."""


class StoreFailed(StoreError):
    """The operating system or SQLite refused for another reason."""


_BY_CODE: dict[int, type[StoreError]] = {
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_CORRUPT: StoreDamaged,
    sqlite3.SQLITE_NOTADB: StoreDamaged,
    sqlite3.SQLITE_BUSY: StoreBusy,
    sqlite3.SQLITE_LOCKED: StoreBusy,
}
_PRIMARY = 0xFF  # an extended code carries its primary one in the low byte


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn sqlite3's and the system's errors into this room's, with `__cause__` kept."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
        raise _BY_CODE.get(code, StoreFailed)(f"{path}: {error}") from error
    except OSError as error:
        raise StoreFailed(f"{path}: {error.strerror or error}") from error
