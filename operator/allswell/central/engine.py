"""Connect to the central database, failing soon rather than hanging, and migrate it."""

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
__all__ = ["MIGRATIONS", "NOTHING", "TIMEOUT", "Engine", "connect", "migrate"]

MIGRATIONS = Path(__file__).parent / "migrations"
TIMEOUT = timedelta(seconds=5)
MIGRATION_TIMEOUT = timedelta(minutes=2)
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


def connect(url: str, *, timeout: timedelta = TIMEOUT) -> Engine:
    """Make an engine for a URL like `postgresql://user:password@host/name` or `sqlite:///file`.

    Nothing is connected yet. No wait for a lock, a connection or a server is longer than `timeout`
    (PostgreSQL's own minimum for connecting is two seconds). Raises `BadDatabaseUrl`.
    """
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address, timeout)
    return _postgres(address, timeout)


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


def _sqlite(address: URL, timeout: timedelta) -> Engine:
    engine = create_engine(
        address,
        connect_args={"timeout": timeout / _SECOND},
        pool_timeout=timeout / _SECOND,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: SqliteConnection, _: object) -> None:
    # Otherwise the driver begins transactions by itself, and not in the way that is needed.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and then writes fails at once when another has written.
    writing = connection.get_execution_options().get(session.WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _postgres(address: URL, timeout: timedelta) -> Engine:
    seconds = max(2, round(timeout / _SECOND))
    defaults: dict[str, Any] = {
        "connect_timeout": seconds,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 2 * seconds * 1000,
        "application_name": "allswell",
    }
    arguments = {name: value for name, value in defaults.items() if name not in address.query}
    engine = create_engine(
        address,
        # A pooler before the server may give each transaction to another session.
        connect_args={**arguments, "prepare_threshold": None},
        pool_pre_ping=True,
        pool_recycle=1800,
        pool_timeout=timeout / _SECOND,
        hide_parameters=True,
    )
    limit = timeout // _MILLISECOND

    def set_limits(connection: "PostgresConnection[Any]", _: object) -> None:
        connection.execute(
            "SELECT set_config('statement_timeout', %s, false), "
            "set_config('lock_timeout', %s, false), "
            "set_config('idle_in_transaction_session_timeout', %s, false)",
            (str(2 * limit), str(limit), str(6 * limit)),
        )
        connection.commit()

    event.listen(engine, "connect", set_limits)
    return engine


def migrate(engine: Engine) -> tuple[str, str]:
    """Migrate the tables to this version; return the revision before (or `nothing`) and after.

    1. Wait for the advisory lock: whoever comes second finds nothing to do.
    2. Leave tables of a newer version as they are; raise `NewerSchema` where this version cannot
       use them.
    3. Take the steps that are missing, all in one transaction.
    4. Write down which versions may work with the tables as they are now.
    """
    scripts = ScriptDirectory(str(MIGRATIONS))
    with _one_migration, session.writing(engine) as connection:
        _extend_timeout(connection)
        session.acquire(connection, session.AdvisoryLock.MIGRATING)
        context = _context(connection, scripts)
        before, head = context.get_current_revision(), scripts.get_current_head() or NOTHING
        if before is not None and not _is_known(scripts, before):
            _require_compatible(connection, before, head)
            return before, before
        with Operations.context(context):
            context.run_migrations()
        compatibility.note(connection, head, compatibility.readers(scripts, head))
        return before or NOTHING, head


def _context(connection: Connection, scripts: ScriptDirectory) -> MigrationContext:
    def steps(heads: tuple[str, ...], _: MigrationContext) -> list[RevisionStep]:
        return scripts._upgrade_revs("head", heads)  # type: ignore[arg-type]  # noqa: SLF001

    options = {"fn": steps, "target_metadata": schema.metadata, "transactional_ddl": True}
    return MigrationContext.configure(connection, opts=options)


def _extend_timeout(connection: Connection) -> None:
    if connection.dialect.name == session.POSTGRESQL:
        limit = MIGRATION_TIMEOUT // _MILLISECOND
        connection.execute(text(f"SET LOCAL lock_timeout = {limit}"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))


def _is_known(scripts: ScriptDirectory, revision: str) -> bool:
    return any(script.revision == revision for script in scripts.walk_revisions())


def _require_compatible(connection: Connection, tables: str, code: str) -> None:
    """Raise `NewerSchema` unless this code may work with newer tables, as after a rollback."""
    if not compatibility.allows(connection, tables, code):
        raise NewerSchema(
            f"the central database has revision {tables}, with which this version of allswell "
            "cannot work: a newer one has migrated it. Run that version, or restore a backup."
        )
