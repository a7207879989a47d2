"""The hello: brings every store and the centre to one mind before anything is reported."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from allswell.checker import hello_decision
from allswell.checker.batch_writer import BatchWriter
from allswell.checker.collector_client import CollectorClient, CollectorUnreachable
from allswell.checker.hello_decision import HelloDecision, HelloStep
from allswell.checker.monitor_runtime import MonitorRuntime
from allswell.domain import report
from allswell.domain.message import MalformedMessage
from allswell.domain.report import Hello, StoreStanding

log = logging.getLogger(__name__)
# The centre writes for each of them, and has to answer within the line's patience.
AT_ONCE = 100
OK = 200
GONE = 410


@dataclass(slots=True)
class Registration:
    """Greets for every subject that has not been greeted since it, or the centre, started."""

    keeper: BatchWriter
    line: CollectorClient
    subjects: dict[str, MonitorRuntime] = field(default_factory=dict)

    def again(self, names: Iterable[str] | None = None) -> None:
        """Greet anew: for the named monitors, or for all of them."""
        for name in self.subjects if names is None else names:
            if name in self.subjects:
                self.subjects[name].greeted = False

    async def greeted(self) -> bool:
        """Greet for whoever needs it; True when all have been greeted.

        Raises `StoreError`.
        """
        waiting = [subject for subject in self.subjects.values() if not subject.greeted]
        for start in range(0, len(waiting), AT_ONCE):
            if not await self._greet(waiting[start : start + AT_ONCE]):
                return False
        return True

    async def _greet(self, subjects: Sequence[MonitorRuntime]) -> bool:
        for standing in await self._standings(subjects):
            subject = self.subjects.get(standing.monitor)
            if subject is not None:
                await self._settle(subject, standing)
        return all(subject.greeted for subject in subjects)

    async def _standings(self, subjects: Sequence[MonitorRuntime]) -> tuple[StoreStanding, ...]:
        """What the centre answers; nothing when it does not."""
        greetings = [Hello(entry.name, entry.store, entry.sequence) for entry in subjects]
        try:
            reply = await self.line.post("/v1/hello", report.hello_json(greetings))
            if reply.status == GONE:
                return tuple(StoreStanding(entry.name, gone=True) for entry in subjects)
            if reply.status == OK:
                return report.read_hello_reply(reply.body)
            log.debug("the collector does not greet: %s %s", reply.status, reply.body)
        except (CollectorUnreachable, MalformedMessage) as error:
            log.debug("the collector cannot be greeted: %s", error)
        return ()

    async def _settle(self, subject: MonitorRuntime, standing: StoreStanding) -> None:
        async with subject.lock:
            decision = hello_decision.decide(subject.sequence, subject.health.claim, standing)
            await self._carry_out(subject, decision, standing)
        subject.buckets_since = standing.buckets_since
        # A new store must be greeted too, so that the centre numbers it before it reports.
        subject.greeted = decision.step is not HelloStep.RENEW
        if decision.step is HelloStep.RENEW:
            log.warning("%s: the centre is ahead of this store; it gets a new id", subject.name)
            await self._greet([subject])

    async def _carry_out(
        self, subject: MonitorRuntime, decision: HelloDecision, standing: StoreStanding
    ) -> None:
        name, claim = subject.name, decision.claim
        self._note(subject, is_gone=decision.step is HelloStep.STOP)
        if decision.step is HelloStep.RENEW:
            await self.keeper.flush()
            subject.enrolled(await self.keeper.call(lambda kept: kept.renew(name, claim)))
        if decision.step is HelloStep.START_FROM:
            await self.keeper.flush()
            subject.enrolled(await self.keeper.call(lambda kept: kept.start_from(name, claim)))
        if decision.step in (HelloStep.START_FROM, HelloStep.GO_ON):
            await self._send_again(subject, standing)

    def _note(self, subject: MonitorRuntime, *, is_gone: bool) -> None:
        if is_gone and not subject.gone:
            log.warning("%s is gone at the centre: its checks stop, all is kept", subject.name)
        if subject.gone and not is_gone:
            log.warning("%s is back at the centre: its checks go on", subject.name)
        subject.gone = is_gone

    async def _send_again(self, subject: MonitorRuntime, standing: StoreStanding) -> None:
        """Queue what was delivered once and is not there."""
        name, store = subject.name, subject.store
        known, day = standing.known or 0, standing.rolled_up
        again = await self.keeper.call(lambda kept: kept.forgotten(name, store, known, day))
        if again:
            log.warning("%s: the centre lacks %s delivered reports; sent again", name, again)
