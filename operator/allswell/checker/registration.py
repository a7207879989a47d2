"""Register each monitor's store with the collector before anything is reported from it.

The decision stands first, then the sender that carries it out. A store that has claimed nothing yet
takes the central database's state for its own. A store that the central database is ahead of, or
that another one has superseded, is left for a new one: it was restored from an old copy, or another
checker has reported since. Reports that the central database has lost are sent again.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from allswell.checker.batch_writer import BatchWriter
from allswell.checker.collector_client import CollectorClient
from allswell.checker.errors import CollectorUnreachable
from allswell.checker.monitor_runtime import MonitorRuntime
from allswell.domain import report
from allswell.domain.health import HealthClaim
from allswell.domain.message import MalformedMessage
from allswell.domain.report import Hello, StoreStanding

log = logging.getLogger(__name__)
# The collector writes for each of them, and has to answer within the client's timeout.
BATCH_SIZE = 100
OK = 200
GONE = 410


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
    """Compare a store with where the central database says it stands.

    `sequence` is how many transitions the store has claimed, `claimed` its last claim, or the one
    that it started from.
    """
    if standing.gone:
        return HelloDecision(HelloStep.STOP)
    central = standing.latest.claim if standing.latest is not None else None
    if standing.superseded or (standing.known or 0) > sequence:
        return HelloDecision(HelloStep.RENEW, central)
    if not sequence and not _agree(claimed, central):
        return HelloDecision(HelloStep.START_FROM, central)
    return HelloDecision(HelloStep.GO_ON)


def _agree(one: HealthClaim | None, other: HealthClaim | None) -> bool:
    """Tell whether two claims name the same state; since when, the central database knows best."""
    return (one and one.state) == (other and other.state)


@dataclass(slots=True)
class Registration:
    """Registers every monitor that is not registered since the checker or the collector started."""

    writer: BatchWriter
    collector: CollectorClient
    runtimes: dict[str, MonitorRuntime] = field(default_factory=dict)

    def require(self, names: Iterable[str] | None = None) -> None:
        """Require the named monitors, or all of them, to be registered again."""
        for name in self.runtimes if names is None else names:
            if name in self.runtimes:
                self.runtimes[name].registered = False

    async def register(self) -> bool:
        """Register every monitor that needs it; True when all are registered.

        Raises `StoreError`.
        """
        waiting = [runtime for runtime in self.runtimes.values() if not runtime.registered]
        for start in range(0, len(waiting), BATCH_SIZE):
            if not await self._register(waiting[start : start + BATCH_SIZE]):
                return False
        return True

    async def _register(self, runtimes: Sequence[MonitorRuntime]) -> bool:
        for standing in await self._standings(runtimes):
            runtime = self.runtimes.get(standing.monitor)
            if runtime is not None:
                await self._settle(runtime, standing)
        return all(runtime.registered for runtime in runtimes)

    async def _standings(self, runtimes: Sequence[MonitorRuntime]) -> tuple[StoreStanding, ...]:
        """Send a hello and return the standings in the reply; none without a usable reply."""
        greetings = [Hello(runtime.name, runtime.store, runtime.sequence) for runtime in runtimes]
        try:
            reply = await self.collector.post("/v1/hello", report.hello_json(greetings))
            if reply.status == GONE:
                return tuple(StoreStanding(runtime.name, gone=True) for runtime in runtimes)
            if reply.status == OK:
                return report.read_hello_reply(reply.body)
            log.debug("registration: hello refused status=%s body=%s", reply.status, reply.body)
        except (CollectorUnreachable, MalformedMessage) as error:
            log.debug("registration: hello failed: %s", error)
        return ()

    async def _settle(self, runtime: MonitorRuntime, standing: StoreStanding) -> None:
        """Bring one store into line with the central database.

        1. Decide, and carry the decision out, while no sample is judged.
        2. Continue the latency buckets from where the collector has them.
        3. Register a new store at once, so that the collector numbers it before it reports.
        """
        async with runtime.lock:
            decision = decide(runtime.sequence, runtime.health.claim, standing)
            await self._carry_out(runtime, decision, standing)
        runtime.buckets_since = standing.buckets_since
        runtime.registered = decision.step is not HelloStep.RENEW
        if decision.step is HelloStep.RENEW:
            log.warning(
                "registration: the central database is ahead of this store, starting a new store"
                " monitor=%s store=%s",
                runtime.name,
                runtime.store,
            )
            await self._register([runtime])

    async def _carry_out(
        self, runtime: MonitorRuntime, decision: HelloDecision, standing: StoreStanding
    ) -> None:
        name, claim = runtime.name, decision.claim
        self._mark_gone(runtime, is_gone=decision.step is HelloStep.STOP)
        if decision.step is HelloStep.RENEW:
            await self.writer.flush()
            runtime.load(await self.writer.call(lambda store: store.renew(name, claim)))
        if decision.step is HelloStep.START_FROM:
            await self.writer.flush()
            runtime.load(await self.writer.call(lambda store: store.start_from(name, claim)))
        if decision.step in (HelloStep.START_FROM, HelloStep.GO_ON):
            await self._queue_lost(runtime, standing)

    def _mark_gone(self, runtime: MonitorRuntime, *, is_gone: bool) -> None:
        if is_gone and not runtime.gone:
            log.warning(
                "monitor is gone from the central database: checks stop, results are kept"
                " monitor=%s",
                runtime.name,
            )
        if runtime.gone and not is_gone:
            log.warning(
                "monitor is in the central database again: checks continue monitor=%s", runtime.name
            )
        runtime.gone = is_gone

    async def _queue_lost(self, runtime: MonitorRuntime, standing: StoreStanding) -> None:
        """Queue again what was delivered once and is not in the central database."""
        name, store_id = runtime.name, runtime.store
        known, day = standing.known or 0, standing.rolled_up
        queued = await self.writer.call(lambda store: store.requeue(name, store_id, known, day))
        if queued:
            log.warning(
                "registration: the central database has lost delivered reports, sending them again"
                " monitor=%s reports=%s",
                name,
                queued,
            )
