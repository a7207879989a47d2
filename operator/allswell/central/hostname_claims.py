"""Who has which host name: decided here, so that two operators cannot both grant it.

Whoever decides holds one turn, and a unique index lets one row per name be held: the second is what
keeps a mistake in the first from giving a name away twice. When a page asked counts for nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, Row, case, delete, func, select, update

from allswell.central import invalidation, session
from allswell.central.schema import certificate_order, page
from allswell.central.schema import hostname_claim as claim
from allswell.domain import instant
from allswell.domain.hostname import domain_of
from allswell.domain.hostname_claim import (
    HOUR,
    MOST_PENDING,
    REST,
    SPELL,
    WEEK,
    HostnameClaim,
    HostnameClaimState,
    OrderBudget,
    OrderCount,
    Proof,
    ProofOutcome,
)

_Row = Row[str, str, str, int, int | None, int | None, int | None, int | None]


@dataclass(frozen=True, slots=True)
class ClaimHolder:
    """A living page that holds a name, and since when it fails to prove it, if it does.

    `served` says that visitors reach the page by it.
    """

    host: str
    page_id: int
    namespace: str
    name: str
    uid: str
    failing: datetime | None
    served: bool


class HostnameClaims:
    """Writes and reads claims. Any thread may call; every call is safe to repeat."""

    def __init__(self, engine: Engine, rest: timedelta = REST, most: int = MOST_PENDING) -> None:
        """`rest` is how long a name that was let go is kept from other namespaces."""
        self._engine = engine
        self._rest = rest
        self._most = most

    def ask(self, page_id: int, hosts: Sequence[str], now: datetime) -> Mapping[str, HostnameClaim]:
        """Ask for exactly these names; those that are not listed any more are let go.

        A name that is missing in the answer was one too many: a namespace has a bound of names that
        it has not proved. Where all is as it shall be, nothing is written.
        """
        with session.reading(self._engine) as connection:
            known = _of_page(connection, page_id)
        if _is_asked(known, hosts):
            return known
        with session.writing(self._engine) as connection:
            session.take(connection, session.AdvisoryLock.CLAIMING)
            _release(connection, page_id, hosts, now)
            _ask(connection, page_id, hosts, now, self._most)
            return _of_page(connection, page_id)

    def prove(self, page_id: int, host: str, proof: Proof, now: datetime) -> ProofOutcome:
        """Note that a name is proved, and say who has it now."""
        with session.writing(self._engine) as connection:
            session.take(connection, session.AdvisoryLock.CLAIMING)
            return _prove(connection, page_id, host, proof, now, rest=self._rest)

    def fail(self, page_id: int, host: str, now: datetime) -> None:
        """Note that a name which is held is not proved any more."""
        mine = _held(host) & (claim.c.page_id == page_id) & claim.c.failing_ms.is_(None)
        with session.writing(self._engine) as connection:
            connection.execute(update(claim).where(mine).values(failing_ms=instant.to_ms(now)))

    def lose(self, page_id: int, host: str, now: datetime) -> bool:
        """Take a name from a page that has failed to prove it for too long; False if it had not."""
        mine = _held(host) & (claim.c.page_id == page_id) & claim.c.failing_ms.is_not(None)
        with session.writing(self._engine) as connection:
            session.take(connection, session.AdvisoryLock.CLAIMING)
            return _rest(connection, connection.scalars(select(claim.c.id).where(mine)), now)

    def of_page(self, page_id: int) -> Mapping[str, HostnameClaim]:
        """All claims of a page, by host."""
        with session.reading(self._engine) as connection:
            return _of_page(connection, page_id)

    def holders(self) -> tuple[ClaimHolder, ...]:
        """Every name that a living page holds."""
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
            found = connection.execute(statement)
            return tuple(
                ClaimHolder(
                    host, identity, namespace, name, uid, _moment(failing), served is not None
                )
                for host, identity, namespace, name, uid, failing, served in found
            )

    def serve(self, names: Collection[tuple[int, str]], now: datetime) -> None:
        """Note that visitors reach pages by exactly these names: each a page's id and a host."""
        with session.writing(self._engine) as connection:
            session.take(connection, session.AdvisoryLock.CLAIMING)
            _serve(connection, names, now)

    def order(self, host: str, budget: OrderBudget, now: datetime) -> str:
        """Note that a certificate is ordered; why it may not be, or empty when it may."""
        with session.writing(self._engine) as connection:
            session.take(connection, session.AdvisoryLock.CLAIMING)
            if why := _ordered(connection, host, now).exceeds(budget):
                return why
            row = {"host": host, "domain": domain_of(host), "at_ms": instant.to_ms(now)}
            connection.execute(session.insert(connection, certificate_order).values(row))
            return ""

    def ordered(self, now: datetime) -> int:
        """How many certificates were ordered in the last three hours."""
        with session.reading(self._engine) as connection:
            return _count(connection, certificate_order.c.host.is_not(None), now - SPELL)

    def forget(self, now: datetime) -> int:
        """Delete what has rested for long enough, and old orders; how many claims."""
        before = instant.to_ms(now - self._rest)
        old = (claim.c.state == HostnameClaimState.RESTING.value) & (claim.c.rested_ms < before)
        ordered = certificate_order.c.at_ms < instant.to_ms(now - WEEK)
        with session.writing(self._engine) as connection:
            connection.execute(delete(certificate_order).where(ordered))
            return connection.execute(delete(claim).where(old)).rowcount


