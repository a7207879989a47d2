"""Reach the host name claims in the central database, through the collector's writing thread."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from allswell.central.hostname_claims import ClaimHolder, HostnameClaims
from allswell.controller.database.client import RunInWriter
from allswell.domain.hostname_claim import HostnameClaim, OrderBudget, Proof, ProofOutcome


class ClaimsClient:
    """Run each operation of `HostnameClaims` in the writing thread. All raise `CentralError`."""

    def __init__(
        self, claims: HostnameClaims, budget: OrderBudget, run_in_writer: RunInWriter
    ) -> None:
        self._claims = claims
        self._budget = budget
        self._run_in_writer = run_in_writer

    async def request(
        self, page_id: int, hosts: Sequence[str], now: datetime
    ) -> Mapping[str, HostnameClaim]:
        """Request exactly these host names for a page; a missing claim was one too many."""
        return await self._run_in_writer(lambda: self._claims.request(page_id, hosts, now))

    async def record_proof(
        self, page_id: int, host: str, proof: Proof, now: datetime
    ) -> ProofOutcome:
        """Record that a page has verified a host name; return whether it has the name now."""
        return await self._run_in_writer(
            lambda: self._claims.record_proof(page_id, host, proof, now)
        )

    async def record_failure(self, page_id: int, host: str, now: datetime) -> None:
        """Record that the verification of a held name fails."""
        await self._run_in_writer(lambda: self._claims.record_failure(page_id, host, now))

    async def revoke(self, page_id: int, host: str, now: datetime) -> bool:
        """Take a name from a page whose verification fails; return whether the page had it."""
        return await self._run_in_writer(lambda: self._claims.revoke(page_id, host, now))

    async def of_page(self, page_id: int) -> Mapping[str, HostnameClaim]:
        """Return all claims of a page, by host."""
        return await self._run_in_writer(lambda: self._claims.of_page(page_id))

    async def holders(self) -> Sequence[ClaimHolder]:
        """Return every host name that a living page holds, with that page."""
        return await self._run_in_writer(self._claims.holders)

    async def set_served(self, names: Collection[tuple[int, str]], now: datetime) -> None:
        """Record by exactly which names visitors reach pages: pairs of page id and host."""
        await self._run_in_writer(lambda: self._claims.set_served(names, now))

    async def record_order(self, host: str, now: datetime) -> str:
        """Record a certificate order if the budget allows it; return which limit forbids it."""
        return await self._run_in_writer(lambda: self._claims.record_order(host, self._budget, now))

    async def recent_orders(self, now: datetime) -> int:
        """Count the certificates that were ordered in the last three hours."""
        return await self._run_in_writer(lambda: self._claims.recent_orders(now))

    async def purge(self, now: datetime) -> int:
        """Delete claims that have rested long enough, and old orders; return how many claims."""
        return await self._run_in_writer(lambda: self._claims.purge(now))
