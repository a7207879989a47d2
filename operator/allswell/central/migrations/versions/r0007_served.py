"""Note which host names lead to their pages. Only adds: the version before it ignores the column.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
EXPANDS = True

SERVED = "Since when visitors reach the page by it; NULL: they do not"


def upgrade() -> None:
    """Add the column; a name that is held counts as served until it is checked."""
    column = sa.Column("served_ms", sa.BigInteger, nullable=True, comment=SERVED)
    op.add_column("hostname_claim", column)
    op.execute("UPDATE hostname_claim SET served_ms = held_ms WHERE state = 'held'")
