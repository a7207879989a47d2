"""The first tables.

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
    """A column that must have a value unless it says otherwise."""
    return sa.Column(name, kind, comment=comment, nullable=nullable, autoincrement=autoincrement)


def _centre() -> None:
    op.create_table(
        "centre",
        column("id", sa.Integer, autoincrement=False, comment="Always 1"),
        column("started_ms", sa.BigInteger, comment="When the centre first ran"),
        column(
            "observed_through_ms",
            sa.BigInteger,
            comment="Nothing may be stated of any time after this; never goes back",
        ),
        column(
            "installation", sa.Text, comment="Random id of this installation, made with the row"
        ),
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
        column("public_id", sa.Text, comment="Random name for APIs and feeds: 12 of a-z and 0-9"),
        column("namespace", sa.Text, comment="Its namespace"),
        column(
            "namespace_uid",
            sa.Text,
            comment="Which namespace of that name; another one starts a new history",
        ),
        column("name", sa.Text, comment="Its name in the namespace"),
        column(
            "uid",
            sa.Text,
            comment="The manifest's incarnation, as the API server numbers it; empty without one",
        ),
        column("interval_ms", sa.BigInteger, comment="Time between two checks"),
        column(
            "cover_ms",
            sa.BigInteger,
            comment="How long one sample speaks for the monitor: interval and grace",
        ),
        column("created_ms", sa.BigInteger, comment="When its life, and so its history, begins"),
        column(
            "updated_ms",
            sa.BigInteger,
            comment="When this row last changed in a way that people may see",
        ),
        column(
            "hidden_ms",
            sa.BigInteger,
            nullable=True,
            comment="Since when the manifest is gone; NULL: it is living",
        ),
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
        column("public_id", sa.Text, comment="Random name for APIs and feeds: 12 of a-z and 0-9"),
        column("namespace", sa.Text, comment="Its namespace; only monitors of the same are shown"),
        column(
            "namespace_uid", sa.Text, comment="Which namespace of that name; empty when nobody said"
        ),
        column("name", sa.Text, comment="Its name in the namespace"),
        column("uid", sa.Text, comment="The manifest's incarnation; empty without one"),
        column("title", sa.Text, comment="The heading"),
        column("description", sa.Text, comment="The sentence below it; may be empty"),
        column("time_zone", sa.Text, comment="IANA name of the zone in which days are cut"),
        column("hostnames", sa.Text, comment="The customer's own host names, separated by a space"),
        column("version", sa.BigInteger, comment="Grows with every change that the page shows"),
        column("created_ms", sa.BigInteger, comment="When it was first put"),
        column("updated_ms", sa.BigInteger, comment="When the version last grew"),
        column(
            "hidden_ms",
            sa.BigInteger,
            nullable=True,
            comment="Since when the manifest is gone; NULL: it is living",
        ),
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
        column("group_name", sa.Text, comment="The heading that it stands under"),
        column("title", sa.Text, comment="What the page calls it"),
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
        column("kind", sa.Text, comment="unseen (nobody was looking), paused or maintenance"),
        column("start_ms", sa.BigInteger, comment="Its first moment"),
        column(
            "end_ms",
            sa.BigInteger,
            nullable=True,
            comment="The first moment after it; NULL: it is open",
        ),
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
        column(
            "revision",
            sa.BigInteger,
            comment="The report's revision; a higher one corrects it; 0: no report",
        ),
        column("checks", sa.BigInteger, comment="Checks that began on the day"),
        column(
            "successful", sa.BigInteger, comment="How many of them found the target up or degraded"
        ),
        column(
            "average_us",
            sa.BigInteger,
            nullable=True,
            comment="Average latency of the successful checks in microseconds; NULL: none",
        ),
        column(
            "p95_us",
            sa.BigInteger,
            nullable=True,
            comment="Exact nearest-rank 95th percentile of the same; NULL: none",
        ),
        column(
            "latencies",
            sa.Text,
            comment="Histogram of the same, as steps and counts; can be merged over days",
        ),
        column(
            "up_ms",
            sa.BigInteger,
            comment="Milliseconds of the day in state up, outside maintenance",
        ),
        column("degraded_ms", sa.BigInteger, comment="The same for degraded"),
        column("down_ms", sa.BigInteger, comment="The same for down"),
        column("unknown_ms", sa.BigInteger, comment="The same for unknown: nobody was looking"),
        column("paused_ms", sa.BigInteger, comment="Milliseconds paused"),
        column(
            "maintenance_ms",
            sa.BigInteger,
            comment="Milliseconds in maintenance, whatever the state, unless paused",
        ),
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
        column("store_id", sa.Text, comment="Random id that the checker made with the file"),
        column("first_seen_ms", sa.BigInteger, comment="When it was first heard of"),
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
        column("state", sa.Text, comment="The state claimed: up, degraded, down or unknown"),
        column(
            "since_ms",
            sa.BigInteger,
            comment="From when it holds, by the centre's clock; never later than received_ms",
        ),
        column(
            "claimed_ms",
            sa.BigInteger,
            comment="The same moment as the checker wrote it, by its own clock",
        ),
        column("reason", sa.Text, comment="Why, from the closed list; empty for up"),
        column("received_ms", sa.BigInteger, comment="When the centre took it in"),
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
        column("sequence", sa.BigInteger, comment="The number of the transition"),
        column("created_ms", sa.BigInteger, comment="When the transition was taken in"),
        column(
            "processed_ms",
            sa.BigInteger,
            nullable=True,
            comment="When somebody was told of it; NULL: nobody yet",
        ),
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
