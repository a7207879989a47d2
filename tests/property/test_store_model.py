"""The store against a model that keeps the same in plain lists, through random histories."""

import shutil
import tempfile
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from allswell.domain.health import Health, starting_from
from allswell.domain.report import Transition
from allswell.domain.sample import Sample
from allswell.store import BatchItem, EnrolledMonitor, OutOfStep, Store
from tests import thoroughness
from tests.unit.store.examples import DOWN, NOW, UP, at, change, sample, seen

NAMES = st.sampled_from(["api", "web"])
CLAIMS = st.sampled_from([None, UP, DOWN])
RESULTS = st.lists(st.tuples(NAMES, st.integers(0, 5_000), st.booleans()), max_size=6)


@dataclass
class Known:
    """What the model remembers of one monitor."""

    enrolled: EnrolledMonitor
    samples: dict[int, Sample] = field(default_factory=dict)


@dataclass
class Queued:
    """What the model remembers of one report."""

    name: str
    envelope: Transition
    state: str = "waiting"
    since: float = 0


class StoreMachine(RuleBasedStateMachine):
    """Every rule does the same to the store and to the model."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store = self.open()
        self.known: dict[str, Known] = {}
        self.queue: list[Queued] = []
        for name in ("api", "web"):
            self.known[name] = Known(self.store.enroll(name, "target"))

    def open(self) -> Store:
        return Store.open(self.folder / "checker.db", max_bytes=50_000_000, now=NOW)

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    @rule(results=RESULTS)
    def commit(self, results: list[tuple[str, int, bool]]) -> None:
        parts = [self.take(*result) for result in results]
        assert self.store.commit(parts).stored == len(parts)

    def take(self, name: str, minute: int, changes: bool) -> BatchItem:
        known = self.known[name]
        before, envelopes, health = known.enrolled, [], known.enrolled.health
        if changes:
            envelopes.append(change(before, before.sequence + 1, minute, name))
            self.queue.append(Queued(name, envelopes[0]))
            health = starting_from(envelopes[0].claim)
        free = minute * 60_000
        while free in known.samples:
            free += 1
        known.samples[free] = replace(sample(), started=NOW + timedelta(milliseconds=free))
        known.enrolled = replace(
            before,
            sequence=before.sequence + len(envelopes),
            health=health,
            observation=seen(minute),
            fresh=False,
        )
        return BatchItem(before.number, sample(minute), health, seen(minute), tuple(envelopes))

    @rule(name=NAMES)
    def refuse_a_gap(self, name: str) -> None:
        known = self.known[name].enrolled
        gap = change(known, known.sequence + 2, 0, name)
        with pytest.raises(OutOfStep):
            self.store.commit([BatchItem(known.number, sample(), Health(), seen(), (gap,))])

    @rule(name=NAMES, claim=CLAIMS)
    def renew(self, name: str, claim: object) -> None:
        before = self.known[name].enrolled
        after = self.store.renew(name, claim)  # type: ignore[arg-type]
        assert after.store not in {each.enrolled.store for each in self.known.values()}
        health = starting_from(claim)  # type: ignore[arg-type]
        expected = replace(before, store=after.store, sequence=0, health=health)
        self.known[name].enrolled = replace(expected, fresh=after.fresh)
        assert after == self.known[name].enrolled

    @rule(count=st.integers(1, 5), minute=st.integers(0, 200_000))
    def deliver(self, count: int, minute: int) -> None:
        self.store.mark_delivered([each.id for each in self.store.outbox(count, NOW)], at(minute))
        for each in self.waiting()[:count]:
            each.state, each.since = "delivered", minute

    @rule(minute=st.integers(0, 200_000))
    def die(self, minute: int) -> None:
        for each in self.store.outbox(1, NOW):
            self.store.mark_dead(each.id, "refused", at(minute))
        for queued in self.waiting()[:1]:
            queued.state, queued.since = "dead", minute

    @rule(name=NAMES, known=st.integers(0, 5))
    def forget(self, name: str, known: int) -> None:
        store = self.known[name].enrolled.store
        again = [
            each
            for each in self.queue
            if each.state == "delivered"
            and each.envelope.store == store
            and each.envelope.sequence > known
        ]
        assert self.store.requeue(name, store, known, None) == len(again)
        for each in again:
            each.state = "waiting"

    @rule(minutes=st.integers(1, 6_000), now=st.integers(0, 8_000))
    def prune_samples(self, minutes: int, now: int) -> None:
        retention = {
            known.enrolled.number: timedelta(minutes=minutes) for known in self.known.values()
        }
        found = self.store.prune(retention, at(now))
        gone = 0
        for known in self.known.values():
            left = {
                ms: each for ms, each in known.samples.items() if ms >= (now - minutes) * 60_000
            }
            gone += len(known.samples) - len(left)
            known.samples = left
        assert (found.samples, found.envelopes) == (gone, self.drop_reports(now))

    def drop_reports(self, now: int) -> int:
        before = len(self.queue)
        limit = now - 90 * 24 * 60
        self.queue = [each for each in self.queue if each.state == "waiting" or each.since >= limit]
        return before - len(self.queue)

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = self.open()
        assert self.store.set_aside is None
        for name in self.known:
            self.store.enroll(name, "target")

    def waiting(self) -> list[Queued]:
        return [each for each in self.queue if each.state == "waiting"]

    @invariant()
    def the_outbox_is_the_same(self) -> None:
        found = [each.envelope for each in self.store.outbox(1_000, NOW)]
        assert found == [each.envelope for each in self.waiting()]

    @invariant()
    def the_samples_are_the_same(self) -> None:
        for known in self.known.values():
            found = list(self.store.samples(known.enrolled.number, at(-1), at(10_000)))
            assert found == [known.samples[ms] for ms in sorted(known.samples)]

    @invariant()
    def the_monitors_are_the_same(self) -> None:
        for name, known in self.known.items():
            assert self.store.enroll(name, "target") == known.enrolled

    @invariant()
    def the_counts_are_the_same(self) -> None:
        found = self.store.counts()
        assert found.samples == sum(len(known.samples) for known in self.known.values())
        assert found.undelivered == len(self.waiting())
        assert found.dead == sum(each.state == "dead" for each in self.queue)
        assert found.raw_lost == 0


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(
    max_examples=thoroughness.of(40),
    stateful_step_count=25,
    suppress_health_check=list(HealthCheck),
)
