"""Decide which versions of the code may work with the tables: what makes a rollback possible.

A migration writes down its own revision, and those before it whose code no step since then has
broken. An older version that finds tables it does not know looks up its own revision there. A step
says by `EXPANDS` whether the code of the revision before it goes on working.
"""

from collections.abc import Iterable, Iterator

from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, Table, Text, delete, insert, inspect, select

# Beside the tables of the schema, as Alembic's own: it is read before the schema is known.
works_with = Table(
    "works_with",
    MetaData(),
    Column("tables", Text, primary_key=True, comment="The revision of the tables"),
    Column("code", Text, primary_key=True, comment="A revision whose code works with them"),
    comment="Which versions may be rolled back to",
)


def readers(scripts: ScriptDirectory, head: str) -> Iterator[str]:
    """Yield the revisions whose code works with the tables of `head`, the newest first."""
    for script in scripts.walk_revisions(head=head):
        yield script.revision
        if not getattr(script.module, "EXPANDS", False):
            return


def allows(connection: Connection, tables: str, code: str) -> bool:
    """Decide whether the code of a revision may work with tables of another."""
    return (tables, code) in _stored(connection)


def note(connection: Connection, tables: str, codes: Iterable[str]) -> None:
    """Write down which revisions' code may work with the tables as they are now."""
    desired = {(tables, code) for code in codes}
    if _stored(connection) == desired:
        return
    works_with.create(connection, checkfirst=True)
    connection.execute(delete(works_with))
    rows = [{"tables": tables, "code": code} for tables, code in sorted(desired)]
    connection.execute(insert(works_with), rows)


def _stored(connection: Connection) -> set[tuple[str, str]]:
    if not inspect(connection).has_table(works_with.name):
        return set()
    return {(row.tables, row.code) for row in connection.execute(select(works_with))}
