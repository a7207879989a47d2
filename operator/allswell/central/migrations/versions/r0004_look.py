"""Add the look of a page. Only adds: the version before it leaves the new columns empty.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
EXPANDS = True

COLUMNS = {
    "look": "Language, links, accent and measures, as in the manifest, as JSON; or empty",
    "logo": "The picture beside the title, as a data: address; or empty",
    "favicon": "The picture in the browser's tab, as a data: address; or empty",
}


def upgrade() -> None:
    """Add the columns."""
    for name, comment in COLUMNS.items():
        column = sa.Column(name, sa.Text, nullable=False, server_default="", comment=comment)
        op.add_column("page", column)
