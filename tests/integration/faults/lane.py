"""One checker after another on the same file, each killed at a random point of its life."""

import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise

from allswell.checker import schedule
from allswell.checker.monitor_runtime import target_hash
from allswell.domain.report import Transition
from allswell.domain.spec.monitor import Monitor
from allswell.domain.state import State
from allswell.store import Store
from tests.integration.faults import house
from tests.integration.faults.house import House
from tests.integration.faults.nursery import Forked
from tests.integration.faults.target import Served, Target

A_CHECK = timedelta(seconds=1)
# A result that was answered so long before a kill is committed.
COMMITTED = timedelta(seconds=0.5)
# How much later than its check a request may come to the target of a busy machine.
STALLED = 3 * A_CHECK
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Lane:
    """The monitors of one namespace, and every kill of their checker."""

    house: House
    target: Target
    namespace: str
    monitors: Sequence[Monitor]
    lot: random.Random
    kills: list[datetime] = field(default_factory=list)
    stopped: datetime = NEVER

    @classmethod
    def make(cls, found: House, target: Target, namespace: str, lot: random.Random) -> "Lane":
        """Three monitors; as machines stall, none goes down at its first failure."""
        names = (f"{namespace}-{number}" for number in count())
        early = (name for name in names if schedule.phase(namespace, name) < 0.4)
        chosen = [
            house.monitor(name, target.url(name), namespace, failures=failures)
            for failures, name in zip((2, 3, 2), early, strict=False)
        ]
        found.register(namespace, chosen)
        return cls(found, target, namespace, chosen, lot)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the monitors, which are also their parts of the target."""
        return tuple(monitor.meta.name for monitor in self.monitors)

    def kill_often(self, times: int) -> None:
        """Start a checker and kill it, so many times."""
        for _ in range(times):
            asked = len(self.target.part(self.names[0]).served)
            process = self.house.start_checker(self.namespace)
            if self.lot.random() < 0.25:
                time.sleep(self.lot.uniform(0, 0.6))
            else:
                assert self.target.asked(self.names[0], asked, 20), self.house.log()
                time.sleep(self.lot.uniform(0, 3.4))
            self._kill(process)

    def _kill(self, process: Forked) -> None:
        self.kills.append(datetime.now(UTC))
        process.send(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, self.house.log()

    def is_known(self, monitor: Monitor) -> bool:
        """Whether the results of the present state that must have been kept are enough.

        The first request after a kill does not count: the dead may have sent it.
        """
        began, served = self.target.lately(monitor.meta.name)
        until = datetime.now(UTC) - COMMITTED
        kept = sum(
            began <= at < until
            and not self.killed(at, at + COMMITTED)
            and not self.killed(before, at)
            for before, at in pairwise(served)
        )
        return kept >= monitor.confirm.failures

    def is_told(self) -> bool:
        """Whether the collector holds as many states as there were."""
        return all(
            len(self.house.states(self.namespace, name)) >= len(self.target.part(name).told)
            for name in self.names
        )

    def killed(self, since: datetime, until: datetime) -> int:
        """How many kills there were between two moments."""
        return sum(since <= at <= until for at in self.kills)

    def end_well(self) -> None:
        """Let one more checker find out how things stand, and stop it cleanly."""
        process = self.house.start_checker(self.namespace)
        known = house.within(30, lambda: all(self.is_known(monitor) for monitor in self.monitors))
        assert known, self.house.log()
        self.stopped = datetime.now(UTC)
        assert process.stop() == 0, self.house.log()

    def undelivered(self) -> list[str]:
        """What waits in the checker's file."""
        store = Store.open(
            self.house.folder / self.namespace / "checker.sqlite", now=datetime.now(UTC)
        )
        waiting = [str(each.envelope) for each in store.outbox(1000, datetime.now(UTC))]
        store.close()
        return waiting

    def lost_results(self, monitor: Monitor) -> list[timedelta]:
        """How far from a kill, or the end, each request came that has left no sample.

        It may have waited a moment for the target when its checker was dead already.
        """
        left, ends = self._started(monitor), [*self.kills, self.stopped]
        ages = []
        for at in [one.at for one in self.target.part(monitor.meta.name).served]:
            own = [started for started in left if at - STALLED < started <= at]
            if own:
                left.remove(own[-1])
            else:
                ages.append(min(abs(end - at) for end in ends))
        return ages

    def _started(self, monitor: Monitor) -> list[datetime]:
        """When each check began that is in the checker's file."""
        now = datetime.now(UTC)
        store = Store.open(self.house.folder / self.namespace / "checker.sqlite", now=now)
        number = store.enroll(monitor.meta.name, target_hash(monitor)).number
        found = [one.started for one in store.samples(number, now - timedelta(days=1), now)]
        store.close()
        return found


