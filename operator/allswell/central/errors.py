"""What can go wrong with the central database, and the one place where SQLAlchemy's errors end.

    CentralError
    ├── Unavailable     away, locked, read-only or out of connections: the same may work later
    │   └── Full        there is no room left
    ├── BadAddress      the URL names no database that can be used
    ├── WrongSchema     the tables are not what this version needs
    │   ├── NotMigrated     there are none, or older ones
    │   └── NewerSchema     a newer allswell has made them
    ├── Conflict        something else is stored under the same key
    ├── Missing         there is no such monitor
    ├── PurgeRefused    so much would be deleted that somebody should look first
    └── Failed          anything else: not to be expected, and not to be retried blindly

A message never holds a password or a stored value.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import exc


class CentralError(Exception):
    """Anything that the central database refuses or cannot do."""


class DatabaseUnavailable(CentralError):
    """The database is away or busy; nothing of the transaction was kept."""


class DatabaseFull(DatabaseUnavailable):
    """The database has no room left; nothing of the transaction was kept."""


class BadDatabaseUrl(CentralError):
    """A URL that names no database of a kind that allswell uses."""


class WrongSchema(CentralError):
    """The tables are not the ones that this version works with."""


class NotMigrated(WrongSchema):
    """Tables or columns are lacking."""


class NewerSchema(WrongSchema):
    """A newer version has changed the tables."""


class CentralConflict(CentralError):
    """What is to be stored contradicts what is stored, or our clock."""


class MonitorMissing(CentralError):
    """There is no monitor with this id, or no more."""


class PurgeRefused(CentralError):
    """A purge would delete an unlikely share of everything."""


class DatabaseFailed(CentralError):
    """The database refused for a reason that trying again does not change."""


_SQLITE: dict[int, type[CentralError]] = {
    sqlite3.SQLITE_BUSY: DatabaseUnavailable,
    sqlite3.SQLITE_LOCKED: DatabaseUnavailable,
    sqlite3.SQLITE_PROTOCOL: DatabaseUnavailable,
    sqlite3.SQLITE_IOERR: DatabaseUnavailable,
    sqlite3.SQLITE_CANTOPEN: DatabaseUnavailable,
    sqlite3.SQLITE_READONLY: DatabaseUnavailable,
    sqlite3.SQLITE_NOMEM: DatabaseUnavailable,
    sqlite3.SQLITE_FULL: DatabaseFull,
}
_PRIMARY = 0xFF  # an extended code carries its primary one in the low byte
_POSTGRES: tuple[tuple[type[Exception], type[CentralError]], ...] = (
    (psycopg.errors.DiskFull, DatabaseFull),
    (psycopg.errors.UndefinedTable, NotMigrated),
    (psycopg.errors.UndefinedColumn, NotMigrated),
    # A server that has become a standby: the next connection finds the new primary.
    (psycopg.errors.ReadOnlySqlTransaction, DatabaseUnavailable),
    # The connection, a limit of time or of resources, a deadlock: all of them pass.
    (psycopg.OperationalError, DatabaseUnavailable),
)


@contextmanager
def translated() -> Iterator[None]:
    """Turn SQLAlchemy's errors into this room's, with `__cause__` kept."""
    try:
        yield
    except exc.TimeoutError as error:
        raise DatabaseUnavailable("every connection to the central database is in use") from error
    except exc.DBAPIError as error:
        raise _of(error)(f"the central database: {_words(error)}") from error
    except exc.SQLAlchemyError as error:
        raise DatabaseFailed(f"the central database: {type(error).__name__}") from error


def _of(error: exc.DBAPIError) -> type[CentralError]:
    lower = error.orig
    if isinstance(lower, sqlite3.Error):
        return _of_sqlite(lower)
    for kind, meaning in _POSTGRES:
        if isinstance(lower, kind):
            return meaning
    return DatabaseUnavailable if error.connection_invalidated else DatabaseFailed


def _of_sqlite(lower: sqlite3.Error) -> type[CentralError]:
    if str(lower).startswith(("no such table", "no such column")):
        return NotMigrated
    return _SQLITE.get(getattr(lower, "sqlite_errorcode", 0) & _PRIMARY, DatabaseFailed)


def _words(error: exc.DBAPIError) -> str:
    """The first line of what the database said; further lines quote values and statements."""
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else type(error.orig).__name__
