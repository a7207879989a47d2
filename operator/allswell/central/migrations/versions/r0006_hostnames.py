"""Add customers' host names. Only adds: the version before it serves names that are not verified.

Revision ID: 0006
Revises: 0005
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
EXPANDS = True

TABLE = "hostname_claim"
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
ADDRESS = "Its own label under the domain of pages; empty: it has none yet"


def text(name: str, comment: str) -> sa.Column[str]:
    """Make a column of text."""
    return sa.Column(name, sa.Text, nullable=False, comment=comment)


def moment(name: str, comment: str, *, nullable: bool = True) -> sa.Column[int]:
    """Make a column of milliseconds since 1970-01-01 UTC."""
    return sa.Column(name, sa.BigInteger, nullable=nullable, comment=comment)


def columns() -> tuple[sa.Column[Any], ...]:
    """Return the columns of a claim."""
    return (
        sa.Column("id", NUMBER, nullable=False, autoincrement=True, comment="Identity of the row"),
        text("host", "The customer's host name, as lower-case A-labels"),
        sa.Column("page_id", NUMBER, nullable=False, comment="The page that asks for it"),
        text("namespace_uid", "The page's namespace: no other has the name while it rests"),
        text("state", "pending, held, or resting: it was held, and is not any more"),
        text("proof", "How it was proved last: cname or txt; empty: never"),
        moment("asked_ms", "When the page first asked for it", nullable=False),
        moment("held_ms", "Since when the page has held it; NULL: it never has"),
        moment("proved_ms", "When it was last proved; NULL: never"),
        moment("failing_ms", "Since when a held name is not proved any more; NULL: it is"),
        moment("rested_ms", "Since when it rests; NULL: it does not"),
    )


def upgrade() -> None:
    """Create the table, and give pages room for their own address."""
    added = sa.Column("address", sa.Text, nullable=False, server_default="", comment=ADDRESS)
    op.add_column("page", added)
    op.create_table(
        TABLE,
        *columns(),
        sa.ForeignKeyConstraint(
            ["page_id"],
            ["page.id"],
            name=op.f("hostname_claim_page_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("hostname_claim_pkey")),
        sa.UniqueConstraint("host", "page_id", name=op.f("hostname_claim_host_page_id_key")),
        comment="Who asks for which host name, and who has it: one page at most",
        sqlite_autoincrement=True,
    )
    held = sa.text("state = 'held'")
    op.create_index(
        "hostname_claim_owner_key",
        TABLE,
        ["host"],
        unique=True,
        postgresql_where=held,
        sqlite_where=held,
    )
    op.create_index("hostname_claim_of_page", TABLE, ["page_id"])
    ordered = "Certificates that were ordered in the last week, for authorities allow only so many"
    op.create_table(
        "certificate_order",
        sa.Column("id", NUMBER, nullable=False, autoincrement=True, comment="Identity of the row"),
        text("host", "The host name that the certificate is for"),
        text("domain", "The domain that authorities count it under"),
        moment("at_ms", "When it was ordered", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("certificate_order_pkey")),
        comment=ordered,
        sqlite_autoincrement=True,
    )
    op.create_index("certificate_order_at", "certificate_order", ["at_ms"])
