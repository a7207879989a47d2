"""Provide a target that knows exactly when it was broken, and the probe that checks it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from allswell.domain import state
from allswell.domain.spec.check import Check
from allswell.domain.spec.http import SecretKey
from allswell.probe import Outcome
from allswell.probe.outcome import Phases

LATENCY = 0.05


@dataclass(frozen=True, slots=True)
class Outage:
    """From second `start` to second `end` of the simulation the target fails."""

    start: float
    end: float
    reason: str = state.TIMEOUT


@dataclass(slots=True)
class Target:
    """What is checked; `reached` says whether the checker's own network works."""

    outages: Sequence[Outage] = ()
    address: str = "10.0.0.1"
    network_works: bool = True

    def reason(self, at: float) -> str:
        """Return how it answers at a moment."""
        return next((out.reason for out in self.outages if out.start <= at < out.end), state.OK)


@dataclass(slots=True)
class ScriptedProbe:
    """Checks the target as it is at the check's start."""

    target: Target
    time: Callable[[], float]
    latency: float = LATENCY
    thawed: asyncio.Event = field(default_factory=asyncio.Event)
    checks: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.thawed.set()

    async def check(
        self,
        check: Check,  # noqa: ARG002 - there is one target
        timeout: timedelta,  # noqa: ARG002, ASYNC109 - it always answers
        secrets: Mapping[SecretKey, str],  # noqa: ARG002 - it asks for none
    ) -> Outcome:
        await self.thawed.wait()
        self.checks.append(self.time())
        reason = self.target.reason(self.time())
        if self.latency:
            await asyncio.sleep(self.latency)
            await self.thawed.wait()
        return Outcome(reason, Phases(total=LATENCY), address=self.target.address)

    async def reaches(self, host: str, port: int, timeout: timedelta) -> bool:  # noqa: ARG002, ASYNC109 - as above
        return self.target.network_works
