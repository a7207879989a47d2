from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allswell.domain import maintenance
from allswell.domain.maintenance import Maintenance, MaintenanceUpdate, Phase

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
WORK = Maintenance("m", "Upgrade", NOON, NOON + 2 * HOUR, None, NOON, NOON)
moments = st.integers(0, 50).map(lambda hours: NOON + hours * HOUR)


def said(phase: Phase, hours: float) -> MaintenanceUpdate:
    return MaintenanceUpdate("u", phase, "", NOON + hours * HOUR, NOON)


@pytest.mark.parametrize(
    ("hours", "phase"),
    [
        (-1, Phase.SCHEDULED),
        (0, Phase.IN_PROGRESS),
        (1.9, Phase.IN_PROGRESS),
        (2, Phase.COMPLETED),
    ],
)
def test_the_clock_tells_the_phase(hours: float, phase: Phase) -> None:
    assert maintenance.phase(WORK, NOON + hours * HOUR) is phase


def test_what_was_called_off_is_so_at_any_time() -> None:
    off = replace(WORK, cancelled=NOON)
    assert maintenance.phase(off, NOON + HOUR) is Phase.CANCELLED


def test_a_word_of_verifying_counts_from_when_it_was_said_until_the_next() -> None:
    told = replace(WORK, updates=(said(Phase.VERIFYING, 1), said(Phase.IN_PROGRESS, 0.5)))
    assert maintenance.phase(told, NOON + 0.7 * HOUR) is Phase.IN_PROGRESS
    assert maintenance.phase(told, NOON + HOUR) is Phase.VERIFYING
    assert maintenance.phase(told, NOON + 2 * HOUR) is Phase.COMPLETED


def test_who_says_that_work_begins_early_is_believed_from_then_on() -> None:
    told = replace(WORK, updates=(said(Phase.IN_PROGRESS, -1), said(Phase.SCHEDULED, -24)))
    assert maintenance.phase(told, NOON - 1.1 * HOUR) is Phase.SCHEDULED
    assert maintenance.phase(told, NOON - HOUR) is Phase.IN_PROGRESS
    assert maintenance.phase(told, NOON + HOUR) is Phase.IN_PROGRESS


def test_windows_that_overlap_or_touch_are_joined() -> None:
    noon, one, two, three, four = (NOON + hours * HOUR for hours in range(5))
    windows = [(three, four), (noon, two), (one, one), (one, two), (two, two)]
    assert maintenance.join(windows) == ((noon, two), (three, four))
    assert maintenance.join([(one, two), (noon, one)]) == ((noon, two),)


@given(st.lists(st.tuples(moments, moments)), moments)
def test_joined_windows_hold_the_same_moments_and_keep_apart(
    windows: list[tuple[datetime, datetime]], moment: datetime
) -> None:
    found = maintenance.join(windows)
    holds = [start <= moment < end for start, end in windows]
    assert any(start <= moment < end for start, end in found) == any(holds)
    assert all(one[1] < two[0] for one, two in pairwise(found))
