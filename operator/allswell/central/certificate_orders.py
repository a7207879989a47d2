"""Record and count certificate orders: authorities allow only so many."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, select

from allswell.central import session
from allswell.central.schema import certificate_order, hostname_claim, page
from allswell.domain import instant
from allswell.domain.hostname import registered_domain
from allswell.domain.hostname_claim import (
    DOMAIN_WINDOW,
    HOST_WINDOW,
    TOTAL_WINDOW,
    HostnameClaimState,
    OrderCount,
)


def insert(connection: Connection, host: str, now: datetime) -> None:
    """Record an order for a host name."""
    row = {"host": host, "domain": registered_domain(host), "at_ms": instant.to_ms(now)}
    connection.execute(session.insert(connection, certificate_order).values(row))


def count(connection: Connection, host: str, now: datetime) -> OrderCount:
    """Count the recent orders, as the budget's windows have them, before one more for a host."""
    order, claim = certificate_order.c, hostname_claim.c
    held = (claim.host == host) & (claim.state == HostnameClaimState.HELD.value)
    namespace = select(claim.namespace_uid).where(held).scalar_subquery()
    of_namespace = select(claim.host).where(claim.namespace_uid == namespace)
    foreign_pages = (page.c.namespace_uid != namespace) & page.c.hidden_ms.is_(None)
    domain = registered_domain(host)
    return OrderCount(
        of_host=_count(connection, order.host == host, now - HOST_WINDOW),
        total=count_all(connection, now),
        of_domain=_count(connection, order.domain == domain, now - DOMAIN_WINDOW),
        of_namespace=_count(connection, order.host.in_(of_namespace), now - TOTAL_WINDOW),
        only_namespace=not connection.scalar(select(func.count()).where(foreign_pages)),
    )


def count_all(connection: Connection, now: datetime) -> int:
    """Count the orders of the last three hours."""
    return _count(connection, certificate_order.c.host.is_not(None), now - TOTAL_WINDOW)


def purge(connection: Connection, now: datetime) -> None:
    """Delete the orders that no window has any more."""
    outdated = certificate_order.c.at_ms < instant.to_ms(now - DOMAIN_WINDOW)
    connection.execute(delete(certificate_order).where(outdated))


def _count(connection: Connection, condition: ColumnElement[bool], since: datetime) -> int:
    recent = certificate_order.c.at_ms > instant.to_ms(since)
    statement = select(func.count()).select_from(certificate_order).where(condition, recent)
    return connection.scalar(statement) or 0
