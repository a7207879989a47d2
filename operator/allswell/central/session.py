"""Begin, end, lock and insert, one transaction at a time, on both databases.

A writing transaction that touches the ledgers of a monitor first locks the monitor's row, and one
that touches several locks them in the order of their ids, pages after monitors. SQLite has one
writer in any case: there `BEGIN IMMEDIATE` waits for it, and a row lock is nothing.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, Engine, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from allswell.central import errors

POSTGRESQL = "postgresql"
WRITING = "allswell_writing"
# Both databases limit the values that one statement may carry.
MAX_VALUES = 1000

T = TypeVar("T")
Insert = postgresql.Insert | sqlite.Insert


class AdvisoryLock(IntEnum):
    """What only one process may do at a time. The numbers are for ever."""

    MIGRATING = 0x616C7301
    REGISTERING = 0x616C7302
    CLAIMING = 0x616C7303


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Begin a transaction that may write; it is committed at the end, rolled back by any error."""
    with errors.translated(), engine.connect() as connection:
        connection.execution_options(**{WRITING: True})
        with connection.begin():
            yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Begin a transaction that sees one state of the database, however many queries it makes."""
    with errors.translated(), engine.connect() as connection:
        if connection.dialect.name == POSTGRESQL:
            connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        with connection.begin():
            yield connection


def acquire(connection: Connection, lock: AdvisoryLock) -> None:
    """Wait for an advisory lock, and hold it until the transaction ends."""
    if connection.dialect.name == POSTGRESQL:
        connection.execute(select(func.pg_advisory_xact_lock(int(lock))))


def insert(connection: Connection, table: Table) -> Insert:
    """Make an INSERT that knows `ON CONFLICT`, in the database's own dialect."""
    if connection.dialect.name == POSTGRESQL:
        return postgresql.insert(table)
    return sqlite.insert(table)


def chunks(values: Sequence[T], size: int = MAX_VALUES) -> Iterator[Sequence[T]]:
    """Yield the values in chunks that one statement can carry."""
    iterator = iter(values)
    while chunk := tuple(islice(iterator, size)):
        yield chunk
