"""Write and read status pages, and which monitors they show."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, select, update

from allswell.central import hostname_claims, identifiers, page_data, session
from allswell.central.schema import collector, component, hostname_claim, monitor, page
from allswell.domain import instant
from allswell.domain.hostname_claim import HostnameClaimState
from allswell.domain.spec import look
from allswell.domain.spec.page import ComponentSpec, StatusPage

HELD = HostnameClaimState.HELD.value
# Of each component the monitor's id, its position, its group and its title.
ComponentRows = frozenset[tuple[int, int, str, str]]
_Statement = Select[
    int, str, str, str, str, str, str, str, str, str, str, str, str, int, int, int, str
]
_Row = Row[int, str, str, str, str, str, str, str, str, str, str, str, str, int, int, int, str]


def living(connection: Connection) -> tuple[page_data.PageRow, ...]:
    """Return all pages whose manifest is there, by namespace and name."""
    ordered = _select().where(page.c.hidden_ms.is_(None)).order_by(page.c.namespace, page.c.name)
    return tuple(_page(row) for row in connection.execute(ordered))


def read(
    connection: Connection, page_id: int
) -> tuple[page_data.PageRow, datetime | None, page_data.PagePictures] | None:
    """Return a page whose manifest is there, how far the collector has observed, and its pictures.

    One query; the pictures are large, so that no list of pages has them.
    """
    through = select(collector.c.observed_through_ms).scalar_subquery()
    statement = _select().add_columns(through.label("through_ms"), page.c.logo, page.c.favicon)
    living = (page.c.id == page_id) & page.c.hidden_ms.is_(None)
    row = connection.execute(statement.where(living)).first()
    if row is None:
        return None
    observed = None if row.through_ms is None else instant.from_ms(row.through_ms)
    return _page(row), observed, page_data.PagePictures(row.logo, row.favicon)


def put(
    connection: Connection,
    manifest: StatusPage,
    components: Sequence[ComponentSpec],
    namespace_uid: str,
    now: datetime,
    *,
    address: str,
) -> int:
    """Store a page as its manifest says, and return its id; write nothing when it is so already.

    1. Wait for whoever else registers, and hide a page of another namespace of this name.
    2. Read the page's row, or insert one.
    3. If something that people see differs, write it and raise the version.
    4. Give it its address under the domain of pages. The first that is given stays.
    5. Note the manifest's incarnation.

    A component whose monitor is not registered, or lives in another namespace, is left out.
    """
    session.acquire(connection, session.AdvisoryLock.REGISTERING)
    _hide_foreign(connection, manifest, namespace_uid, now)
    row = _stored(connection, manifest, namespace_uid)
    page_id = _insert(connection, manifest, namespace_uid, now) if row is None else row.id
    shown = _shown(manifest)
    rows = _component_rows(components, _monitors(connection, manifest.meta.namespace))
    if row is None or row.hidden_ms is not None or row[4:] != tuple(shown.values()):
        changed = True
    else:
        changed = rows != _stored_components(connection, page_id)
    if changed:
        _write_components(connection, page_id, rows)
        columns = {**shown, "hidden_ms": None, **_next_version(now)}
        connection.execute(update(page).where(page.c.id == page_id).values(columns))
    if address and (row is None or not row.address):
        addressed = {"address": address, **_next_version(now)}
        unaddressed = (page.c.id == page_id) & (page.c.address == "")
        connection.execute(update(page).where(unaddressed).values(addressed))
    if row is not None and row.uid != manifest.meta.uid:
        incarnation = update(page).where(page.c.id == page_id).values(uid=manifest.meta.uid)
        connection.execute(incarnation)
    return page_id


def address(connection: Connection, page_id: int) -> str:
    """Return a page's label under the domain of pages; empty before it was given one."""
    return connection.scalar(select(page.c.address).where(page.c.id == page_id)) or ""


def hide(connection: Connection, namespace: str, name: str, now: datetime) -> bool:
    """Hide a page; False when it was not there."""
    living = (page.c.namespace == namespace) & (page.c.name == name) & page.c.hidden_ms.is_(None)
    page_ids = tuple(connection.scalars(select(page.c.id).where(living)))
    hidden = {"hidden_ms": instant.to_ms(now), **_next_version(now)}
    _release_hostnames(connection, page_ids, now)
    return bool(connection.execute(update(page).where(living).values(hidden)).rowcount)


def _release_hostnames(connection: Connection, page_ids: Sequence[int], now: datetime) -> None:
    """Delete the pending host names of pages that are gone; those that they held rest now."""
    of_pages = hostname_claim.c.page_id.in_(page_ids)
    pending = hostname_claim.c.state == HostnameClaimState.PENDING.value
    connection.execute(delete(hostname_claim).where(of_pages, pending))
    held = hostname_claim.c.state == HELD
    connection.execute(
        update(hostname_claim).where(of_pages, held).values(hostname_claims.resting_values(now))
    )


