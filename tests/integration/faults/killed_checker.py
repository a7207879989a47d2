"""Run one checker after another on the same file, each killed at a random moment."""

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
from tests.integration.faults import installation
from tests.integration.faults.fork_server import ForkedProcess
from tests.integration.faults.installation import Installation
from tests.integration.faults.target import Target, TargetEvent

A_CHECK = timedelta(seconds=1)
# A result that was answered so long before a kill is committed.
COMMITTED = timedelta(seconds=0.5)
# How much later than its check a request may come to the target of a busy machine.
STALLED = 3 * A_CHECK
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class KilledChecker:
    """The monitors of one namespace, and every kill of their checker."""

    installation: Installation
    target: Target
    namespace: str
    monitors: Sequence[Monitor]
    chance: random.Random
    kills: list[datetime] = field(default_factory=list)
    stopped: datetime = NEVER

    @classmethod
    def make(
        cls,
        target_installation: Installation,
        target: Target,
        namespace: str,
        chance: random.Random,
    ) -> "KilledChecker":
        """Register three monitors; as machines stall, none goes down at its first failure."""
        names = (f"{namespace}-{number}" for number in count())
        early = (name for name in names if schedule.phase(namespace, name) < 0.4)
        chosen = [
            installation.monitor(name, target.url(name), namespace, failures=failures)
            for failures, name in zip((2, 3, 2), early, strict=False)
        ]
        target_installation.register(namespace, chosen)
        return cls(target_installation, target, namespace, chosen, chance)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the monitors, which are also their endpoints of the target."""
        return tuple(monitor.meta.name for monitor in self.monitors)

    def kill_often(self, times: int) -> None:
        """Start a checker and kill it, so many times."""
        for _ in range(times):
            asked = len(self.target.endpoint(self.names[0]).requests)
            process = self.installation.start_checker(self.namespace)
            if self.chance.random() < 0.25:
                time.sleep(self.chance.uniform(0, 0.6))
            else:
                assert self.target.wait_for_requests(self.names[0], asked, 60), (
                    self.installation.log()
                )
                time.sleep(self.chance.uniform(0, 3.4))
            self._kill(process)

    def _kill(self, process: ForkedProcess) -> None:
        self.kills.append(datetime.now(UTC))
        process.send(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, self.installation.log()

    def is_known(self, monitor: Monitor) -> bool:
        """Tell whether enough results of the present state must have been committed.

        The first request after a kill does not count: the killed process may have sent it.
        """
        since, requests = self.target.recent(monitor.meta.name)
        until = datetime.now(UTC) - COMMITTED
        counted = sum(
            since <= at < until
            and not self.killed(at, at + COMMITTED)
            and not self.killed(before, at)
            for before, at in pairwise(requests)
        )
        return counted >= monitor.confirm.failures

    def is_reported(self) -> bool:
        """Tell whether the collector holds as many states as there were."""
        return all(
            len(self.installation.states(self.namespace, name))
            >= len(self.target.endpoint(name).states)
            for name in self.names
        )

    def killed(self, since: datetime, until: datetime) -> int:
        """Return how many kills there were between two moments."""
        return sum(since <= at <= until for at in self.kills)

    def stop_cleanly(self) -> None:
        """Let one more checker learn the present states, and stop it cleanly."""
        process = self.installation.start_checker(self.namespace)
        known = installation.wait_until(
            30, lambda: all(self.is_known(monitor) for monitor in self.monitors)
        )
        assert known, self.installation.log()
        self.stopped = datetime.now(UTC)
        assert process.stop() == 0, self.installation.log()

    def undelivered(self) -> list[str]:
        """Return the outbox of the checker's file."""
        store = Store.open(
            self.installation.folder / self.namespace / "checker.sqlite", now=datetime.now(UTC)
        )
        waiting = [str(each.envelope) for each in store.outbox(1000, datetime.now(UTC))]
        store.close()
        return waiting

    def lost_results(self, monitor: Monitor) -> list[timedelta]:
        """Return how long before a kill, or the end, each request came that has left no sample.

        It may have waited a moment for the target when its checker was dead already.
        """
        left, ends = self._started(monitor), [*self.kills, self.stopped]
        ages = []
        for at in [one.at for one in self.target.endpoint(monitor.meta.name).requests]:
            own = [started for started in left if at - STALLED < started <= at]
            if own:
                left.remove(own[-1])
            else:
                ages.append(min(abs(end - at) for end in ends))
        return ages

    def _started(self, monitor: Monitor) -> list[datetime]:
        """Return when each check began that is in the checker's file."""
        now = datetime.now(UTC)
        store = Store.open(self.installation.folder / self.namespace / "checker.sqlite", now=now)
        number = store.enroll(monitor.meta.name, target_hash(monitor)).number
        started = [one.started for one in store.samples(number, now - timedelta(days=1), now)]
        store.close()
        return started


