"""Make the first tables.

Revision ID: 0001
Revises:
"""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
# There is nothing before it.
EXPANDS = False

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LIVING = sa.text("hidden_ms IS NULL")
OPEN = sa.text("end_ms IS NULL")
STALE = sa.text("stale")


def upgrade() -> None:
    """Make every table."""
    _centre()
    _monitor()
    _page()
    _component()
    _overlay()
    _rollup()
    _store()
    _transition()
    _notification()


def column(
    name: str,
    kind: TypeEngine[Any] | type[TypeEngine[Any]],
    *,
    comment: str,
    nullable: bool = False,
    autoincrement: Literal["auto"] | bool = "auto",
) -> "sa.Column[Any]":
    """Make a column that must have a value unless it says otherwise."""
    return sa.Column(name, kind, comment=comment, nullable=nullable, autoincrement=autoincrement)


def number(name: str, comment: str, *, nullable: bool = False) -> "sa.Column[Any]":
    """Make a column of whole numbers: counts and times."""
    return column(name, sa.BigInteger, comment=comment, nullable=nullable)


def words(name: str, comment: str) -> "sa.Column[Any]":
    """Make a column of text."""
    return column(name, sa.Text, comment=comment)


def _centre() -> None:
    op.create_table(
        "centre",
        column("id", sa.Integer, autoincrement=False, comment="Always 1"),
        number("started_ms", "When the centre first ran"),
        number("observed_through_ms", "Nothing may be stated of any time after this"),
        words("installation", "Random id of this installation, made with the row"),
        sa.CheckConstraint("id = 1", name="centre_one_row_check"),
        sa.PrimaryKeyConstraint("id", name="centre_pkey"),
        comment="One row: what is true of the whole installation",
    )


def _monitor() -> None:
    op.create_table(
        "monitor",
        column(
            "id",
            NUMBER,
            autoincrement=True,
            comment="Identity of the monitor; survives new incarnations of the manifest",
        ),
        words("public_id", "Random name for APIs and feeds: 12 of a-z and 0-9"),
        words("namespace", "Its namespace"),
        words("namespace_uid", "Which namespace of that name; another one starts a new history"),
        words("name", "Its name in the namespace"),
        words("uid", "The manifest's incarnation, as the API server numbers it; empty without one"),
        number("interval_ms", "Time between two checks"),
        number("cover_ms", "How long one sample speaks for the monitor: interval and grace"),
        number("created_ms", "When its life, and so its history, begins"),
        number("updated_ms", "When this row last changed in a way that people may see"),
        number("hidden_ms", "Since when the manifest is gone; NULL: it is living", nullable=True),
        column(
            "filled_until",
            sa.Date,
            comment="Every UTC day of its life before this one has its roll-up row",
        ),
        sa.PrimaryKeyConstraint("id", name="monitor_pkey"),
        sa.UniqueConstraint("public_id", name="monitor_public_id_key"),
        comment="Every monitor that there is, or was less than 90 days ago",
        sqlite_autoincrement=True,
    )
    op.create_index(
        "monitor_living_key",
        "monitor",
        ["namespace", "name"],
        unique=True,
        postgresql_where=LIVING,
        sqlite_where=LIVING,
    )


def _page() -> None:
    op.create_table(
        "page",
        column("id", NUMBER, autoincrement=True, comment="Identity of the page"),
        words("public_id", "Random name for APIs and feeds: 12 of a-z and 0-9"),
        words("namespace", "Its namespace; only monitors of the same are shown"),
        words("namespace_uid", "Which namespace of that name; empty when nobody said"),
        words("name", "Its name in the namespace"),
        words("uid", "The manifest's incarnation; empty without one"),
        words("title", "The heading"),
        words("description", "The sentence below it; may be empty"),
        words("time_zone", "IANA name of the zone in which days are cut"),
        words("hostnames", "The customer's own host names, separated by a space"),
        number("version", "Grows with every change that the page shows"),
        number("created_ms", "When it was first put"),
        number("updated_ms", "When the version last grew"),
        number("hidden_ms", "Since when the manifest is gone; NULL: it is living", nullable=True),
        sa.PrimaryKeyConstraint("id", name="page_pkey"),
        sa.UniqueConstraint("public_id", name="page_public_id_key"),
        comment="Every status page that there is, or was less than 90 days ago",
        sqlite_autoincrement=True,
    )
    op.create_index(
        "page_living_key",
        "page",
        ["namespace", "name"],
        unique=True,
        postgresql_where=LIVING,
        sqlite_where=LIVING,
    )


