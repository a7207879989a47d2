"""Whatever the lower library raises ends as an error of the room."""

import sqlite3

import psycopg
import pytest
from sqlalchemy import exc

from allswell.central import errors
from allswell.central.errors import (
    CentralError,
    DatabaseFailed,
    DatabaseFull,
    DatabaseUnavailable,
    NotMigrated,
)


def raised(lower: Exception, *, lost: bool = False) -> CentralError:
    """Return what becomes of a driver's error that SQLAlchemy has wrapped."""
    wrapped = exc.DBAPIError("SELECT 1", None, lower, connection_invalidated=lost)
    with pytest.raises(CentralError) as caught, errors.translated():
        raise wrapped
    assert caught.value.__cause__ is wrapped
    return caught.value


def sqlite_error(code: int, words: str = "words") -> sqlite3.Error:
    error = sqlite3.OperationalError(words)
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("lower", "meaning"),
    [
        (psycopg.errors.AdminShutdown("gone"), DatabaseUnavailable),
        (psycopg.errors.DeadlockDetected("dead"), DatabaseUnavailable),
        (psycopg.errors.LockNotAvailable("held"), DatabaseUnavailable),
        (psycopg.errors.QueryCanceled("long"), DatabaseUnavailable),
        (psycopg.errors.TooManyConnections("many"), DatabaseUnavailable),
        (psycopg.errors.ReadOnlySqlTransaction("standby"), DatabaseUnavailable),
        (psycopg.errors.DiskFull("full"), DatabaseFull),
        (psycopg.errors.UndefinedTable("none"), NotMigrated),
        (psycopg.errors.UndefinedColumn("none"), NotMigrated),
        (psycopg.errors.UniqueViolation("twice"), DatabaseFailed),
        (psycopg.errors.InsufficientPrivilege("no"), DatabaseFailed),
        (sqlite_error(sqlite3.SQLITE_BUSY), DatabaseUnavailable),
        (sqlite_error(sqlite3.SQLITE_BUSY | 2 << 8), DatabaseUnavailable),
        (sqlite_error(sqlite3.SQLITE_IOERR), DatabaseUnavailable),
        (sqlite_error(sqlite3.SQLITE_FULL), DatabaseFull),
        (sqlite_error(sqlite3.SQLITE_CORRUPT), DatabaseFailed),
        (sqlite_error(sqlite3.SQLITE_ERROR, "no such table: page"), NotMigrated),
    ],
)
def test_a_drivers_error_becomes_what_it_means(
    lower: Exception, meaning: type[CentralError]
) -> None:
    assert type(raised(lower)) is meaning


def test_a_lost_connection_is_unavailable_whatever_the_error_is_called() -> None:
    assert type(raised(psycopg.InterfaceError("closed"), lost=True)) is DatabaseUnavailable


def test_only_the_first_line_of_what_the_database_said_is_told() -> None:
    said = raised(psycopg.errors.UniqueViolation("twice\nDETAIL: key (title)=(secret)"))
    assert str(said) == "the central database: twice"


def test_an_error_without_words_is_told_by_its_name() -> None:
    assert "OperationalError" in str(raised(psycopg.OperationalError()))


def test_a_pool_without_a_free_connection_is_unavailable() -> None:
    with pytest.raises(DatabaseUnavailable, match="in use"), errors.translated():
        raise exc.TimeoutError


def test_an_error_that_no_driver_made_is_a_failure() -> None:
    with pytest.raises(DatabaseFailed), errors.translated():
        raise exc.InvalidRequestError


def test_errors_of_others_pass_through() -> None:
    with pytest.raises(KeyError), errors.translated():
        raise KeyError