def _select() -> _Statement:
    """Select pages with the host names that they hold, and those by which visitors reach them."""
    holds = (hostname_claim.c.page_id == page.c.id) & (hostname_claim.c.state == HELD)
    names = select(func.aggregate_strings(hostname_claim.c.host, " ")).where(holds)
    held = func.coalesce(names.scalar_subquery(), "")
    by_visitors = names.where(hostname_claim.c.served_ms.is_not(None))
    served = func.coalesce(by_visitors.scalar_subquery(), "")
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
        hostnames=_common(row.hostnames.split(), row.held.split()),
        served=_common(row.hostnames.split(), row.served.split()),
        address=row.address,
        version=row.version,
        created_at=instant.from_ms(row.created_ms),
        updated_at=instant.from_ms(row.updated_ms),
        password_hash=row.password_hash,
        allowed_networks=tuple(row.allowed_networks.split()),
        look=look.parse(row.look),
    )


def _common(listed: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    return tuple(host for host in listed if host in others)


def _shown(manifest: StatusPage) -> dict[str, str]:
    """Return the columns that people see, in the order in which `_stored` reads them."""
    return {
        "title": manifest.title,
        "description": manifest.description,
        "time_zone": manifest.time_zone,
        "hostnames": " ".join(manifest.hostnames),
        "password_hash": "" if manifest.access is None else manifest.access.password_hash,
        "allowed_networks": ""
        if manifest.access is None
        else " ".join(manifest.access.allowed_networks),
        "look": look.stored(manifest.look),
        "logo": manifest.look.logo,
        "favicon": manifest.look.favicon,
    }


def _next_version(now: datetime) -> dict[str, object]:
    return {"version": page.c.version + 1, "updated_ms": instant.to_ms(now)}


def _of_name(manifest: StatusPage) -> ColumnElement[bool]:
    return (page.c.namespace == manifest.meta.namespace) & (page.c.name == manifest.meta.name)


def _hide_foreign(
    connection: Connection, manifest: StatusPage, namespace_uid: str, now: datetime
) -> None:
    """Hide a living page of another namespace of this name: it is gone with that namespace."""
    foreign = (
        _of_name(manifest) & (page.c.namespace_uid != namespace_uid) & page.c.hidden_ms.is_(None)
    )
    if page_ids := tuple(connection.scalars(select(page.c.id).where(foreign))):
        hidden = {"hidden_ms": instant.to_ms(now), **_next_version(now)}
        _release_hostnames(connection, page_ids, now)
        connection.execute(update(page).where(page.c.id.in_(page_ids), foreign).values(hidden))


def _stored(
    connection: Connection, manifest: StatusPage, namespace_uid: str
) -> Row[int, str, int | None, str, str, str, str, str, str, str, str, str, str] | None:
    """Return a page's row, locked: the living one, else the one that was hidden last."""
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
        .where(_of_name(manifest), page.c.namespace_uid == namespace_uid)
        .order_by(page.c.hidden_ms.is_not(None), page.c.hidden_ms.desc())
        .limit(1)
        .with_for_update(key_share=True)
    ).first()


def _insert(connection: Connection, manifest: StatusPage, namespace_uid: str, now: datetime) -> int:
    statement = session.insert(connection, page).values(
        public_id=identifiers.public_id(),
        namespace=manifest.meta.namespace,
        namespace_uid=namespace_uid,
        name=manifest.meta.name,
        uid=manifest.meta.uid,
        **_shown(manifest),
        version=0,
        created_ms=instant.to_ms(now),
        updated_ms=instant.to_ms(now),
    )
    page_id: int = connection.execute(statement.returning(page.c.id)).scalar_one()
    return page_id


def _monitors(connection: Connection, namespace: str) -> Mapping[str, int]:
    """Return the living monitors of a namespace: ids by name."""
    statement = select(monitor.c.name, monitor.c.id).where(
        monitor.c.namespace == namespace, monitor.c.hidden_ms.is_(None)
    )
    return dict(map(tuple, connection.execute(statement)))


def _component_rows(
    components: Iterable[ComponentSpec], monitors: Mapping[str, int]
) -> ComponentRows:
    known = [entry for entry in components if entry.monitor in monitors]
    return frozenset(
        (monitors[entry.monitor], position, entry.group, entry.title)
        for position, entry in enumerate(known)
    )


def _stored_components(connection: Connection, page_id: int) -> ComponentRows:
    statement = select(
        component.c.monitor_id,
        component.c.position,
        component.c.group_name,
        component.c.title,
    ).where(component.c.page_id == page_id)
    return frozenset(tuple(row) for row in connection.execute(statement))


def _write_components(connection: Connection, page_id: int, components: ComponentRows) -> None:
    connection.execute(delete(component).where(component.c.page_id == page_id))
    rows = [
        {
            "page_id": page_id,
            "monitor_id": monitor_id,
            "position": position,
            "group_name": group,
            "title": title,
        }
        for monitor_id, position, group, title in sorted(components)
    ]
    if rows:
        connection.execute(session.insert(connection, component), rows)
