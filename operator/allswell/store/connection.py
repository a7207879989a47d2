"""Open the checker's file: one process at a time, nothing deleted, nothing newer touched."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from allswell.domain import health_json
from allswell.store import schema
from allswell.store.errors import ForeignFile, NewerStore, StoreBusy, StoreDamaged, translated

# A full check reads the whole file. Above this size only the small tables are read at a start.
_MAX_CHECKED = 64 * 1024 * 1024
_SMALL = ("file", "monitor", "health", "day", "outgoing")
_SECONDS_TO_WAIT = 5.0


class Lock:
    """A lock file beside the database that keeps a second process out; readers do not ask for it.

    SQLite's own exclusive mode would keep readers out as well.
    """

    def __init__(self, descriptor: int) -> None:
        """Take over an open and locked file."""
        self._descriptor: int | None = descriptor

    @classmethod
    def acquire(cls, path: Path) -> Self:
        """Lock, or raise `StoreBusy` at once."""
        lock_file = sibling(path, ".lock")
        descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise StoreBusy(
                f"{path} is in use by another process. Stop that one first, or give this one a "
                "folder of its own."
            ) from error
        return cls(descriptor)

    def release(self) -> None:
        """Let the next process in. The file stays: removing it could let two in."""
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = None


def sibling(path: Path, suffix: str) -> Path:
    """Return the file beside `path` whose name is longer by `suffix`."""
    return path.with_name(path.name + suffix)


def connect(path: Path) -> sqlite3.Connection:
    """Open a writing connection to a file that was examined first.

    Raises `NewerStore` or `StoreDamaged` without having changed the file.
    """
    if path.is_file():
        # A writing connection would copy the write-ahead log into the file when it is closed.
        with closing(connect_to_read(path)) as reader:
            _examine(reader, path)
    connection = sqlite3.connect(
        path, timeout=_SECONDS_TO_WAIT, isolation_level=None, check_same_thread=False
    )
    try:
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open a connection that cannot write and waits for nobody."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        timeout=_SECONDS_TO_WAIT,
        isolation_level=None,
        check_same_thread=False,
    )


@contextmanager
def in_use(path: Path) -> Iterator[None]:
    """Translate errors; damage is noted beside the file, so that the next start renames it.

    A start does not read all of a large file and could miss it.
    """
    try:
        with translated(path):
            yield
    except StoreDamaged:
        with suppress(OSError):
            sibling(path, ".damaged").touch()
        raise


def set_aside(path: Path, now: datetime) -> Path:
    """Rename the file and its write-ahead log to a name that is free, and return it."""
    stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    aside = sibling(path, f".aside-{stamp}")
    count = 1
    while aside.exists():
        count += 1
        aside = sibling(path, f".aside-{stamp}-{count}")
    for suffix in ("-wal", "-shm", ""):
        if sibling(path, suffix).exists():
            sibling(path, suffix).rename(sibling(aside, suffix))
    sibling(path, ".damaged").unlink(missing_ok=True)
    return aside


def _examine(connection: sqlite3.Connection, path: Path) -> None:
    if sibling(path, ".damaged").exists():
        raise StoreDamaged(f"{path} was found damaged while it was in use")
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    application_id = connection.execute("PRAGMA application_id").fetchone()[0]
    if not tables and not application_id:
        return
    if application_id != schema.APPLICATION_ID:
        raise ForeignFile(f"{path} was not made by allswell")
    version, known = schema.version(connection), len(schema.STEPS)
    if version > known:
        raise NewerStore(
            f"{path} has version {version}, and this allswell knows versions up to {known}. Run "
            "the newer allswell again, or move the file away to begin a new one."
        )
    _check(connection, path)


def _check(connection: sqlite3.Connection, path: Path) -> None:
    is_small = path.stat().st_size <= _MAX_CHECKED
    for table in ("",) if is_small else tuple(f"({name})" for name in _SMALL):
        verdict = connection.execute(f"PRAGMA quick_check{table}").fetchone()[0]
        if verdict != "ok":
            raise StoreDamaged(f"{path}: {verdict}")
    try:
        for (body,) in connection.execute("SELECT body FROM health"):
            health_json.parse(body)
    except (ValueError, KeyError, TypeError) as error:
        raise StoreDamaged(f"{path}: a health cannot be read") from error


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA page_size = {schema.PAGE_SIZE}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    schema.migrate(connection)