def _component() -> None:
    op.create_table(
        "component",
        column("page_id", NUMBER, autoincrement=False, comment="The page"),
        column("monitor_id", NUMBER, autoincrement=False, comment="The monitor that it shows"),
        column("position", sa.Integer, comment="Its place on the page, from 0"),
        words("group_name", "The heading that it stands under"),
        words("title", "What the page calls it"),
        sa.ForeignKeyConstraint(
            ["monitor_id"], ["monitor.id"], name="component_monitor_id_fkey", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["page_id"], ["page.id"], name="component_page_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("page_id", "monitor_id", name="component_pkey"),
        comment="Which monitors a page shows, and how",
    )
    op.create_index("component_of_monitor", "component", ["monitor_id"])


def _overlay() -> None:
    op.create_table(
        "overlay",
        column("id", NUMBER, autoincrement=True, comment="Identity of the row"),
        column("monitor_id", NUMBER, autoincrement=False, comment="The monitor it is about"),
        words("kind", "unseen (nobody was looking), paused or maintenance"),
        number("start_ms", "Its first moment"),
        number("end_ms", "The first moment after it; NULL: it is open", nullable=True),
        sa.ForeignKeyConstraint(
            ["monitor_id"], ["monitor.id"], name="overlay_monitor_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="overlay_pkey"),
        comment="The second ledger: intervals that only the centre writes",
        sqlite_autoincrement=True,
    )
    op.create_index("overlay_of_monitor", "overlay", ["monitor_id", "start_ms"])
    op.create_index(
        "overlay_open_key",
        "overlay",
        ["monitor_id", "kind"],
        unique=True,
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )


def _rollup() -> None:
    op.create_table(
        "rollup",
        column("monitor_id", NUMBER, autoincrement=False, comment="The monitor it is about"),
        column("day", sa.Date, comment="The UTC day"),
        column(
            "store_number",
            sa.Integer,
            nullable=True,
            comment="The store that reported it; NULL: none did",
        ),
        number("revision", "The report's revision; a higher one corrects it; 0: no report"),
        number("checks", "Checks that began on the day"),
        number("successful", "How many of them found the target up or degraded"),
        number(
            "average_us",
            "Average latency of the successful checks in microseconds; NULL: none",
            nullable=True,
        ),
        number(
            "p95_us", "Exact nearest-rank 95th percentile of the same; NULL: none", nullable=True
        ),
        words("latencies", "Histogram of the same, as steps and counts; can be merged over days"),
        number("up_ms", "Milliseconds of the day in state up, outside maintenance"),
        number("degraded_ms", "The same for degraded"),
        number("down_ms", "The same for down"),
        number("unknown_ms", "The same for unknown: nobody was looking"),
        number("paused_ms", "Milliseconds paused"),
        number("maintenance_ms", "Milliseconds in maintenance, whatever the state, unless paused"),
        column(
            "stale",
            sa.Boolean,
            comment="Whether a later fact touches the day: its milliseconds must be re-done",
        ),
        sa.ForeignKeyConstraint(
            ["monitor_id"], ["monitor.id"], name="rollup_monitor_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("monitor_id", "day", name="rollup_pkey"),
        comment="One row per monitor and UTC day that is over",
    )
    op.create_index(
        "rollup_stale", "rollup", ["monitor_id", "day"], postgresql_where=STALE, sqlite_where=STALE
    )


def _store() -> None:
    op.create_table(
        "store",
        column(
            "monitor_id",
            NUMBER,
            autoincrement=False,
            comment="The monitor that the checker's file is about",
        ),
        column(
            "number",
            sa.Integer,
            autoincrement=False,
            comment="Its place among the monitor's stores, in order of their first hello, from 1",
        ),
        words("store_id", "Random id that the checker made with the file"),
        number("first_seen_ms", "When it was first heard of"),
        sa.ForeignKeyConstraint(
            ["monitor_id"], ["monitor.id"], name="store_monitor_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("monitor_id", "number", name="store_pkey"),
        sa.UniqueConstraint("monitor_id", "store_id", name="store_monitor_id_store_id_key"),
        comment="The files in which checkers have numbered a monitor's transitions",
    )


def _transition() -> None:
    op.create_table(
        "transition",
        column("monitor_id", NUMBER, autoincrement=False, comment="The monitor"),
        column(
            "store_number",
            sa.Integer,
            autoincrement=False,
            comment="The store that has numbered it",
        ),
        column(
            "sequence",
            sa.BigInteger,
            autoincrement=False,
            comment="Its number in that store; claims are ordered by store and sequence",
        ),
        words("state", "The state claimed: up, degraded, down or unknown"),
        number(
            "since_ms", "From when it holds, by the centre's clock; never later than received_ms"
        ),
        number("claimed_ms", "The same moment as the checker wrote it, by its own clock"),
        words("reason", "Why, from the closed list; empty for up"),
        number("received_ms", "When the centre took it in"),
        sa.ForeignKeyConstraint(
            ["monitor_id", "store_number"],
            ["store.monitor_id", "store.number"],
            name="transition_monitor_id_store_number_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("monitor_id", "store_number", "sequence", name="transition_pkey"),
        comment="The first ledger: changes of state that checkers claim, and nothing else",
    )


def _notification() -> None:
    op.create_table(
        "notification",
        column("id", NUMBER, autoincrement=True, comment="The order in which they were noted"),
        column("monitor_id", NUMBER, comment="The monitor that changed"),
        column("store_number", sa.Integer, comment="The store of the transition"),
        number("sequence", "The number of the transition"),
        number("created_ms", "When the transition was taken in"),
        number("processed_ms", "When somebody was told of it; NULL: nobody yet", nullable=True),
        sa.ForeignKeyConstraint(
            ["monitor_id", "store_number", "sequence"],
            ["transition.monitor_id", "transition.store_number", "transition.sequence"],
            name="notification_monitor_id_store_number_sequence_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="notification_pkey"),
        sa.UniqueConstraint(
            "monitor_id",
            "store_number",
            "sequence",
            name="notification_monitor_id_store_number_sequence_key",
        ),
        comment="Outbox: transitions of which somebody may have to be told, for a day at most",
        sqlite_autoincrement=True,
    )
