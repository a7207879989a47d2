"""Status pages and what they show."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, select, update

from allswell.central import hostname_claims, identifiers, page_data, session
from allswell.central.schema import centre, component, hostname_claim, monitor, page
from allswell.domain import instant
from allswell.domain.hostname_claim import HostnameClaimState
from allswell.domain.spec import look
from allswell.domain.spec.page import ComponentSpec, StatusPage

HELD = HostnameClaimState.HELD.value
Lines = frozenset[tuple[int, int, str, str]]
_Statement = Select[
    int, str, str, str, str, str, str, str, str, str, str, str, str, int, int, int, str
]
_Row = Row[int, str, str, str, str, str, str, str, str, str, str, str, str, int, int, int, str]


def living(connection: Connection) -> tuple[page_data.PageRow, ...]:
    """All pages whose manifest is there, by namespace and name."""
    ordered = _select().where(page.c.hidden_ms.is_(None)).order_by(page.c.namespace, page.c.name)
    return tuple(_page(row) for row in connection.execute(ordered))


def one(
    connection: Connection, identity: int
) -> tuple[page_data.PageRow, datetime | None, page_data.PagePictures] | None:
    """One page whose manifest is there, how far the centre has seen, and the page's pictures.

    One query; the pictures are large, so that no list of pages has them.
    """
    through = select(centre.c.observed_through_ms).scalar_subquery()
    statement = _select().add_columns(through.label("through_ms"), page.c.logo, page.c.favicon)
    living = (page.c.id == identity) & page.c.hidden_ms.is_(None)
    row = connection.execute(statement.where(living)).first()
    if row is None:
        return None
    seen = None if row.through_ms is None else instant.from_ms(row.through_ms)
    return _page(row), seen, page_data.PagePictures(row.logo, row.favicon)


def put(
    connection: Connection,
    wanted: StatusPage,
    components: Sequence[ComponentSpec],
    namespace_uid: str,
    now: datetime,
    *,
    address: str,
) -> int:
    """The id of a manifest's page, made as it says; nothing is written when it is so already.

    The first address that is given stays. A component whose monitor is not registered, or lives in
    another namespace, is left out.
    """
    session.take(connection, session.AdvisoryLock.REGISTERING)
    _hide_strangers(connection, wanted, namespace_uid, now)
    found = _found(connection, wanted, namespace_uid)
    identity = _new(connection, wanted, namespace_uid, now) if found is None else found.id
    lines = _wanted_lines(components, _monitors(connection, wanted.meta.namespace))
    if found is None or found.hidden_ms is not None or found[4:] != tuple(_shown(wanted).values()):
        changed = True
    else:
        changed = lines != _lines(connection, identity)
    if changed:
        _write_lines(connection, identity, lines)
        shown = {**_shown(wanted), "hidden_ms": None, **_newer(now)}
        connection.execute(update(page).where(page.c.id == identity).values(shown))
    if address and (found is None or not found.address):
        given = {"address": address, **_newer(now)}
        unnamed = (page.c.id == identity) & (page.c.address == "")
        connection.execute(update(page).where(unnamed).values(given))
    if found is not None and found.uid != wanted.meta.uid:
        fresh = update(page).where(page.c.id == identity).values(uid=wanted.meta.uid)
        connection.execute(fresh)
    return identity


def address(connection: Connection, identity: int) -> str:
    """The label that a page has under the domain of pages; empty before it was given one."""
    return connection.scalar(select(page.c.address).where(page.c.id == identity)) or ""


def hide(connection: Connection, namespace: str, name: str, now: datetime) -> bool:
    """Take a page away; False when it was not there."""
    mine = (page.c.namespace == namespace) & (page.c.name == name) & page.c.hidden_ms.is_(None)
    found = tuple(connection.scalars(select(page.c.id).where(mine)))
    gone = {"hidden_ms": instant.to_ms(now), **_newer(now)}
    _let_go(connection, found, now)
    return bool(connection.execute(update(page).where(mine).values(gone)).rowcount)


def _let_go(connection: Connection, pages: Sequence[int], now: datetime) -> None:
    """A page that is gone asks for no host name any more; those that it held rest from now on."""
    mine = hostname_claim.c.page_id.in_(pages)
    pending = hostname_claim.c.state == HostnameClaimState.PENDING.value
    connection.execute(delete(hostname_claim).where(mine, pending))
    held = hostname_claim.c.state == HELD
    connection.execute(
        update(hostname_claim).where(mine, held).values(hostname_claims.resting_values(now))
    )


def _select() -> _Statement:
    """A page's row, with the host names that it holds, and those by which visitors reach it."""
    holds = (hostname_claim.c.page_id == page.c.id) & (hostname_claim.c.state == HELD)
    names = select(func.aggregate_strings(hostname_claim.c.host, " ")).where(holds)
    held = func.coalesce(names.scalar_subquery(), "")
    leading = names.where(hostname_claim.c.served_ms.is_not(None))
    served = func.coalesce(leading.scalar_subquery(), "")
    return select(
        page.c.id,
        page.c.public_id,
        page.c.namespace,
        page.c.name,
        page.c.title,
        page.c.description,
        page.c.time_zone,
        page.c.hostnames,
        held.label("held"),
        served.label("served"),
        page.c.address,
        page.c.password_hash,
        page.c.allowed_networks,
        page.c.version,
        page.c.created_ms,
        page.c.updated_ms,
        page.c.look,
    )


