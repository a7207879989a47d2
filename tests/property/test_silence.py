"""A checker and a collector that come and go: what ends up noted as unseen."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from allswell.domain import cover, silence
from allswell.domain.cover import Observation
from allswell.domain.silence import WatchedMonitor
from allswell.domain.timeline import Overlay, OverlayKind
from tests import thoroughness

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
COVER = timedelta(seconds=90)
LENGTH = 3600
Times = list[tuple[int, int]]
# When somebody is away: first second and how many; both are there at first and at last.
absences = st.lists(
    st.tuples(st.integers(10, 640), st.integers(1, 60)).map(lambda at: (at[0] * 5, at[1] * 5)),
    max_size=4,
)


def at(second: int) -> datetime:
    return NOON + timedelta(seconds=second)


def is_away(absent: Times, second: int) -> bool:
    return second < LENGTH - 300 and any(begin <= second < begin + n for begin, n in absent)


@dataclass
class World:
    """What lasts: the checker's file, the overlays, and how far it had seen."""

    samples: list[int] = field(default_factory=list)
    seen: Observation | None = None
    unseen: tuple[Overlay, ...] = ()
    through: datetime = NOON
    started: datetime | None = None
    presence: Observation | None = None
    told: list[Observation] = field(default_factory=list)

    def check(self, second: int) -> None:
        self.samples.append(second)
        self.seen = cover.extend(self.seen, at(second), COVER)

    def beat(self) -> None:
        if self.seen is not None and self.started is not None:
            first = self.presence is None
            self.unseen = silence.correct(self.unseen, self.seen, self.through, first=first)
            self.presence = self.seen
            self.told.append(self.seen)

    def judge(self, second: int) -> None:
        self.started = self.started or at(second)
        is_open = any(entry.end is None for entry in self.unseen)
        watched = WatchedMonitor(1, COVER, self.presence, is_open)
        found = silence.judge([watched], self.through, self.started, at(second))
        assert self.through <= found.observed_through <= at(second)
        self.through = found.observed_through
        self.unseen += tuple(Overlay(OverlayKind.UNSEEN, start) for start in found.opened.values())

    def stop_collector(self) -> None:
        self.started, self.presence = None, None


def lived(checker_away: Times, collector_away: Times) -> World:
    world = World()
    for second in range(0, LENGTH, 5):
        checks = not is_away(checker_away, second)
        if checks and second % 30 == 0:
            world.check(second)
        if is_away(collector_away, second):
            world.stop_collector()
            continue
        if second % 15 == 0:
            world.judge(second)
        if checks and second % 30 == 10:
            world.beat()
    return world


def noted(world: World) -> set[int]:
    return {
        s
        for s in range(0, LENGTH, 5)
        if any(e.start <= at(s) and (e.end is None or at(s) < e.end) for e in world.unseen)
    }


def uncovered(world: World) -> set[int]:
    covered = {s for start in world.samples for s in range(start, start + 90, 5)}
    return set(range(0, LENGTH, 5)) - covered


def without_short_ones(seconds: set[int]) -> set[int]:
    """Return only the stretches that no pause between two looks of the collector can hide."""
    return {
        s
        for s in seconds
        if any({*range(s - n, s - n + 60, 5)} <= seconds for n in range(0, 60, 5))
    }


@settings(max_examples=thoroughness.of(50))
@given(absences)
def test_silence_is_noted_where_no_sample_speaks_and_never_against_a_beat(
    checker_away: Times,
) -> None:
    world = lived(checker_away, [])
    told = {s for s in range(0, LENGTH, 5) for e in world.told if e.since <= at(s) < e.until}
    assert noted(world) & told == set()
    assert without_short_ones(uncovered(world)) <= noted(world)


@settings(max_examples=thoroughness.of(50))
@given(absences)
def test_a_collector_that_comes_and_goes_leaves_nothing_unseen(collector_away: Times) -> None:
    assert noted(lived([], collector_away)) == set()


@settings(max_examples=thoroughness.of(50))
@given(absences, absences)
def test_silence_is_never_taken_for_good(checker_away: Times, collector_away: Times) -> None:
    world = lived(checker_away, collector_away)
    assert without_short_ones(uncovered(world)) <= noted(world)
    assert all(entry.end is not None for entry in world.unseen)
