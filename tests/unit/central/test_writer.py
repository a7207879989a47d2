from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from allswell.central import engine as engines
from allswell.central.writer import CentralWriter
from allswell.domain.cover import Observation
from allswell.domain.state import State
from tests import central_database
from tests.central_database import DAY, NOON, day_report, transition

MINUTE = timedelta(minutes=1)


@pytest.fixture
def changed() -> list[int]:
    """Return the ids that the writer has called back with."""
    return []


@pytest.fixture
def writer(tmp_path: Path, changed: list[int]) -> Iterator[CentralWriter]:
    engine = engines.connect(f"sqlite:///{tmp_path / 'central.db'}")
    engines.migrate(engine)
    yield CentralWriter(engine, on_change=changed.append)
    engine.dispose()


def registered(writer: CentralWriter) -> int:
    row = writer.register(central_database.monitor(), namespace_uid="ns", now=NOON)
    writer.hello(row.id, "s1", NOON)
    return row.id


def test_a_claim_calls_back_once(writer: CentralWriter, changed: list[int]) -> None:
    api = registered(writer)
    claim = transition(1, State.UP, NOON - MINUTE)
    assert writer.accept_transition(api, claim, NOON)
    assert not writer.accept_transition(api, claim, NOON)
    assert changed == [api]


def test_a_days_roll_up_calls_back_once(writer: CentralWriter, changed: list[int]) -> None:
    api = registered(writer)
    report = day_report((NOON - DAY).date())
    assert writer.accept_rollup(api, report, NOON)
    assert not writer.accept_rollup(api, report, NOON)
    assert changed == [api]


def test_silence_and_its_end_call_back(writer: CentralWriter, changed: list[int]) -> None:
    api = registered(writer)
    writer.open_unseen({api: NOON}, NOON)
    later = NOON + 5 * MINUTE
    seen = Observation(NOON, later, later + MINUTE)
    assert writer.correct_unseen(api, seen, later, first=False, now=later)
    assert changed == [api, api]
