"""The way to the central database: connections that fail soon rather than hang, and migrations."""

import threading
from datetime import timedelta
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from psycopg import Connection as PostgresConnection
from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url, text

from allswell.central import compatibility, schema, session
from allswell.central.errors import BadDatabaseUrl, NewerSchema

# Other rooms pass an `Engine` on, and import its name from here: SQLAlchemy stays in this one.
__all__ = ["MIGRATIONS", "NOTHING", "PATIENCE", "Engine", "connect", "migrate"]

MIGRATIONS = Path(__file__).parent / "migrations"
PATIENCE = timedelta(seconds=5)
MIGRATION_PATIENCE = timedelta(minutes=2)
NOTHING = "nothing"

_SECOND = timedelta(seconds=1)
_MILLISECOND = timedelta(milliseconds=1)
_DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+pysqlite": "sqlite+pysqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
# Alembic's `op` is one per process.
_one_migration = threading.Lock()


def connect(url: str, *, patience: timedelta = PATIENCE) -> Engine:
    """An engine for a URL like `postgresql://user:password@host/name` or `sqlite:///file`.

    Nothing is connected yet. No wait for a lock, a connection or a server is longer than `patience`
    (PostgreSQL's own minimum for connecting is two seconds). Raises `BadAddress`.
    """
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address, patience)
    return _postgres(address, patience)


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except (exc.ArgumentError, ValueError):
        # Not as the cause either: the text of it may hold the password.
        raise BadDatabaseUrl("write a URL like postgresql://user@host/name") from None
    driver = _DRIVERS.get(address.drivername)
    if driver is None:
        advice = "write postgresql://user@host/name or sqlite:///file"
        raise BadDatabaseUrl(f"{address.drivername} is no database that allswell uses: {advice}")
    if driver.startswith("sqlite") and address.database in (None, "", ":memory:"):
        raise BadDatabaseUrl("the database must be a file: write sqlite:///file")
    return address.set(drivername=driver)


def _sqlite(address: URL, patience: timedelta) -> Engine:
    engine = create_engine(
        address,
        connect_args={"timeout": patience / _SECOND},
        pool_timeout=patience / _SECOND,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: SqliteConnection, _: object) -> None:
    # Otherwise the driver begins transactions by itself, and not in the way that we need.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and then writes fails at once when another has written.
    writing = connection.get_execution_options().get(session.WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _postgres(address: URL, patience: timedelta) -> Engine:
    seconds = max(2, round(patience / _SECOND))
    usual: dict[str, Any] = {
        "connect_timeout": seconds,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 2 * seconds * 1000,
        "application_name": "allswell",
    }
    given = {name: value for name, value in usual.items() if name not in address.query}
    engine = create_engine(
        address,
        # A pooler between us and the server may hand each transaction to another session.
        connect_args={**given, "prepare_threshold": None},
        pool_pre_ping=True,
        pool_recycle=1800,
        pool_timeout=patience / _SECOND,
        hide_parameters=True,
    )
    limit = patience // _MILLISECOND

    def limited(connection: "PostgresConnection[Any]", _: object) -> None:
        connection.execute(
            "SELECT set_config('statement_timeout', %s, false), "
            "set_config('lock_timeout', %s, false), "
            "set_config('idle_in_transaction_session_timeout', %s, false)",
            (str(2 * limit), str(limit), str(6 * limit)),
        )
        connection.commit()

    event.listen(engine, "connect", limited)
    return engine


def migrate(engine: Engine) -> tuple[str, str]:
    """Bring the tables to this version's revision; returns the one before (or `nothing`) and after.

    All steps are one transaction. Whoever comes second waits and finds nothing to do. Tables of a
    newer version are left as they are; raises `NewerSchema` where this version cannot use them.
    """
    scripts = ScriptDirectory(str(MIGRATIONS))
    with _one_migration, session.writing(engine) as connection:
        _wait_long(connection)
        session.take(connection, session.AdvisoryLock.MIGRATING)
        context = _context(connection, scripts)
        before, ours = context.get_current_revision(), scripts.get_current_head() or NOTHING
        if before is not None and not _is_known(scripts, before):
            _accept(connection, before, ours)
            return before, before
        with Operations.context(context):
            context.run_migrations()
        compatibility.note(connection, ours, compatibility.readers(scripts, ours))
        return before or NOTHING, ours


def _context(connection: Connection, scripts: ScriptDirectory) -> MigrationContext:
    def steps(heads: tuple[str, ...], _: MigrationContext) -> list[RevisionStep]:
        return scripts._upgrade_revs("head", heads)  # type: ignore[arg-type]  # noqa: SLF001

    options = {"fn": steps, "target_metadata": schema.metadata, "transactional_ddl": True}
    return MigrationContext.configure(connection, opts=options)


def _wait_long(connection: Connection) -> None:
    if connection.dialect.name == session.POSTGRESQL:
        limit = MIGRATION_PATIENCE // _MILLISECOND
        connection.execute(text(f"SET LOCAL lock_timeout = {limit}"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))


def _is_known(scripts: ScriptDirectory, revision: str) -> bool:
    return any(script.revision == revision for script in scripts.walk_revisions())


def _accept(connection: Connection, found: str, ours: str) -> None:
    """After a rollback: raise `NewerSchema` unless our code may work with the newer tables."""
    if not compatibility.allows(connection, found, ours):
        raise NewerSchema(
            f"the central database has revision {found}, with which this version of allswell "
            "cannot work: a newer one has migrated it. Run that version, or restore a backup."
        )