@dataclass(slots=True)
class TargetFlipper:
    """Breaks and repairs every monitor's endpoint as soon as its state must be known, or later."""

    checkers: Sequence[KilledChecker]
    chance: random.Random
    is_over: bool = False

    def run(self) -> None:
        """Break and repair until it is over."""
        waits: dict[str, datetime] = {}
        while not self.is_over:
            for checker in self.checkers:
                for monitor in checker.monitors:
                    self._change(checker, monitor, waits)
            time.sleep(0.05)

    def _change(self, checker: KilledChecker, monitor: Monitor, waits: dict[str, datetime]) -> None:
        name, now = monitor.meta.name, datetime.now(UTC)
        if now >= waits.setdefault(name, now) and checker.is_known(monitor):
            checker.target.change(name, good=not checker.target.endpoint(name).good)
            waits[name] = now + timedelta(seconds=self.chance.uniform(0.5, 4))


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the collector has, compared with what the target did."""

    transitions: int
    lost: int
    doubled: int
    wrong: tuple[str, ...]


def compare(checker: KilledChecker, monitor: Monitor) -> Comparison:
    """Compare: every change must be in the transitions once, in order, dated from its first check.

    A kill may cost one result, so the date may be one check later for each kill since the change.
    """
    name = monitor.meta.name
    endpoint, transitions = (
        checker.target.endpoint(name),
        checker.installation.transitions(checker.namespace, name),
    )
    expected = [State.UP if good else State.DOWN for good in endpoint.states]
    states = [entry.claim.state for entry in transitions]
    wrong = []
    if states != expected:
        reasons = Counter(entry.claim.reason for entry in transitions)
        wrong.append(f"{name}: {len(states)} states and not {len(expected)}; {reasons}")
        wrong += _unreported(checker, name, transitions)
    if [(e.store, e.sequence) for e in transitions] != [
        (transitions[0].store, n + 1) for n in range(len(transitions))
    ]:
        wrong.append(f"{name}: numbered {[(e.store, e.sequence) for e in transitions]}")
    same = sum(before is after for before, after in pairwise(states))
    if not wrong:
        wrong += _wrongly_dated(checker, endpoint.changes, endpoint.requests, transitions[1:])
    return Comparison(
        len(endpoint.changes), max(0, len(expected) - len(states) + same), same, tuple(wrong)
    )


def _unreported(checker: KilledChecker, name: str, transitions: Sequence[Transition]) -> list[str]:
    """Return every change without a claim of its own, with what happened until the next one."""
    endpoint, now = checker.target.endpoint(name), datetime.now(UTC)
    ends = [*(change.at for change in endpoint.changes[1:]), now]
    lines = [f"in the outbox: {checker.undelivered()}"]
    for change, end in zip(endpoint.changes, ends, strict=True):
        if any(change.at - A_CHECK < entry.claim.since < end for entry in transitions):
            continue
        asked = [str(one.at.time()) for one in endpoint.requests if change.at <= one.at < end]
        killed = [str(at.time()) for at in checker.kills if change.at - A_CHECK < at < end]
        lines.append(f"{change} until {end.time()}: asked at {asked}, killed at {killed}")
    return lines


def _wrongly_dated(
    checker: KilledChecker,
    changes: Sequence[TargetEvent],
    requests: Sequence[TargetEvent],
    transitions: Sequence[Transition],
) -> list[str]:
    wrong = []
    for change, entry in zip(changes, transitions, strict=True):
        since = entry.claim.since
        met = sum(change.at <= one.at < since for one in requests)
        killed = checker.killed(change.at - A_CHECK, since + A_CHECK)
        if since < change.at - A_CHECK or met > killed:
            wrong.append(f"{entry} after {met} checks and {killed} kills since {change.at}")
    return wrong
