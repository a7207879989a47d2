"""Decide in the central database which page holds a host name: two operators cannot both grant it.

Every decision is made under one advisory lock, and a unique index lets one row per name be held:
the index keeps a mistake in the decision from giving a name away twice. The order in which pages
requested a name does not count.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, Row, case, delete, func, select, update

from allswell.central import certificate_orders, invalidation, session
from allswell.central.schema import hostname_claim as claim
from allswell.central.schema import page
from allswell.domain import instant
from allswell.domain.hostname_claim import (
    MAX_PENDING,
    REST,
    HostnameClaim,
    HostnameClaimState,
    OrderBudget,
    Proof,
    ProofOutcome,
)

_Row = Row[str, str, str, int, int | None, int | None, int | None, int | None]


@dataclass(frozen=True, slots=True)
class ClaimHolder:
    """A living page that holds a host name.

    `failing_since` is set while its verification fails; `served` says that visitors reach the page
    by the name.
    """

    host: str
    page_id: int
    namespace: str
    name: str
    uid: str
    failing_since: datetime | None
    served: bool


class HostnameClaims:
    """Read and write claims. Any thread may call; every call is safe to repeat."""

    def __init__(
        self, engine: Engine, rest: timedelta = REST, max_pending: int = MAX_PENDING
    ) -> None:
        """Use `rest` as the time for which a released name is kept from other namespaces."""
        self._engine = engine
        self._rest = rest
        self._max_pending = max_pending

    def request(
        self, page_id: int, hosts: Sequence[str], now: datetime
    ) -> Mapping[str, HostnameClaim]:
        """Request exactly these host names for a page, and release those no longer listed.

        Returns the page's claims by host. A name that is missing in them is one too many: a
        namespace may have only so many pending names. Nothing is written where nothing changes.
        """
        with session.reading(self._engine) as connection:
            claims = _of_page(connection, page_id)
        if _is_requested(claims, hosts):
            return claims
        with session.writing(self._engine) as connection:
            session.acquire(connection, session.AdvisoryLock.CLAIMING)
            _release_unlisted(connection, page_id, hosts, now)
            _insert_pending(connection, page_id, hosts, now, self._max_pending)
            return _of_page(connection, page_id)

    def record_proof(self, page_id: int, host: str, proof: Proof, now: datetime) -> ProofOutcome:
        """Record that a page has verified a host name, and decide whether it has the name now."""
        with session.writing(self._engine) as connection:
            session.acquire(connection, session.AdvisoryLock.CLAIMING)
            return _decide(connection, page_id, host, proof, now, rest=self._rest)

    def record_failure(self, page_id: int, host: str, now: datetime) -> None:
        """Record that the verification of a held name fails."""
        verified = _held(host) & (claim.c.page_id == page_id) & claim.c.failing_ms.is_(None)
        with session.writing(self._engine) as connection:
            connection.execute(update(claim).where(verified).values(failing_ms=instant.to_ms(now)))

    def revoke(self, page_id: int, host: str, now: datetime) -> bool:
        """Take a name from a page whose verification fails; return whether the page had it."""
        failing = _held(host) & (claim.c.page_id == page_id) & claim.c.failing_ms.is_not(None)
        with session.writing(self._engine) as connection:
            session.acquire(connection, session.AdvisoryLock.CLAIMING)
            return _release(connection, connection.scalars(select(claim.c.id).where(failing)), now)

    def of_page(self, page_id: int) -> Mapping[str, HostnameClaim]:
        """Return all claims of a page, by host."""
        with session.reading(self._engine) as connection:
            return _of_page(connection, page_id)

    def holders(self) -> tuple[ClaimHolder, ...]:
        """Return every host name that a living page holds, with that page."""
        statement = (
            select(
                claim.c.host,
                page.c.id,
                page.c.namespace,
                page.c.name,
                page.c.uid,
                claim.c.failing_ms,
                claim.c.served_ms,
            )
            .join(page, page.c.id == claim.c.page_id)
            .where(claim.c.state == HostnameClaimState.HELD.value, page.c.hidden_ms.is_(None))
            .order_by(claim.c.host)
        )
        with session.reading(self._engine) as connection:
            rows = connection.execute(statement)
            return tuple(
                ClaimHolder(
                    host, page_id, namespace, name, uid, _instant(failing_ms), served_ms is not None
                )
                for host, page_id, namespace, name, uid, failing_ms, served_ms in rows
            )

    def set_served(self, names: Collection[tuple[int, str]], now: datetime) -> None:
        """Record by exactly which names visitors reach pages: pairs of page id and host."""
        with session.writing(self._engine) as connection:
            session.acquire(connection, session.AdvisoryLock.CLAIMING)
            _set_served(connection, names, now)

    def record_order(self, host: str, budget: OrderBudget, now: datetime) -> str:
        """Record a certificate order if the budget allows it; return which limit forbids it.

        An empty text says that the order was recorded.
        """
        with session.writing(self._engine) as connection:
            session.acquire(connection, session.AdvisoryLock.CLAIMING)
            if excess := certificate_orders.count(connection, host, now).excess(budget):
                return excess
            certificate_orders.insert(connection, host, now)
            return ""

    def recent_orders(self, now: datetime) -> int:
        """Count the certificates that were ordered in the last three hours."""
        with session.reading(self._engine) as connection:
            return certificate_orders.count_all(connection, now)

    def purge(self, now: datetime) -> int:
        """Delete claims that have rested long enough, and old orders; return how many claims."""
        rest_end = instant.to_ms(now - self._rest)
        rested = (claim.c.state == HostnameClaimState.RESTING.value) & (
            claim.c.rested_ms < rest_end
        )
        with session.writing(self._engine) as connection:
            certificate_orders.purge(connection, now)
            return connection.execute(delete(claim).where(rested)).rowcount


def _is_requested(claims: Mapping[str, HostnameClaim], hosts: Sequence[str]) -> bool:
    """Tell whether a page has requested exactly these; resting claims may be there besides."""
    active = {host for host, each in claims.items() if each.state is not HostnameClaimState.RESTING}
    return active <= set(hosts) <= claims.keys()


def _release_unlisted(
    connection: Connection, page_id: int, hosts: Sequence[str], now: datetime
) -> None:
    """Release the names that a page does not list any more; pending ones are just deleted."""
    unlisted = (claim.c.page_id == page_id) & claim.c.host.not_in(hosts)
    pending = claim.c.state == HostnameClaimState.PENDING.value
    connection.execute(delete(claim).where(unlisted, pending))
    held = select(claim.c.id).where(unlisted, claim.c.state == HostnameClaimState.HELD.value)
    _release(connection, connection.scalars(held), now)


def _set_served(connection: Connection, names: Collection[tuple[int, str]], now: datetime) -> None:
    held = select(claim.c.id, claim.c.page_id, claim.c.host, claim.c.served_ms).where(
        claim.c.state == HostnameClaimState.HELD.value
    )
    changed = [
        row
        for row in connection.execute(held)
        if ((row.page_id, row.host) in names) != (row.served_ms is not None)
    ]
    since = case((claim.c.served_ms.is_(None), instant.to_ms(now)), else_=None)
    for ids in session.chunks([row.id for row in changed]):
        connection.execute(update(claim).where(claim.c.id.in_(ids)).values(served_ms=since))
    invalidation.pages(connection, [row.page_id for row in changed], now)


def resting_values(now: datetime) -> dict[str, object]:
    """Return the column values of a claim that begins to rest."""
    state = HostnameClaimState.RESTING.value
    return {
        "state": state,
        "rested_ms": instant.to_ms(now),
        "failing_ms": None,
        "served_ms": None,
    }


def _release(connection: Connection, claims: Iterable[int], now: datetime) -> bool:
    """Let those of these claims that are held rest; return whether any was."""
    held = claim.c.id.in_(tuple(claims)) & (claim.c.state == HostnameClaimState.HELD.value)
    statement = update(claim).where(held).values(resting_values(now)).returning(claim.c.page_id)
    pages = tuple(connection.scalars(statement))
    invalidation.pages(connection, pages, now)
    return bool(pages)


def _insert_pending(
    connection: Connection, page_id: int, hosts: Sequence[str], now: datetime, max_pending: int
) -> None:
    """Add a pending claim for each new name, as many as the namespace may have."""
    namespace_uid = connection.scalar(select(page.c.namespace_uid).where(page.c.id == page_id))
    known = set(connection.scalars(select(claim.c.host).where(claim.c.page_id == page_id)))
    room = max(max_pending - _count_pending(connection, namespace_uid), 0)
    new = [host for host in dict.fromkeys(hosts) if host not in known][:room]
    if namespace_uid is not None and new:
        shared = {
            "page_id": page_id,
            "namespace_uid": namespace_uid,
            "state": HostnameClaimState.PENDING.value,
            "proof": "",
            "asked_ms": instant.to_ms(now),
        }
        rows = [{"host": host, **shared} for host in new]
        connection.execute(session.insert(connection, claim), rows)


def _count_pending(connection: Connection, namespace_uid: str | None) -> int:
    """Count the pending claims of a namespace's living pages."""
    pending = claim.c.state == HostnameClaimState.PENDING.value
    statement = (
        select(func.count())
        .select_from(claim)
        .join(page)
        .where(claim.c.namespace_uid == namespace_uid, pending, page.c.hidden_ms.is_(None))
    )
    return connection.scalar(statement) or 0


