"""The hello: brings every store and the centre to one mind before anything is reported."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from allswell.checker import handshake
from allswell.checker.handshake import Decision, Step
from allswell.checker.keeper import Keeper
from allswell.checker.line import Line, LineBroken
from allswell.checker.subject import Subject
from allswell.domain import report
from allswell.domain.message import Malformed
from allswell.domain.report import Greeting, Standing

log = logging.getLogger(__name__)
AT_ONCE = 500


@dataclass(slots=True)
class Greeter:
    """Greets for every subject that has not been greeted since it, or the centre, started."""

    keeper: Keeper
    line: Line
    subjects: dict[str, Subject] = field(default_factory=dict)

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

    async def _greet(self, subjects: Sequence[Subject]) -> bool:
        greetings = [Greeting(entry.name, entry.store, entry.sequence) for entry in subjects]
        try:
            reply = await self.line.post("/v1/hello", report.hello_json(greetings))
            if reply.status != 200:  # noqa: PLR2004 - HTTP OK
                log.debug("the collector does not greet: %s %s", reply.status, reply.body)
                return False
            standings = report.read_standings(reply.body)
        except (LineBroken, Malformed) as error:
            log.debug("the collector cannot be greeted: %s", error)
            return False
        for standing in standings:
            subject = self.subjects.get(standing.monitor)
            if subject is not None:
                await self._settle(subject, standing)
        return all(subject.greeted for subject in subjects)

    async def _settle(self, subject: Subject, standing: Standing) -> None:
        async with subject.lock:
            decision = handshake.decide(
                subject.store, subject.sequence, fresh=subject.fresh, standing=standing
            )
            await self._carry_out(subject, decision, standing)
        subject.buckets_since = standing.buckets_since
        # A new store must be greeted too, so that the centre numbers it before it reports.
        subject.greeted = decision.step is not Step.RENEW
        if decision.step is Step.RENEW:
            log.warning("%s: the centre is ahead of this store; it gets a new id", subject.name)
            await self._greet([subject])

    async def _carry_out(self, subject: Subject, decision: Decision, standing: Standing) -> None:
        name, store, claim = subject.name, subject.store, decision.claim
        if decision.step is Step.STOP:
            subject.gone = True
            log.warning("%s is gone at the centre: its checks stop, its results are kept", name)
        elif decision.step is Step.START_FROM:
            subject.enrolled(await self.keeper.call(lambda kept: kept.start_from(name, claim)))
        elif decision.step is Step.RENEW:
            await self.keeper.flush()
            subject.enrolled(await self.keeper.call(lambda kept: kept.renew(name, claim)))
        elif not subject.fresh:
            known, day = standing.known or 0, standing.rolled_up
            again = await self.keeper.call(lambda kept: kept.forgotten(name, store, known, day))
            if again:
                log.warning("%s: the centre lacks %s delivered reports; sent again", name, again)
