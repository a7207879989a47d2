"""Define the tables of the central database, and what each column means.

A column that ends in `_ms` is a moment: whole milliseconds since 1970-01-01 UTC. The schema is the
same on PostgreSQL and SQLite; `migrations` makes it, and a test holds the two together.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    text,
)

from allswell.central import columns, hostname_claim_schema
from allswell.central.columns import NUMBER as _NUMBER
from allswell.central.columns import added_text as _added
from allswell.central.columns import identity as _id
from allswell.central.columns import moment as _moment
from allswell.central.columns import nullable as _nullable
from allswell.central.columns import number as _number
from allswell.central.columns import text as _text

metadata = columns.metadata


def _of_monitor(comment: str = "The monitor it is about", *, key: bool = False) -> Column[int]:
    return Column(
        "monitor_id",
        ForeignKey("monitor.id", ondelete="CASCADE"),
        primary_key=key,
        autoincrement=False,
        nullable=False,
        comment=comment,
    )


def _of_announcement(comment: str) -> Column[int]:
    return Column(
        "announcement_id",
        ForeignKey("announcement.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment=comment,
    )


collector = Table(
    "centre",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="Always 1"),
    _moment("started_ms", "When the centre first ran"),
    _moment("observed_through_ms", "Nothing may be stated of any time after this"),
    _text("installation", "Random id of this installation, made with the row"),
    CheckConstraint("id = 1", name="one_row"),
    comment="One row: what is true of the whole installation",
)

monitor = Table(
    "monitor",
    metadata,
    _id("Identity of the monitor; survives new incarnations of the manifest"),
    _text("public_id", "Random name for APIs and feeds: 12 of a-z and 0-9"),
    _text("namespace", "Its namespace"),
    _text("namespace_uid", "Which namespace of that name; another one starts a new history"),
    _text("name", "Its name in the namespace"),
    _text("uid", "The manifest's incarnation, as the API server numbers it; empty without one"),
    _number("interval_ms", "Time between two checks"),
    _number("cover_ms", "How long one sample speaks for the monitor: interval and grace"),
    _moment("created_ms", "When its life, and so its history, begins"),
    _moment("updated_ms", "When this row last changed in a way that people may see"),
    _nullable("hidden_ms", "Since when the manifest is gone; NULL: it is living"),
    Column(
        "filled_until",
        Date,
        nullable=False,
        comment="Every UTC day of its life before this one has its roll-up row",
    ),
    UniqueConstraint("public_id"),
    Index(
        "monitor_living_key",
        "namespace",
        "name",
        unique=True,
        postgresql_where=text("hidden_ms IS NULL"),
        sqlite_where=text("hidden_ms IS NULL"),
    ),
    sqlite_autoincrement=True,
    comment="Every monitor that there is, or was less than 90 days ago",
)

store = Table(
    "store",
    metadata,
    _of_monitor("The monitor that the checker's file is about", key=True),
    Column(
        "number",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="Its place among the monitor's stores, in order of their first hello, from 1",
    ),
    _text("store_id", "Random id that the checker made with the file"),
    _moment("first_seen_ms", "When it was first heard of"),
    UniqueConstraint("monitor_id", "store_id"),
    comment="The files in which checkers have numbered a monitor's transitions",
)

transition = Table(
    "transition",
    metadata,
    Column("monitor_id", _NUMBER, primary_key=True, autoincrement=False, comment="The monitor"),
    Column(
        "store_number",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="The store that has numbered it",
    ),
    Column(
        "sequence",
        BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="Its number in that store; claims are ordered by store and sequence",
    ),
    _text("state", "The state claimed: up, degraded, down or unknown"),
    _moment("since_ms", "From when it holds, by the centre's clock; never later than received_ms"),
    _moment("claimed_ms", "The same moment as the checker wrote it, by its own clock"),
    _text("reason", "Why, from the closed list; empty for up"),
    _moment("received_ms", "When the centre took it in"),
    ForeignKeyConstraint(
        ["monitor_id", "store_number"], ["store.monitor_id", "store.number"], ondelete="CASCADE"
    ),
    comment="The first ledger: changes of state that checkers claim, and nothing else",
)

overlay = Table(
    "overlay",
    metadata,
    _id("Identity of the row"),
    _of_monitor(),
    _text("kind", "unseen (nobody was looking), paused or maintenance"),
    _moment("start_ms", "Its first moment"),
    _nullable("end_ms", "The first moment after it; NULL: it is open"),
    Index("overlay_of_monitor", "monitor_id", "start_ms"),
    Index(
        "overlay_open_key",
        "monitor_id",
        "kind",
        unique=True,
        postgresql_where=text("end_ms IS NULL"),
        sqlite_where=text("end_ms IS NULL"),
    ),
    sqlite_autoincrement=True,
    comment="The second ledger: intervals that only the centre writes",
)

rollup = Table(
    "rollup",
    metadata,
    _of_monitor(key=True),
    Column("day", Date, primary_key=True, comment="The UTC day"),
    Column(
        "store_number", Integer, nullable=True, comment="The store that reported it; NULL: none did"
    ),
    _number("revision", "The report's revision; a higher one corrects it; 0: no report"),
    _number("checks", "Checks that began on the day"),
    _number("successful", "How many of them found the target up or degraded"),
    _nullable("average_us", "Average latency of the successful checks in microseconds; NULL: none"),
    _nullable("p95_us", "Exact nearest-rank 95th percentile of the same; NULL: none"),
    _text("latencies", "Histogram of the same, as steps and counts; can be merged over days"),
    _number("up_ms", "Milliseconds of the day in state up, outside maintenance"),
    _number("degraded_ms", "The same for degraded"),
    _number("down_ms", "The same for down"),
    _number("unknown_ms", "The same for unknown: nobody was looking"),
    _number("paused_ms", "Milliseconds paused"),
    _number("maintenance_ms", "Milliseconds in maintenance, whatever the state, unless paused"),
    Column(
        "stale",
        Boolean,
        nullable=False,
        comment="Whether a later fact touches the day: its milliseconds must be re-done",
    ),
    Index(
        "rollup_stale",
        "monitor_id",
        "day",
        postgresql_where=text("stale"),
        sqlite_where=text("stale"),
    ),
    comment="One row per monitor and UTC day that is over",
)

page = Table(
    "page",
    metadata,
    _id("Identity of the page"),
    _text("public_id", "Random name for APIs and feeds: 12 of a-z and 0-9"),
    _text("namespace", "Its namespace; only monitors of the same are shown"),
    _text("namespace_uid", "Which namespace of that name; empty when nobody said"),
    _text("name", "Its name in the namespace"),
    _text("uid", "The manifest's incarnation; empty without one"),
    _text("title", "The heading"),
    _text("description", "The sentence below it; may be empty"),
    _text("time_zone", "IANA name of the zone in which days are cut"),
    _text("hostnames", "The customer's own host names, separated by a space"),
    _added("password_hash", "Hash of the password that opens it; empty: it asks for none"),
    _added("allowed_networks", "Networks that may see it, separated by a space; empty: all"),
    _added("look", "Language, links, accent and measures, as in the manifest, as JSON; or empty"),
    _added("logo", "The picture beside the title, as a data: address; or empty"),
    _added("favicon", "The picture in the browser's tab, as a data: address; or empty"),
    _added("address", "Its own label under the domain of pages; empty: it has none yet"),
    _number("version", "Grows with every change that the page shows"),
    _moment("created_ms", "When it was first put"),
    _moment("updated_ms", "When the version last grew"),
    _nullable("hidden_ms", "Since when the manifest is gone; NULL: it is living"),
    UniqueConstraint("public_id"),
    Index(
        "page_living_key",
        "namespace",
        "name",
        unique=True,
        postgresql_where=text("hidden_ms IS NULL"),
        sqlite_where=text("hidden_ms IS NULL"),
    ),
    sqlite_autoincrement=True,
    comment="Every status page that there is, or was less than 90 days ago",
)

component = Table(
    "component",
    metadata,
    Column(
        "page_id",
        ForeignKey("page.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The page",
    ),
    _of_monitor("The monitor that it shows", key=True),
    Column("position", Integer, nullable=False, comment="Its place on the page, from 0"),
    _text("group_name", "The heading that it stands under"),
    _text("title", "What the page calls it"),
    Index("component_of_monitor", "monitor_id"),
    comment="Which monitors a page shows, and how",
)

announcement = Table(
    "announcement",
    metadata,
    _id("Identity of the announcement"),
    _text("public_id", "Random name for APIs and feeds: 12 of a-z and 0-9"),
    _text("namespace", "Its namespace; only pages and monitors of the same have to do with it"),
    _text("namespace_uid", "Which namespace of that name"),
    _text("kind", "incident or maintenance"),
    _text("name", "Its name in the namespace, among those of its kind"),
    _text("title", "What it is about, in one line"),
    _text("impact", "Of an incident: none, minor, major or critical; else empty"),
    _moment("start_ms", "When it began, or is planned to"),
    _nullable("end_ms", "When it was resolved, or is planned to end; NULL: an open incident"),
    _nullable("cancelled_ms", "When a maintenance was called off; NULL: it was not"),
    Column(
        "everywhere",
        Boolean,
        nullable=False,
        comment="Whether all pages of the namespace show it, also without its components",
    ),
    _number("revision", "Grows by one with each change, from 1"),
    _moment("created_ms", "When it was first put"),
    _moment("updated_ms", "When the revision last grew"),
    _nullable("hidden_ms", "Since when it is taken back; NULL: it is shown"),
    UniqueConstraint("public_id"),
    Index(
        "announcement_living_key",
        "namespace",
        "kind",
        "name",
        unique=True,
        postgresql_where=text("hidden_ms IS NULL"),
        sqlite_where=text("hidden_ms IS NULL"),
    ),
    sqlite_autoincrement=True,
    comment="What people say: incidents and maintenance",
)

announcement_update = Table(
    "announcement_update",
    metadata,
    _of_announcement("The announcement"),
    Column(
        "number",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="Its place among the updates, from 0",
    ),
    _text("public_id", "Random name for APIs and feeds: 12 of a-z and 0-9"),
    _text("status", "How far things had come"),
    _text("body", "What was said, in plain text"),
    _moment("at_ms", "The moment that it speaks of"),
    _moment("created_ms", "When the centre took it in"),
    UniqueConstraint("public_id"),
    comment="What was said of an incident or a maintenance, in its order",
)

announcement_component = Table(
    "announcement_component",
    metadata,
    _of_announcement("The announcement"),
    _of_monitor("A monitor that it concerns", key=True),
    _text("effect", "Of an incident: operational, degraded, partial or down; else empty"),
    Index("announcement_component_of_monitor", "monitor_id"),
    comment="Which monitors an announcement concerns, and how",
)

notification = Table(
    "notification",
    metadata,
    _id("The order in which they were noted"),
    Column("monitor_id", _NUMBER, nullable=False, comment="The monitor that changed"),
    Column("store_number", Integer, nullable=False, comment="The store of the transition"),
    Column("sequence", BigInteger, nullable=False, comment="The number of the transition"),
    _moment("created_ms", "When the transition was taken in"),
    _nullable("processed_ms", "When somebody was told of it; NULL: nobody yet"),
    ForeignKeyConstraint(
        ["monitor_id", "store_number", "sequence"],
        ["transition.monitor_id", "transition.store_number", "transition.sequence"],
        ondelete="CASCADE",
    ),
    UniqueConstraint("monitor_id", "store_number", "sequence"),
    sqlite_autoincrement=True,
    comment="Outbox: transitions of which somebody may have to be told, for a day at most",
)

archive_object = Table(
    "archive_object",
    metadata,
    _id("Identity of the row"),
    Column(
        "monitor_id",
        _NUMBER,
        nullable=False,
        comment="The monitor; its row may be gone, the object stays",
    ),
    _text("public_id", "The monitor's public id"),
    _text("namespace", "The monitor's namespace"),
    _text("name", "The monitor's name"),
    Column("day", Date, nullable=False, comment="The UTC day of the samples"),
    Column("store_number", Integer, nullable=False, comment="The store that held the samples"),
    Column("revision", Integer, nullable=False, comment="From 1; a later one holds more"),
    _text("key", "Its name below the archive's prefix"),
    _number("size", "Its size in bytes"),
    _number("samples", "How many samples it holds"),
    _text("sha256", "SHA-256 of its bytes in hexadecimal"),
    _moment("recorded_ms", "When the centre first saw it whole"),
    _moment("verified_ms", "When it was last seen whole"),
    _nullable("deleted_ms", "Since when a monitor that is forgotten was deleted; else NULL"),
    _nullable("damaged_ms", "Since when it is known to be missing or changed; NULL: it is whole"),
    _nullable("removing_ms", "Since when it is to be removed from the archive; NULL: it counts"),
    UniqueConstraint("key"),
    Index("archive_object_of_day", "monitor_id", "day", "store_number"),
    Index("archive_object_by_name", "namespace", "name", "day"),
    Index(
        "archive_object_damaged",
        "monitor_id",
        postgresql_where=text("damaged_ms IS NOT NULL"),
        sqlite_where=text("damaged_ms IS NOT NULL"),
    ),
    Index(
        "archive_object_removing",
        "id",
        postgresql_where=text("removing_ms IS NOT NULL"),
        sqlite_where=text("removing_ms IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
    comment="The catalogue of the archive: one row per day file that it holds",
)

hostname_claim = hostname_claim_schema.hostname_claim
certificate_order = hostname_claim_schema.certificate_order

TABLES = tuple(metadata.sorted_tables)
