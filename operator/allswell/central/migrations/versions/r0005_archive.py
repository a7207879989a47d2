"""The catalogue of the archive. Only adds: the version before it archives nothing.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
EXPANDS = True

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "archive_object",
        sa.Column("id", NUMBER, nullable=False, autoincrement=True, comment="Identity of the row"),
        sa.Column(
            "monitor_id",
            NUMBER,
            nullable=False,
            comment="The monitor; its row may be gone, the object stays",
        ),
        sa.Column("public_id", sa.Text, nullable=False, comment="The monitor's public id"),
        sa.Column("namespace", sa.Text, nullable=False, comment="The monitor's namespace"),
        sa.Column("name", sa.Text, nullable=False, comment="The monitor's name"),
        sa.Column("day", sa.Date, nullable=False, comment="The UTC day of the samples"),
        sa.Column(
            "store_number", sa.Integer, nullable=False, comment="The store that held the samples"
        ),
        sa.Column("revision", sa.Integer, nullable=False, comment="From 1; a later one holds more"),
        sa.Column("key", sa.Text, nullable=False, comment="Its name below the archive's prefix"),
        sa.Column("size", sa.BigInteger, nullable=False, comment="Its size in bytes"),
        sa.Column("samples", sa.BigInteger, nullable=False, comment="How many samples it holds"),
        sa.Column("sha256", sa.Text, nullable=False, comment="SHA-256 of its bytes in hexadecimal"),
        sa.Column(
            "recorded_ms",
            sa.BigInteger,
            nullable=False,
            comment="When the centre first saw it whole",
        ),
        sa.Column(
            "verified_ms", sa.BigInteger, nullable=False, comment="When it was last seen whole"
        ),
        sa.Column(
            "deleted_ms",
            sa.BigInteger,
            nullable=True,
            comment="Since when a monitor that is forgotten was deleted; else NULL",
        ),
        sa.Column(
            "damaged_ms",
            sa.BigInteger,
            nullable=True,
            comment="Since when it is known to be missing or changed; NULL: it is whole",
        ),
        sa.Column(
            "removing_ms",
            sa.BigInteger,
            nullable=True,
            comment="Since when it is to be removed from the archive; NULL: it counts",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("archive_object_pkey")),
        sa.UniqueConstraint("key", name=op.f("archive_object_key_key")),
        comment="The catalogue of the archive: one row per day file that it holds",
        sqlite_autoincrement=True,
    )
    op.create_index(
        "archive_object_of_day", "archive_object", ["monitor_id", "day", "store_number"]
    )
    op.create_index("archive_object_by_name", "archive_object", ["namespace", "name", "day"])
    op.create_index(
        "archive_object_damaged",
        "archive_object",
        ["monitor_id"],
        postgresql_where=sa.text("damaged_ms IS NOT NULL"),
        sqlite_where=sa.text("damaged_ms IS NOT NULL"),
    )
    op.create_index(
        "archive_object_removing",
        "archive_object",
        ["id"],
        postgresql_where=sa.text("removing_ms IS NOT NULL"),
        sqlite_where=sa.text("removing_ms IS NOT NULL"),
    )