def _is_asked(known: Mapping[str, HostnameClaim], hosts: Sequence[str]) -> bool:
    """Whether a page has asked for exactly these; what rests may be there besides."""
    wanted = {host for host, it in known.items() if it.state is not HostnameClaimState.RESTING}
    return wanted <= set(hosts) <= known.keys()


def _release(connection: Connection, page_id: int, hosts: Sequence[str], now: datetime) -> None:
    """Let go of what a page does not list any more."""
    mine = (claim.c.page_id == page_id) & claim.c.host.not_in(hosts)
    connection.execute(delete(claim).where(mine, claim.c.state == HostnameClaimState.PENDING.value))
    held = select(claim.c.id).where(mine, claim.c.state == HostnameClaimState.HELD.value)
    _rest(connection, connection.scalars(held), now)


def _serve(connection: Connection, names: Collection[tuple[int, str]], now: datetime) -> None:
    held = select(claim.c.id, claim.c.page_id, claim.c.host, claim.c.served_ms).where(
        claim.c.state == HostnameClaimState.HELD.value
    )
    changed = [
        row
        for row in connection.execute(held)
        if ((row.page_id, row.host) in names) != (row.served_ms is not None)
    ]
    since = case((claim.c.served_ms.is_(None), instant.to_ms(now)), else_=None)
    for piece in session.chunks([row.id for row in changed]):
        connection.execute(update(claim).where(claim.c.id.in_(piece)).values(served_ms=since))
    invalidation.these_pages(connection, [row.page_id for row in changed], now)


def rested(now: datetime) -> dict[str, object]:
    """What a claim becomes that is laid to rest."""
    gone = {"failing_ms": None, "served_ms": None}
    return {"state": HostnameClaimState.RESTING.value, "rested_ms": instant.to_ms(now), **gone}


def _rest(connection: Connection, claims: Iterable[int], now: datetime) -> bool:
    """Lay these claims to rest, if they are held; whether any was."""
    chosen = claim.c.id.in_(tuple(claims)) & (claim.c.state == HostnameClaimState.HELD.value)
    ended = update(claim).where(chosen).values(rested(now)).returning(claim.c.page_id)
    pages = tuple(connection.scalars(ended))
    invalidation.these_pages(connection, pages, now)
    return bool(pages)


def _ask(
    connection: Connection, page_id: int, hosts: Sequence[str], now: datetime, most: int
) -> None:
    """Add the names that are new, as far as the namespace's bound allows."""
    uid = connection.scalar(select(page.c.namespace_uid).where(page.c.id == page_id))
    there = set(connection.scalars(select(claim.c.host).where(claim.c.page_id == page_id)))
    pending = (claim.c.namespace_uid == uid) & (claim.c.state == HostnameClaimState.PENDING.value)
    waiting = (
        select(func.count())
        .select_from(claim)
        .join(page)
        .where(pending, page.c.hidden_ms.is_(None))
    )
    left = most - (connection.scalar(waiting) or 0)
    new = [host for host in dict.fromkeys(hosts) if host not in there][: max(left, 0)]
    if uid is not None and new:
        shared = {
            "page_id": page_id,
            "namespace_uid": uid,
            "state": HostnameClaimState.PENDING.value,
        }
        shared |= {"proof": "", "asked_ms": instant.to_ms(now)}
        rows = [{"host": host, **shared} for host in new]
        connection.execute(session.insert(connection, claim), rows)


