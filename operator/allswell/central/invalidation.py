"""Mark what a change of a ledger makes outdated: pages get a new version, roll-ups are stale."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, update

from allswell.central.errors import MonitorMissing
from allswell.central.schema import component, monitor, page, rollup
from allswell.domain import instant


def lock(connection: Connection, monitors: Sequence[int]) -> tuple[int, ...]:
    """Lock these monitors' rows, so that nobody else changes their ledgers; return those found."""
    statement = (
        select(monitor.c.id)
        .where(monitor.c.id.in_(monitors))
        .order_by(monitor.c.id)
        .with_for_update(key_share=True)
    )
    return tuple(connection.scalars(statement))


def lock_one(connection: Connection, monitor_id: int) -> None:
    """Lock one monitor's row. Raises `MonitorMissing`."""
    if not lock(connection, [monitor_id]):
        raise MonitorMissing(f"the central database has no monitor with the id {monitor_id}")


def pages_showing(connection: Connection, monitors: Sequence[int], now: datetime) -> None:
    """Raise the version of every living page that shows one of these monitors."""
    shown = select(component.c.page_id).where(component.c.monitor_id.in_(monitors))
    _raise_versions(connection, page.c.id.in_(shown), now)


def pages_of_namespace(
    connection: Connection, namespace: str, namespace_uid: str, now: datetime
) -> None:
    """Raise the version of every living page of a namespace."""
    of_namespace = (page.c.namespace == namespace) & (page.c.namespace_uid == namespace_uid)
    _raise_versions(connection, of_namespace, now)


def pages(connection: Connection, page_ids: Sequence[int], now: datetime) -> None:
    """Raise the version of those of these pages that are living."""
    _raise_versions(connection, page.c.id.in_(page_ids), now)


def _raise_versions(connection: Connection, condition: ColumnElement[bool], now: datetime) -> None:
    statement = (
        select(page.c.id)
        .where(condition, page.c.hidden_ms.is_(None))
        .order_by(page.c.id)
        .with_for_update(key_share=True)
    )
    if page_ids := tuple(connection.scalars(statement)):
        newer = {"version": page.c.version + 1, "updated_ms": instant.to_ms(now)}
        connection.execute(update(page).where(page.c.id.in_(page_ids)).values(newer))


def days(
    connection: Connection, monitors: Sequence[int], start: datetime, end: datetime | None = None
) -> None:
    """Mark as stale the roll-up of every day that [start, end) touches, or of all from `start`."""
    statement = update(rollup).where(
        rollup.c.monitor_id.in_(monitors),
        rollup.c.day >= instant.day_of(start),
        rollup.c.stale.is_(False),
    )
    if end is not None:
        statement = statement.where(rollup.c.day <= instant.day_of(end))
    connection.execute(statement.values(stale=True))