def _page(row: _Row) -> page_data.PageRow:
    return page_data.PageRow(
        id=row.id,
        public_id=row.public_id,
        namespace=row.namespace,
        name=row.name,
        title=row.title,
        description=row.description,
        time_zone=row.time_zone,
        hostnames=_kept(row.hostnames.split(), row.held.split()),
        served=_kept(row.hostnames.split(), row.served.split()),
        address=row.address,
        version=row.version,
        created_at=instant.from_ms(row.created_ms),
        updated_at=instant.from_ms(row.updated_ms),
        password_hash=row.password_hash,
        allowed_networks=tuple(row.allowed_networks.split()),
        look=look.parse(row.look),
    )


def _kept(listed: Sequence[str], held: Sequence[str]) -> tuple[str, ...]:
    return tuple(host for host in listed if host in held)


def _shown(wanted: StatusPage) -> dict[str, str]:
    """The columns that people see, in the order in which `_found` reads them."""
    return {
        "title": wanted.title,
        "description": wanted.description,
        "time_zone": wanted.time_zone,
        "hostnames": " ".join(wanted.hostnames),
        "password_hash": "" if wanted.access is None else wanted.access.password_hash,
        "allowed_networks": ""
        if wanted.access is None
        else " ".join(wanted.access.allowed_networks),
        "look": look.stored(wanted.look),
        "logo": wanted.look.logo,
        "favicon": wanted.look.favicon,
    }


def _newer(now: datetime) -> dict[str, object]:
    return {"version": page.c.version + 1, "updated_ms": instant.to_ms(now)}


def _named(wanted: StatusPage) -> ColumnElement[bool]:
    return (page.c.namespace == wanted.meta.namespace) & (page.c.name == wanted.meta.name)


def _hide_strangers(
    connection: Connection, wanted: StatusPage, namespace_uid: str, now: datetime
) -> None:
    """A living page of another namespace of the same name is gone with that namespace."""
    strangers = (
        _named(wanted) & (page.c.namespace_uid != namespace_uid) & page.c.hidden_ms.is_(None)
    )
    if found := tuple(connection.scalars(select(page.c.id).where(strangers))):
        gone = {"hidden_ms": instant.to_ms(now), **_newer(now)}
        _let_go(connection, found, now)
        connection.execute(update(page).where(page.c.id.in_(found), strangers).values(gone))


def _found(
    connection: Connection, wanted: StatusPage, namespace_uid: str
) -> Row[int, str, int | None, str, str, str, str, str, str, str, str, str, str] | None:
    """The page's row, locked: the living one, else the one hidden last."""
    return connection.execute(
        select(
            page.c.id,
            page.c.uid,
            page.c.hidden_ms,
            page.c.address,
            page.c.title,
            page.c.description,
            page.c.time_zone,
            page.c.hostnames,
            page.c.password_hash,
            page.c.allowed_networks,
            page.c.look,
            page.c.logo,
            page.c.favicon,
        )
        .where(_named(wanted), page.c.namespace_uid == namespace_uid)
        .order_by(page.c.hidden_ms.is_not(None), page.c.hidden_ms.desc())
        .limit(1)
        .with_for_update(key_share=True)
    ).first()


def _new(connection: Connection, wanted: StatusPage, namespace_uid: str, now: datetime) -> int:
    statement = session.insert(connection, page).values(
        public_id=identifiers.public_id(),
        namespace=wanted.meta.namespace,
        namespace_uid=namespace_uid,
        name=wanted.meta.name,
        uid=wanted.meta.uid,
        **_shown(wanted),
        version=0,
        created_ms=instant.to_ms(now),
        updated_ms=instant.to_ms(now),
    )
    identity: int = connection.execute(statement.returning(page.c.id)).scalar_one()
    return identity


def _monitors(connection: Connection, namespace: str) -> Mapping[str, int]:
    """The living monitors of a namespace."""
    statement = select(monitor.c.name, monitor.c.id).where(
        monitor.c.namespace == namespace, monitor.c.hidden_ms.is_(None)
    )
    return dict(map(tuple, connection.execute(statement)))


def _wanted_lines(components: Iterable[ComponentSpec], monitors: Mapping[str, int]) -> Lines:
    known = [entry for entry in components if entry.monitor in monitors]
    return frozenset(
        (monitors[entry.monitor], position, entry.group, entry.title)
        for position, entry in enumerate(known)
    )


def _lines(connection: Connection, identity: int) -> Lines:
    statement = select(
        component.c.monitor_id,
        component.c.position,
        component.c.group_name,
        component.c.title,
    ).where(component.c.page_id == identity)
    return frozenset(tuple(row) for row in connection.execute(statement))


def _write_lines(connection: Connection, identity: int, lines: Lines) -> None:
    connection.execute(delete(component).where(component.c.page_id == identity))
    rows = [
        {
            "page_id": identity,
            "monitor_id": shown,
            "position": position,
            "group_name": group,
            "title": title,
        }
        for shown, position, group, title in sorted(lines)
    ]
    if rows:
        connection.execute(session.insert(connection, component), rows)
