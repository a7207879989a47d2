"""Describe a page's claim to a customer's host name, and the budget of certificate orders.

One page at most holds a host name: the first one that has verified it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MAX_PENDING = 20  # of all pages of a namespace together
REST = timedelta(days=30)
GRACE = timedelta(days=3)


class Proof(StrEnum):
    """The record that verifies a host name: a CNAME to the page's host, or its token in a TXT."""

    CNAME = "cname"
    TXT = "txt"


class HostnameClaimState(StrEnum):
    """The state of a claim.

    Pending: the host name is not verified yet. Held: the page has it. Resting: the page had it, and
    other namespaces need a TXT record to get it.
    """

    PENDING = "pending"
    HELD = "held"
    RESTING = "resting"


class ProofOutcome(StrEnum):
    """The result of recording a proof.

    Granted or held: the page has the host name, from now on or as before. Taken: another page has
    it and is still verified, or gives way to a TXT record only. Resting: a page of another
    namespace had it recently, and only a TXT record shows that it is no longer theirs. Unclaimed:
    the page does not claim it.
    """

    GRANTED = "granted"
    HELD = "held"
    TAKEN = "taken"
    RESTING = "resting"
    UNCLAIMED = "unclaimed"

    @property
    def is_holder(self) -> bool:
        """Tell whether the page has the host name."""
        return self in (ProofOutcome.GRANTED, ProofOutcome.HELD)


@dataclass(frozen=True, slots=True)
class HostnameClaim:
    """One page's claim to one host name, as the central database has it.

    `failing_since` is set while a held name's verification fails; the page keeps the name for a
    grace period, unless somebody else verifies it.
    """

    host: str
    state: HostnameClaimState
    proof: Proof | None
    requested_at: datetime
    held_since: datetime | None = None
    verified_at: datetime | None = None
    failing_since: datetime | None = None
    resting_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderBudget:
    """Limits on certificate orders; the defaults stay below the limits of Let's Encrypt.

    `per_host` counts one host name in an hour, `total` all of them in three hours, `per_domain` one
    registered domain in a week. While other namespaces have pages, one namespace may use half of
    `total`: the others need some, too.
    """

    per_host: int = 4
    total: int = 250
    per_domain: int = 45


HOST_WINDOW = timedelta(hours=1)
TOTAL_WINDOW = timedelta(hours=3)
DOMAIN_WINDOW = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class OrderCount:
    """Numbers of certificates that were ordered within the budget's windows.

    `only_namespace` says that no other namespace has pages.
    """

    of_host: int
    total: int
    of_domain: int
    of_namespace: int = 0
    only_namespace: bool = True

    def excess(self, budget: OrderBudget) -> str:
        """Return which limit one more order would exceed, in words; empty when it fits."""
        if self.of_host >= budget.per_host:
            return f"{self.of_host} certificates were ordered for it within an hour"
        if self.total >= budget.total:
            return f"{self.total} certificates were ordered within three hours"
        if not self.only_namespace and 2 * self.of_namespace >= budget.total:
            return (
                f"{self.of_namespace} certificates were ordered for this namespace within three"
                " hours, which is its share"
            )
        if self.of_domain >= budget.per_domain:
            return f"{self.of_domain} certificates were ordered for its domain within a week"
        return ""
