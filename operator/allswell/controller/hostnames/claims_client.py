"""The way to the claims in the central database, through the collector's one writing thread."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from allswell.central.hostname_claims import ClaimHolder, HostnameClaims
from allswell.controller.database.client import RunInWriter
from allswell.domain.hostname_claim import HostnameClaim, OrderBudget, Proof, ProofOutcome


class ClaimsClient:
    """What the parts of this room ask of the central database. Every call raises `CentralError`."""

    def __init__(self, claims: HostnameClaims, budget: OrderBudget, doing: RunInWriter) -> None:
        self._claims = claims
        self._budget = budget
        self._doing = doing

    async def ask(
        self, page: int, hosts: Sequence[str], now: datetime
    ) -> Mapping[str, HostnameClaim]:
        """Ask for exactly these names of a page; one that is lacking was one too many."""
        return await self._doing(lambda: self._claims.ask(page, hosts, now))

    async def prove(self, page: int, host: str, proof: Proof, now: datetime) -> ProofOutcome:
        """Note a proof; who has the name now."""
        return await self._doing(lambda: self._claims.prove(page, host, proof, now))

    async def fail(self, page: int, host: str, now: datetime) -> None:
        """Note that a held name is not proved any more."""
        await self._doing(lambda: self._claims.fail(page, host, now))

    async def lose(self, page: int, host: str, now: datetime) -> bool:
        """Take a name from a page; False if it had it not."""
        return await self._doing(lambda: self._claims.lose(page, host, now))

    async def claims(self, page: int) -> Mapping[str, HostnameClaim]:
        """All claims of a page."""
        return await self._doing(lambda: self._claims.of_page(page))

    async def holders(self) -> Sequence[ClaimHolder]:
        """All names that living pages hold."""
        return await self._doing(self._claims.holders)

    async def serve(self, names: Collection[tuple[int, str]], now: datetime) -> None:
        """Note by exactly which names visitors reach pages: each a page's id and a host."""
        await self._doing(lambda: self._claims.serve(names, now))

    async def order(self, host: str, now: datetime) -> str:
        """Note that a certificate is ordered; why it may not be, or empty."""
        return await self._doing(lambda: self._claims.order(host, self._budget, now))

    async def ordered(self, now: datetime) -> int:
        """How many were ordered in the last three hours."""
        return await self._doing(lambda: self._claims.ordered(now))

    async def forget(self, now: datetime) -> int:
        """Delete what is of no use any more."""
        return await self._doing(lambda: self._claims.forget(now))
