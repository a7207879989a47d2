"""Make the columns of the central tables, and name their constraints."""

from sqlalchemy import BigInteger, Column, Integer, MetaData, Text
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)

# SQLite numbers rows by itself only in a column of the type INTEGER.
NUMBER: TypeEngine[int] = BigInteger().with_variant(Integer, "sqlite")


def identity(comment: str) -> Column[int]:
    """Make the column of the row's own number."""
    return Column("id", NUMBER, primary_key=True, autoincrement=True, comment=comment)


def text(name: str, comment: str) -> Column[str]:
    """Make a column of text."""
    return Column(name, Text, nullable=False, comment=comment)


def added_text(name: str, comment: str) -> Column[str]:
    """Make a column of text that an older version, which does not know it, leaves empty."""
    return Column(name, Text, nullable=False, server_default="", comment=comment)


def number(name: str, comment: str) -> Column[int]:
    """Make a column of whole numbers."""
    return Column(name, BigInteger, nullable=False, comment=comment)


def moment(name: str, comment: str) -> Column[int]:
    """Make a column of milliseconds since 1970-01-01 UTC."""
    return number(name, comment)


def nullable(name: str, comment: str) -> Column[int | None]:
    """Make a column of whole numbers or NULL."""
    return Column(name, BigInteger, nullable=True, comment=comment)