def _prove(
    connection: Connection,
    page_id: int,
    host: str,
    proof: Proof,
    now: datetime,
    *,
    rest: timedelta,
) -> ProofOutcome:
    mine = _mine(connection, page_id, host)
    if mine is None:
        return ProofOutcome.UNASKED
    if mine.state != HostnameClaimState.HELD.value:
        _rest(connection, _forsaken(connection, host), now)
        if not _yields(connection, host, mine.namespace_uid, proof, now):
            return ProofOutcome.TAKEN
        if proof != Proof.TXT and _is_kept(connection, host, mine.namespace_uid, now - rest):
            return ProofOutcome.RESTING
    return _hold(connection, page_id, host, proof, now)


def _mine(connection: Connection, page_id: int, host: str) -> Row[str, str] | None:
    living = (page.c.id == page_id) & page.c.hidden_ms.is_(None)
    statement = (
        select(claim.c.state, claim.c.namespace_uid)
        .join(page, page.c.id == claim.c.page_id)
        .where(living, claim.c.host == host)
    )
    return connection.execute(statement).first()


def _forsaken(connection: Connection, host: str) -> tuple[int, ...]:
    """The claim of a page that is gone, and still has the name."""
    statement = select(claim.c.id).join(page, page.c.id == claim.c.page_id)
    return tuple(connection.scalars(statement.where(_held(host), page.c.hidden_ms.is_not(None))))


def _yields(
    connection: Connection, host: str, namespace_uid: str, proof: Proof, now: datetime
) -> bool:
    """Whether nobody has the name, or whoever has it gives way; then it is free afterwards.

    A page gives way when it fails to prove the name: to a TXT, or to its own namespace.
    """
    holder = connection.execute(
        select(claim.c.id, claim.c.namespace_uid, claim.c.failing_ms).where(_held(host))
    ).first()
    if holder is None:
        return True
    is_ours = holder.namespace_uid == namespace_uid
    if holder.failing_ms is None or not (is_ours or proof == Proof.TXT):
        return False
    return _rest(connection, [holder.id], now)


def _is_kept(connection: Connection, host: str, namespace_uid: str, since: datetime) -> bool:
    """Whether the name rests for another namespace, and ours has not had it after that."""
    named, ours = claim.c.host == host, claim.c.namespace_uid == namespace_uid
    had = select(func.max(claim.c.held_ms)).where(named, ours).scalar_subquery()
    later = claim.c.rested_ms > func.coalesce(had, 0)
    rests = (claim.c.state == HostnameClaimState.RESTING.value) & (
        claim.c.rested_ms > instant.to_ms(since)
    )
    statement = select(func.count()).where(named, ~ours, rests, later)
    return bool(connection.scalar(statement))


def _hold(
    connection: Connection, page_id: int, host: str, proof: Proof, now: datetime
) -> ProofOutcome:
    mine = (claim.c.host == host) & (claim.c.page_id == page_id)
    proved = {"proof": proof.value, "proved_ms": instant.to_ms(now), "failing_ms": None}
    same = update(claim).where(mine, claim.c.state == HostnameClaimState.HELD.value).values(proved)
    if connection.execute(same).rowcount:
        return ProofOutcome.HELD
    held = {
        "state": HostnameClaimState.HELD.value,
        "held_ms": instant.to_ms(now),
        "rested_ms": None,
    }
    gained = update(claim).where(mine, claim.c.state != HostnameClaimState.HELD.value)
    connection.execute(gained.values(proved | held))
    invalidation.these_pages(connection, [page_id], now)
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
        asked=instant.from_ms(row.asked_ms),
        held=_moment(row.held_ms),
        proved=_moment(row.proved_ms),
        failing=_moment(row.failing_ms),
        rested=_moment(row.rested_ms),
    )


def _ordered(connection: Connection, host: str, now: datetime) -> OrderCount:
    order = certificate_order.c
    mine = select(claim.c.namespace_uid).where(_held(host)).scalar_subquery()
    theirs = select(claim.c.host).where(claim.c.namespace_uid == mine)
    strangers = (page.c.namespace_uid != mine) & page.c.hidden_ms.is_(None)
    return OrderCount(
        of_host=_count(connection, order.host == host, now - HOUR),
        in_all=_count(connection, order.host.is_not(None), now - SPELL),
        of_domain=_count(connection, order.domain == domain_of(host), now - WEEK),
        of_namespace=_count(connection, order.host.in_(theirs), now - SPELL),
        alone=not connection.scalar(select(func.count()).where(strangers)),
    )


def _count(connection: Connection, chosen: ColumnElement[bool], since: datetime) -> int:
    late = certificate_order.c.at_ms > instant.to_ms(since)
    counted = select(func.count()).select_from(certificate_order).where(chosen, late)
    return connection.scalar(counted) or 0


def _moment(ms: int | None) -> datetime | None:
    return None if ms is None else instant.from_ms(ms)
