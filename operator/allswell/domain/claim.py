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


class State(StrEnum):
    """Pending: it is not proved yet. Held: the page has it. Resting: the page had it."""

    PENDING = "pending"
    HELD = "held"
    RESTING = "resting"


class Verdict(StrEnum):
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
        return self in (Verdict.GRANTED, Verdict.HELD)


@dataclass(frozen=True, slots=True)
class Claim:
    """What the centre knows of one name of one page.

    `failing` is since when a name that is held is not proved any more; the page keeps it for a
    while, unless somebody else proves it.
    """

    host: str
    state: State
    proof: Proof | None
    asked: datetime
    held: datetime | None = None
    proved: datetime | None = None
    failing: datetime | None = None
    rested: datetime | None = None