def _decide(
    connection: Connection,
    page_id: int,
    host: str,
    proof: Proof,
    now: datetime,
    *,
    rest: timedelta,
) -> ProofOutcome:
    """Decide whether a page that has verified a host name gets it.

    1. A page that does not claim the name, or is gone, gets nothing.
    2. A page that holds it goes on doing so.
    3. A page that is gone gives the name up.
    4. Another holder keeps it, unless that one gives way (`_gives_way`).
    5. A name that rests for another namespace needs a TXT record.
    6. Everybody else gets it.
    """
    own = _own_claim(connection, page_id, host)
    if own is None:
        return ProofOutcome.UNCLAIMED
    if own.state != HostnameClaimState.HELD.value:
        _release(connection, _claims_of_hidden_pages(connection, host), now)
        if not _gives_way(connection, host, own.namespace_uid, proof, now):
            return ProofOutcome.TAKEN
        if proof != Proof.TXT and _rests_for_others(
            connection, host, own.namespace_uid, now - rest
        ):
            return ProofOutcome.RESTING
    return _hold(connection, page_id, host, proof, now)


def _own_claim(connection: Connection, page_id: int, host: str) -> Row[str, str] | None:
    living = (page.c.id == page_id) & page.c.hidden_ms.is_(None)
    statement = (
        select(claim.c.state, claim.c.namespace_uid)
        .join(page, page.c.id == claim.c.page_id)
        .where(living, claim.c.host == host)
    )
    return connection.execute(statement).first()


