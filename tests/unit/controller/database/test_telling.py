from datetime import timedelta

import pytest

from allswell.controller.database.telling import TellingWriter
from allswell.domain.cover import Grace, Observation
from allswell.domain.state import State
from tests import centre
from tests.centre import DAY, day_report, transition
from tests.unit.controller.objects import NOW
from tests.unit.controller.world import World

MINUTE = timedelta(minutes=1)


@pytest.fixture
def told() -> list[int]:
    """The ids that the writer has told of."""
    return []


@pytest.fixture
def writer(world: World, told: list[int]) -> TellingWriter:
    return TellingWriter(world.database.engine, Grace(), told.append)


def registered(writer: TellingWriter) -> int:
    row = writer.register(centre.monitor(), namespace_uid="ns", now=NOW)
    writer.hello(row.id, "s1", NOW)
    return row.id


def test_a_claim_is_told_once(writer: TellingWriter, told: list[int]) -> None:
    api = registered(writer)
    said = transition(1, State.UP, NOW - MINUTE)
    assert writer.accept_transition(api, said, NOW)
    assert not writer.accept_transition(api, said, NOW)
    assert told == [api]


def test_a_days_roll_up_is_told_once(writer: TellingWriter, told: list[int]) -> None:
    api = registered(writer)
    report = day_report((NOW - DAY).date())
    assert writer.accept_rollup(api, report, NOW)
    assert not writer.accept_rollup(api, report, NOW)
    assert told == [api]


def test_silence_and_its_end_are_told(writer: TellingWriter, told: list[int]) -> None:
    api = registered(writer)
    writer.open_unseen({api: NOW}, NOW)
    later = NOW + 5 * MINUTE
    seen = Observation(NOW, later, later + MINUTE)
    assert writer.correct_unseen(api, seen, later, first=False, now=later)
    assert told == [api, api]
