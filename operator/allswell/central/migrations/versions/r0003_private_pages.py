"""Add private pages. Only adds: the version before it works on these tables too.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
# It goes on working, and shows every page to everybody: it knows nothing of private ones.
EXPANDS = True

COLUMNS = {
    "password_hash": "Hash of the password that opens it; empty: it asks for none",
    "allowed_networks": "Networks that may see it, separated by a space; empty: all",
}


def upgrade() -> None:
    """Add the columns of who may see a page; so far everybody may."""
    for name, comment in COLUMNS.items():
        added = sa.Column(name, sa.Text, nullable=False, server_default="", comment=comment)
        op.add_column("page", added)
