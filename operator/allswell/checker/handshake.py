"""What a checker does with the centre's answer to its hello.

An empty store starts from the centre's state. A store that the centre is ahead of, or that another
store has followed, is left for a new one: it was restored from an old copy, or somebody else has
spoken since. A centre that has forgotten something is sent it again.
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


def decide(store: str, sequence: int, *, fresh: bool, standing: Standing) -> Decision:
    """Compare a store with where the centre says it stands."""
    if standing.gone:
        return Decision(Step.STOP)
    latest = standing.latest
    claim = latest.claim if latest is not None else None
    if fresh:
        return Decision(Step.START_FROM, claim) if claim else Decision(Step.GO_ON)
    known = standing.known
    if known is not None and (known > sequence or (latest is not None and latest.store != store)):
        return Decision(Step.RENEW, claim)
    return Decision(Step.GO_ON)