def _claims_of_hidden_pages(connection: Connection, host: str) -> tuple[int, ...]:
    """Return the claim of a page that is gone and still holds the name."""
    statement = select(claim.c.id).join(page, page.c.id == claim.c.page_id)
    return tuple(connection.scalars(statement.where(_held(host), page.c.hidden_ms.is_not(None))))


def _gives_way(
    connection: Connection, host: str, namespace_uid: str, proof: Proof, now: datetime
) -> bool:
    """Release the name from a holder that gives way; return whether nobody holds it now.

    A page whose verification fails gives way: to a TXT record, or to its own namespace.
    """
    holder = connection.execute(
        select(claim.c.id, claim.c.namespace_uid, claim.c.failing_ms).where(_held(host))
    ).first()
    if holder is None:
        return True
    is_own = holder.namespace_uid == namespace_uid
    if holder.failing_ms is None or not (is_own or proof == Proof.TXT):
        return False
    return _release(connection, [holder.id], now)


def _rests_for_others(
    connection: Connection, host: str, namespace_uid: str, since: datetime
) -> bool:
    """Tell whether the name rests for another namespace, and ours has not held it after that."""
    of_host, own = claim.c.host == host, claim.c.namespace_uid == namespace_uid
    last_held = select(func.max(claim.c.held_ms)).where(of_host, own).scalar_subquery()
    released_later = claim.c.rested_ms > func.coalesce(last_held, 0)
    rests = (claim.c.state == HostnameClaimState.RESTING.value) & (
        claim.c.rested_ms > instant.to_ms(since)
    )
    statement = select(func.count()).where(of_host, ~own, rests, released_later)
    return bool(connection.scalar(statement))


def _hold(
    connection: Connection, page_id: int, host: str, proof: Proof, now: datetime
) -> ProofOutcome:
    own = (claim.c.host == host) & (claim.c.page_id == page_id)
    verified = {"proof": proof.value, "proved_ms": instant.to_ms(now), "failing_ms": None}
    is_held = claim.c.state == HostnameClaimState.HELD.value
    if connection.execute(update(claim).where(own, is_held).values(verified)).rowcount:
        return ProofOutcome.HELD
    granted = {
        "state": HostnameClaimState.HELD.value,
        "held_ms": instant.to_ms(now),
        "rested_ms": None,
    }
    connection.execute(update(claim).where(own, ~is_held).values(verified | granted))
    invalidation.pages(connection, [page_id], now)
    return ProofOutcome.GRANTED


def _held(host: str) -> ColumnElement[bool]:
    return (claim.c.host == host) & (claim.c.state == HostnameClaimState.HELD.value)


def _of_page(connection: Connection, page_id: int) -> Mapping[str, HostnameClaim]:
    statement = select(
        claim.c.host,
        claim.c.state,
        claim.c.proof,
        claim.c.asked_ms,
        claim.c.held_ms,
        claim.c.proved_ms,
        claim.c.failing_ms,
        claim.c.rested_ms,
    ).where(claim.c.page_id == page_id)
    return {row.host: _claim(row) for row in connection.execute(statement.order_by(claim.c.id))}


def _claim(row: _Row) -> HostnameClaim:
    return HostnameClaim(
        host=row.host,
        state=HostnameClaimState(row.state),
        proof=Proof(row.proof) if row.proof else None,
        requested_at=instant.from_ms(row.asked_ms),
        held_since=_instant(row.held_ms),
        verified_at=_instant(row.proved_ms),
        failing_since=_instant(row.failing_ms),
        resting_since=_instant(row.rested_ms),
    )


def _instant(ms: int | None) -> datetime | None:
    return None if ms is None else instant.from_ms(ms)
