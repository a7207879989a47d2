"""What follows from a change of a ledger: pages are newer, and days that are over are stale."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, update

from allswell.central.errors import MonitorMissing
from allswell.central.schema import component, monitor, page, rollup
from allswell.domain import instant


def lock(connection: Connection, monitors: Sequence[int]) -> tuple[int, ...]:
    """Wait for these monitors' rows, and keep others from changing their ledgers; those found."""
    statement = (
        select(monitor.c.id)
        .where(monitor.c.id.in_(monitors))
        .order_by(monitor.c.id)
        .with_for_update(key_share=True)
    )
    return tuple(connection.scalars(statement))


def lock_one(connection: Connection, identity: int) -> None:
    """The same for one. Raises `Missing`."""
    if not lock(connection, [identity]):
        raise MonitorMissing(f"there is no monitor {identity} in the central database")


def pages(connection: Connection, monitors: Sequence[int], now: datetime) -> None:
    """Raise the version of every living page that shows one of these monitors."""
    shown = select(component.c.page_id).where(component.c.monitor_id.in_(monitors))
    _raise(connection, page.c.id.in_(shown), now)


def pages_of(connection: Connection, namespace: str, namespace_uid: str, now: datetime) -> None:
    """Raise the version of every living page of a namespace."""
    mine = (page.c.namespace == namespace) & (page.c.namespace_uid == namespace_uid)
    _raise(connection, mine, now)


def these_pages(connection: Connection, pages: Sequence[int], now: datetime) -> None:
    """Raise the version of these pages, as far as they are living."""
    _raise(connection, page.c.id.in_(pages), now)


def _raise(connection: Connection, chosen: ColumnElement[bool], now: datetime) -> None:
    statement = (
        select(page.c.id)
        .where(chosen, page.c.hidden_ms.is_(None))
        .order_by(page.c.id)
        .with_for_update(key_share=True)
    )
    if found := tuple(connection.scalars(statement)):
        newer = {"version": page.c.version + 1, "updated_ms": instant.to_ms(now)}
        connection.execute(update(page).where(page.c.id.in_(found)).values(newer))


def days(
    connection: Connection, monitors: Sequence[int], start: datetime, end: datetime | None = None
) -> None:
    """Mark the roll-ups of every day that [start, end) touches, or of all from `start` on."""
    statement = update(rollup).where(
        rollup.c.monitor_id.in_(monitors),
        rollup.c.day >= instant.day_of(start),
        rollup.c.stale.is_(False),
    )
    if end is not None:
        statement = statement.where(rollup.c.day <= instant.day_of(end))
    connection.execute(statement.values(stale=True))
