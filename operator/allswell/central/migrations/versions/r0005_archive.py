"""Add the catalogue of the archive. Only adds: the version before it archives nothing.

Revision ID: 0005
Revises: 0004
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
EXPANDS = True

TABLE = "archive_object"
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def moment(name: str, comment: str, *, nullable: bool = False) -> sa.Column[int]:
    """Make a column of milliseconds since 1970-01-01 UTC."""
    return sa.Column(name, sa.BigInteger, nullable=nullable, comment=comment)


def columns() -> tuple[sa.Column[Any], ...]:
    """Return the columns of the catalogue."""
    gone = "The monitor; its row may be gone, the object stays"
    store = "The store that held the samples"
    damaged = "Since when it is known to be missing or changed; NULL: it is whole"
    removing = "Since when it is to be removed from the archive; NULL: it counts"
    deleted = "Since when a monitor that is forgotten was deleted; else NULL"
    sha256 = "SHA-256 of its bytes in hexadecimal"
    return (
        sa.Column("id", NUMBER, nullable=False, autoincrement=True, comment="Identity of the row"),
        sa.Column("monitor_id", NUMBER, nullable=False, comment=gone),
        sa.Column("public_id", sa.Text, nullable=False, comment="The monitor's public id"),
        sa.Column("namespace", sa.Text, nullable=False, comment="The monitor's namespace"),
        sa.Column("name", sa.Text, nullable=False, comment="The monitor's name"),
        sa.Column("day", sa.Date, nullable=False, comment="The UTC day of the samples"),
        sa.Column("store_number", sa.Integer, nullable=False, comment=store),
        sa.Column("revision", sa.Integer, nullable=False, comment="From 1; a later one holds more"),
        sa.Column("key", sa.Text, nullable=False, comment="Its name below the archive's prefix"),
        sa.Column("size", sa.BigInteger, nullable=False, comment="Its size in bytes"),
        sa.Column("samples", sa.BigInteger, nullable=False, comment="How many samples it holds"),
        sa.Column("sha256", sa.Text, nullable=False, comment=sha256),
        moment("recorded_ms", "When the centre first saw it whole"),
        moment("verified_ms", "When it was last seen whole"),
        moment("deleted_ms", deleted, nullable=True),
        moment("damaged_ms", damaged, nullable=True),
        moment("removing_ms", removing, nullable=True),
    )


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        TABLE,
        *columns(),
        sa.PrimaryKeyConstraint("id", name=op.f("archive_object_pkey")),
        sa.UniqueConstraint("key", name=op.f("archive_object_key_key")),
        comment="The catalogue of the archive: one row per day file that it holds",
        sqlite_autoincrement=True,
    )
    op.create_index("archive_object_of_day", TABLE, ["monitor_id", "day", "store_number"])
    op.create_index("archive_object_by_name", TABLE, ["namespace", "name", "day"])
    for name, column, noted in (
        ("archive_object_damaged", "monitor_id", "damaged_ms IS NOT NULL"),
        ("archive_object_removing", "id", "removing_ms IS NOT NULL"),
    ):
        only = sa.text(noted)
        op.create_index(name, TABLE, [column], postgresql_where=only, sqlite_where=only)
