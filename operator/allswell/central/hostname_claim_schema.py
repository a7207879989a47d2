"""Define the tables of host names: the claims to them, and the certificate orders."""

from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint, text

from allswell.central import columns

hostname_claim = Table(
    "hostname_claim",
    columns.metadata,
    columns.identity("Identity of the row"),
    columns.text("host", "The customer's host name, as lower-case A-labels"),
    Column(
        "page_id",
        ForeignKey("page.id", ondelete="CASCADE"),
        nullable=False,
        comment="The page that asks for it",
    ),
    columns.text("namespace_uid", "The page's namespace: no other has the name while it rests"),
    columns.text("state", "pending, held, or resting: it was held, and is not any more"),
    columns.text("proof", "How it was proved last: cname or txt; empty: never"),
    columns.moment("asked_ms", "When the page first asked for it"),
    columns.nullable("held_ms", "Since when the page has held it; NULL: it never has"),
    columns.nullable("proved_ms", "When it was last proved; NULL: never"),
    columns.nullable("failing_ms", "Since when a held name is not proved any more; NULL: it is"),
    columns.nullable("rested_ms", "Since when it rests; NULL: it does not"),
    columns.nullable("served_ms", "Since when visitors reach the page by it; NULL: they do not"),
    UniqueConstraint("host", "page_id"),
    Index(
        "hostname_claim_owner_key",
        "host",
        unique=True,
        postgresql_where=text("state = 'held'"),
        sqlite_where=text("state = 'held'"),
    ),
    Index("hostname_claim_of_page", "page_id"),
    sqlite_autoincrement=True,
    comment="Who asks for which host name, and who has it: one page at most",
)

certificate_order = Table(
    "certificate_order",
    columns.metadata,
    columns.identity("Identity of the row"),
    columns.text("host", "The host name that the certificate is for"),
    columns.text("domain", "The domain that authorities count it under"),
    columns.moment("at_ms", "When it was ordered"),
    Index("certificate_order_at", "at_ms"),
    sqlite_autoincrement=True,
    comment="Certificates that were ordered in the last week, for authorities allow only so many",
)
