"""What a checker does with the centre's answer to its hello.

A store that has claimed nothing yet takes the centre's state for its own. A store that the centre
is ahead of, or that another one has followed, is left for a new one: it was restored from an old
copy, or somebody else has spoken since. What the centre has forgotten it is sent again.
"""

from dataclasses import dataclass
from enum import Enum, auto

from allswell.domain.health import Claim
from allswell.domain.report import Standing


class Step(Enum):
    """What to do with the store."""

    GO_ON = auto()
    START_FROM = auto()
    RENEW = auto()
    STOP = auto()


@dataclass(frozen=True, slots=True)
class Decision:
    """The step, and the claim to take over."""

    step: Step
    claim: Claim | None = None


def decide(sequence: int, claimed: Claim | None, standing: Standing) -> Decision:
    """Compare a store with where the centre says it stands.

    `sequence` is how many transitions the store has claimed, `claimed` what it holds for claimed:
    its own last claim, or the one that it started from.
    """
    if standing.gone:
        return Decision(Step.STOP)
    there = standing.latest.claim if standing.latest is not None else None
    if standing.followed or (standing.known or 0) > sequence:
        return Decision(Step.RENEW, there)
    if not sequence and not _agree(claimed, there):
        return Decision(Step.START_FROM, there)
    return Decision(Step.GO_ON)


def _agree(one: Claim | None, other: Claim | None) -> bool:
    """Whether two claims say the same; when they say it from is known better by the centre."""
    return (one and one.state) == (other and other.state)
