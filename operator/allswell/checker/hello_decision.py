"""What a checker does with the centre's answer to its hello.

A store that has claimed nothing yet takes the centre's state for its own. A store that the centre
is ahead of, or that another one has followed, is left for a new one: it was restored from an old
copy, or somebody else has spoken since. What the centre has forgotten it is sent again.
"""

from dataclasses import dataclass
from enum import Enum, auto

from allswell.domain.health import HealthClaim
from allswell.domain.report import StoreStanding


class HelloStep(Enum):
    """What to do with the store."""

    GO_ON = auto()
    START_FROM = auto()
    RENEW = auto()
    STOP = auto()


@dataclass(frozen=True, slots=True)
class HelloDecision:
    """The step, and the claim to take over."""

    step: HelloStep
    claim: HealthClaim | None = None


def decide(sequence: int, claimed: HealthClaim | None, standing: StoreStanding) -> HelloDecision:
    """Compare a store with where the centre says it stands.

    `sequence` is how many transitions the store has claimed, `claimed` what it holds for claimed:
    its own last claim, or the one that it started from.
    """
    if standing.gone:
        return HelloDecision(HelloStep.STOP)
    there = standing.latest.claim if standing.latest is not None else None
    if standing.superseded or (standing.known or 0) > sequence:
        return HelloDecision(HelloStep.RENEW, there)
    if not sequence and not _agree(claimed, there):
        return HelloDecision(HelloStep.START_FROM, there)
    return HelloDecision(HelloStep.GO_ON)


def _agree(one: HealthClaim | None, other: HealthClaim | None) -> bool:
    """Whether two claims say the same; when they say it from is known better by the centre."""
    return (one and one.state) == (other and other.state)
