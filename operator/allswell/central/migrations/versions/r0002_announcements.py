"""Add incidents and maintenance. Only adds: the version before it works on these tables too.

Revision ID: 0002
Revises: 0001
"""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
# The code of the revision before goes on working with these tables.
EXPANDS = True

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LIVING = sa.text("hidden_ms IS NULL")


def upgrade() -> None:
    """Make the tables of incidents and maintenance."""
    _announcement()
    _update()
    _component()


def column(
    name: str,
    kind: TypeEngine[Any] | type[TypeEngine[Any]],
    comment: str,
    *,
    nullable: bool = False,
    autoincrement: Literal["auto"] | bool = "auto",
) -> "sa.Column[Any]":
    """Make a column that must have a value unless it says otherwise."""
    return sa.Column(name, kind, comment=comment, nullable=nullable, autoincrement=autoincrement)


def number(name: str, comment: str, *, nullable: bool = False) -> "sa.Column[Any]":
    """Make a column of whole numbers: counts and times."""
    return column(name, sa.BigInteger, comment, nullable=nullable)


def words(name: str, comment: str) -> "sa.Column[Any]":
    """Make a column of text."""
    return column(name, sa.Text, comment)


def _announcement() -> None:
    op.create_table(
        "announcement",
        column("id", NUMBER, "Identity of the announcement", autoincrement=True),
        words("public_id", "Random name for APIs and feeds: 12 of a-z and 0-9"),
        words("namespace", "Its namespace; only pages and monitors of the same have to do with it"),
        words("namespace_uid", "Which namespace of that name"),
        words("kind", "incident or maintenance"),
        words("name", "Its name in the namespace, among those of its kind"),
        words("title", "What it is about, in one line"),
        words("impact", "Of an incident: none, minor, major or critical; else empty"),
        number("start_ms", "When it began, or is planned to"),
        number(
            "end_ms",
            "When it was resolved, or is planned to end; NULL: an open incident",
            nullable=True,
        ),
        number(
            "cancelled_ms", "When a maintenance was called off; NULL: it was not", nullable=True
        ),
        column(
            "everywhere",
            sa.Boolean,
            "Whether all pages of the namespace show it, also without its components",
        ),
        number("revision", "Grows by one with each change, from 1"),
        number("created_ms", "When it was first put"),
        number("updated_ms", "When the revision last grew"),
        number("hidden_ms", "Since when it is taken back; NULL: it is shown", nullable=True),
        sa.PrimaryKeyConstraint("id", name="announcement_pkey"),
        sa.UniqueConstraint("public_id", name="announcement_public_id_key"),
        comment="What people say: incidents and maintenance",
        sqlite_autoincrement=True,
    )
    op.create_index(
        "announcement_living_key",
        "announcement",
        ["namespace", "kind", "name"],
        unique=True,
        postgresql_where=LIVING,
        sqlite_where=LIVING,
    )


def _update() -> None:
    op.create_table(
        "announcement_update",
        column("announcement_id", NUMBER, "The announcement", autoincrement=False),
        column("number", sa.Integer, "Its place among the updates, from 0", autoincrement=False),
        words("public_id", "Random name for APIs and feeds: 12 of a-z and 0-9"),
        words("status", "How far things had come"),
        words("body", "What was said, in plain text"),
        number("at_ms", "The moment that it speaks of"),
        number("created_ms", "When the centre took it in"),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcement.id"],
            name="announcement_update_announcement_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("announcement_id", "number", name="announcement_update_pkey"),
        sa.UniqueConstraint("public_id", name="announcement_update_public_id_key"),
        comment="What was said of an incident or a maintenance, in its order",
    )


def _component() -> None:
    op.create_table(
        "announcement_component",
        column("announcement_id", NUMBER, "The announcement", autoincrement=False),
        column("monitor_id", NUMBER, "A monitor that it concerns", autoincrement=False),
        words("effect", "Of an incident: operational, degraded, partial or down; else empty"),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcement.id"],
            name="announcement_component_announcement_id_fkey",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["monitor_id"],
            ["monitor.id"],
            name="announcement_component_monitor_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "announcement_id", "monitor_id", name="announcement_component_pkey"
        ),
        comment="Which monitors an announcement concerns, and how",
    )
    op.create_index("announcement_component_of_monitor", "announcement_component", ["monitor_id"])
