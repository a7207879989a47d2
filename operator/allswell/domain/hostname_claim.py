"""A page's claim to a customer's host name: one page holds it, the first that has proved it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MOST_PENDING = 20  # of all pages of a namespace together
REST = timedelta(days=30)
GRACE = timedelta(days=3)


class Proof(StrEnum):
    """How a name was proved: by a CNAME to the page's own address, or by its token in a TXT."""

    CNAME = "cname"
    TXT = "txt"


class HostnameClaimState(StrEnum):
    """Pending: it is not proved yet. Held: the page has it. Resting: the page had it."""

    PENDING = "pending"
    HELD = "held"
    RESTING = "resting"


class ProofOutcome(StrEnum):
    """What came of a proof.

    Granted or held: the page has the name, from now on or as before. Taken: another page has it
    and goes on proving it, or can only be followed by a TXT. Resting: somebody else's namespace
    had it not long ago, and only a TXT shows that it is not theirs any more.
    """

    GRANTED = "granted"
    HELD = "held"
    TAKEN = "taken"
    RESTING = "resting"
    UNASKED = "unasked"

    @property
    def has(self) -> bool:
        """Whether the page has the name."""
        return self in (ProofOutcome.GRANTED, ProofOutcome.HELD)


@dataclass(frozen=True, slots=True)
class HostnameClaim:
    """What the centre knows of one name of one page.

    `failing` is since when a name that is held is not proved any more; the page keeps it for a
    while, unless somebody else proves it.
    """

    host: str
    state: HostnameClaimState
    proof: Proof | None
    asked: datetime
    held: datetime | None = None
    proved: datetime | None = None
    failing: datetime | None = None
    rested: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderBudget:
    """How many certificates may be ordered; the defaults stay below the limits of Let's Encrypt.

    Of one name in an hour, of all in three hours, and of one registered domain in a week. Of those
    of all, one namespace may have half while there are pages of others: they need some, too.
    """

    per_host: int = 4
    in_all: int = 250
    per_domain: int = 45


HOUR, SPELL, WEEK = timedelta(hours=1), timedelta(hours=3), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class OrderCount:
    """What was ordered of late: of the name, of all, of the name's domain, of its namespace.

    `alone` says that no other namespace has pages.
    """

    of_host: int
    in_all: int
    of_domain: int
    of_namespace: int = 0
    alone: bool = True

    def exceeds(self, budget: OrderBudget) -> str:
        """Why one more would be too many; empty when it would not."""
        if self.of_host >= budget.per_host:
            return f"{self.of_host} certificates were ordered for it within an hour"
        if self.in_all >= budget.in_all:
            return f"{self.in_all} certificates were ordered within three hours"
        if not self.alone and 2 * self.of_namespace >= budget.in_all:
            return f"{self.of_namespace} orders of this namespace in three hours are its share"
        if self.of_domain >= budget.per_domain:
            return f"{self.of_domain} certificates were ordered for its domain within a week"
        return ""
