"""Order certificates within the budget that the central database counts."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from allswell.controller.hostnames.claims_client import ClaimsClient
from allswell.controller.metrics.operator_metrics import OperatorMetrics

# How long a counted order stands for a Certificate that the API server has not accepted.
COUNTED_FOR = timedelta(minutes=30)


class CertificateOrders:
    """Count each order once, and remember which hosts wait for the budget."""

    def __init__(
        self, claims: ClaimsClient, metrics: OperatorMetrics, now: Callable[[], datetime]
    ) -> None:
        self._claims = claims
        self._metrics = metrics
        self._now = now
        self._excess: dict[str, str] = {}
        self._counted: dict[str, datetime] = {}

    async def may_order(self, host: str) -> bool:
        """Count an order, and tell whether the budget allows it. Raises `CentralError`.

        An order whose Certificate could not be written is not counted again.
        """
        now = self._now()
        counted = self._counted.get(host)
        if counted is not None and now - counted < COUNTED_FOR:
            return True
        excess = await self._claims.record_order(host, now)
        if excess:
            self._excess[host] = excess
            return False
        self._excess.pop(host, None)
        self._counted[host] = now
        return True

    async def may_repeat(self, host: str) -> bool:
        """Count the repetition of a failed order, and tell whether the budget allows it."""
        return not await self._claims.record_order(host, self._now())

    def written(self, host: str) -> None:
        """Note that the Certificate is written: the next order of the host is another one."""
        self._counted.pop(host, None)

    def excess(self, host: str) -> str:
        """Return the limit for which a host's order waits; empty while it does not wait."""
        return self._excess.get(host, "")

    def retain(self, hosts: Collection[str]) -> None:
        """Forget the orders of all hosts but these, which have no Certificate yet."""
        self._excess = {host: text for host, text in self._excess.items() if host in hosts}
        self._counted = {host: at for host, at in self._counted.items() if host in hosts}
        self._metrics.certificate_orders_waiting.set(len(self._excess))

    async def report(self) -> None:
        """Set the metric of recent orders. Raises `CentralError`."""
        self._metrics.certificate_orders.set(await self._claims.recent_orders(self._now()))
