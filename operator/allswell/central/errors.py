"""Define what can go wrong with the central database, and translate SQLAlchemy's errors into it.

    CentralError
    ├── DatabaseUnavailable  down, locked, read-only or out of connections: it may work later
    │   └── DatabaseFull     there is no room left
    ├── BadDatabaseUrl       the URL names no database that can be used
    ├── WrongSchema          the tables are not what this version needs
    │   ├── NotMigrated      there are none, or older ones
    │   └── NewerSchema      a newer allswell has made them
    ├── CentralConflict      something else is stored under the same key
    ├── MonitorMissing       there is no such monitor
    ├── PurgeRefused         so much would be deleted that somebody should look first
    └── DatabaseFailed       anything else: not to be expected, and not to be retried blindly

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
    """The database is down or busy; nothing of the transaction was kept."""


class DatabaseFull(DatabaseUnavailable):
    """The database has no room left; nothing of the transaction was kept."""


class BadDatabaseUrl(CentralError):
    """A URL that names no database of a kind that allswell uses."""


class WrongSchema(CentralError):
    """The tables are not the ones that this version works with."""


class NotMigrated(WrongSchema):
    """Tables or columns are missing."""


class NewerSchema(WrongSchema):
    """A newer version has changed the tables."""


class CentralConflict(CentralError):
    """What is to be stored contradicts what is stored, or the collector's clock."""


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
        raise _error_class(error)(f"the central database: {_first_line(error)}") from error
    except exc.SQLAlchemyError as error:
        raise DatabaseFailed(f"the central database: {type(error).__name__}") from error


def _error_class(error: exc.DBAPIError) -> type[CentralError]:
    driver_error = error.orig
    if isinstance(driver_error, sqlite3.Error):
        return _sqlite_error_class(driver_error)
    for driver_class, error_class in _POSTGRES:
        if isinstance(driver_error, driver_class):
            return error_class
    return DatabaseUnavailable if error.connection_invalidated else DatabaseFailed


def _sqlite_error_class(error: sqlite3.Error) -> type[CentralError]:
    if str(error).startswith(("no such table", "no such column")):
        return NotMigrated
    return _SQLITE.get(getattr(error, "sqlite_errorcode", 0) & _PRIMARY, DatabaseFailed)


def _first_line(error: exc.DBAPIError) -> str:
    """Return the first line of the database's message; further lines quote stored values."""
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else type(error.orig).__name__
