"""Hold the verdict of one check, with everything needed to explain it."""

from dataclasses import dataclass, field

from allswell.domain import state
from allswell.domain.state import State


@dataclass(frozen=True, slots=True)
class Assertion:
    """One expectation and what was observed; `name` as in the manifest."""

    name: str
    expected: str
    seen: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Phases:
    """Seconds spent in each phase of the last hop; None for a phase that was not reached.

    `total` is the whole check, from start to verdict, all hops.
    """

    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    first_byte: float | None = None
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """One check's verdict. `detail` is for logs and the owner, never for the public.

    `address` is the IP address that was really dialled last, empty when none was.
    """

    reason: str = state.OK
    phases: Phases = field(default_factory=Phases)
    assertions: tuple[Assertion, ...] = ()
    detail: str = ""
    address: str = ""
    certificate_days: int | None = None

    @property
    def state(self) -> State:
        """Return the state that the reason implies."""
        return state.of(self.reason)

    @property
    def latency_us(self) -> int:
        """Return the duration of the whole check in microseconds."""
        return round(self.phases.total * 1_000_000)