@dataclass(slots=True)
class Turner:
    """Breaks and heals every monitor's part as soon as its state must be known, or later."""

    lanes: Sequence[Lane]
    lot: random.Random
    is_over: bool = False

    def run(self) -> None:
        """Turn until it is over."""
        waits: dict[str, datetime] = {}
        while not self.is_over:
            for lane in self.lanes:
                for monitor in lane.monitors:
                    self._turn(lane, monitor, waits)
            time.sleep(0.05)

    def _turn(self, lane: Lane, monitor: Monitor, waits: dict[str, datetime]) -> None:
        name, now = monitor.meta.name, datetime.now(UTC)
        if now >= waits.setdefault(name, now) and lane.is_known(monitor):
            lane.target.turn(name, good=not lane.target.part(name).good)
            waits[name] = now + timedelta(seconds=self.lot.uniform(0.5, 4))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the collector holds, compared with what the target did."""

    transitions: int
    lost: int
    doubled: int
    wrong: tuple[str, ...]


def compare(lane: Lane, monitor: Monitor) -> Verdict:
    """Every turn must stand in the ledger once, in order, dated from the first check that it met.

    A kill may cost one result, so the date may be one check later for each kill since the turn.
    """
    name = monitor.meta.name
    part, ledger = lane.target.part(name), lane.house.ledger(lane.namespace, name)
    wanted = [State.UP if good else State.DOWN for good in part.told]
    states = [entry.claim.state for entry in ledger]
    wrong = []
    if states != wanted:
        reasons = Counter(entry.claim.reason for entry in ledger)
        wrong.append(f"{name}: {len(states)} states and not {len(wanted)}; {reasons}")
        wrong += _unmet(lane, name, ledger)
    if [(e.store, e.sequence) for e in ledger] != [
        (ledger[0].store, n + 1) for n in range(len(ledger))
    ]:
        wrong.append(f"{name}: numbered {[(e.store, e.sequence) for e in ledger]}")
    same = sum(before is after for before, after in pairwise(states))
    if not wrong:
        wrong += _wrongly_dated(lane, part.turns, part.served, ledger[1:])
    return Verdict(len(part.turns), max(0, len(wanted) - len(states) + same), same, tuple(wrong))


def _unmet(lane: Lane, name: str, ledger: Sequence[Transition]) -> list[str]:
    """Every turn without a claim of its own, with what happened until the next one."""
    part, now = lane.target.part(name), datetime.now(UTC)
    ends = [*(turn.at for turn in part.turns[1:]), now]
    found = [f"in the outbox: {lane.undelivered()}"]
    for turn, end in zip(part.turns, ends, strict=True):
        if any(turn.at - A_CHECK < entry.claim.since < end for entry in ledger):
            continue
        asked = [str(one.at.time()) for one in part.served if turn.at <= one.at < end]
        killed = [str(at.time()) for at in lane.kills if turn.at - A_CHECK < at < end]
        found.append(f"{turn} until {end.time()}: asked at {asked}, killed at {killed}")
    return found


def _wrongly_dated(
    lane: Lane, turns: Sequence[Served], served: Sequence[Served], ledger: Sequence[Transition]
) -> list[str]:
    wrong = []
    for turn, entry in zip(turns, ledger, strict=True):
        since = entry.claim.since
        met = sum(turn.at <= one.at < since for one in served)
        killed = lane.killed(turn.at - A_CHECK, since + A_CHECK)
        if since < turn.at - A_CHECK or met > killed:
            wrong.append(f"{entry} after {met} checks and {killed} kills since {turn.at}")
    return wrong
