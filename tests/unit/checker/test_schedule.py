import pytest

from allswell.checker import schedule
from allswell.checker.schedule import Schedule

GRID = Schedule(first=100.0, interval=60.0, every=5.0)


@pytest.mark.parametrize(
    ("started", "ended", "due", "missed"),
    [
        (100.0, 100.1, 160.0, 0),
        (100.4, 110.0, 160.0, 0),
        # a loop that wakes a little early has still done the slot
        (160.0 - 1e-8, 160.0 - 1e-8, 220.0, 0),
        # a check that lasts beyond the next slots misses them
        (100.0, 161.0, 220.0, 1),
        (100.0, 290.0, 340.0, 3),
    ],
)
def test_the_grid_is_kept_whatever_a_check_takes(
    started: float, ended: float, due: float, missed: int
) -> None:
    assert GRID.after(started, ended, confirming=False) == (due, missed)


@pytest.mark.parametrize(
    ("started", "ended", "due"),
    [(100.0, 100.1, 105.0), (100.0, 107.0, 107.0), (158.0, 158.1, 160.0)],
)
def test_while_confirming_the_next_check_is_sooner_unless_the_grid_is(
    started: float, ended: float, due: float
) -> None:
    assert GRID.after(started, ended, confirming=True)[0] == due


def test_a_grid_of_tenths_is_never_checked_twice_in_a_slot() -> None:
    grid = Schedule(first=0.1, interval=0.3, every=0.3)
    due = grid.first
    for number in range(1, 1000):
        due, missed = grid.after(due, due, confirming=False)
        assert missed == 0
        assert due == pytest.approx(0.1 + number * 0.3)


@pytest.mark.parametrize(("interval", "latest"), [(1.0, 1.0), (3600.0, 10.0)])
def test_the_first_check_comes_soon_and_at_a_moment_of_its_own(
    interval: float, latest: float
) -> None:
    firsts = [schedule.start(0.0, "acme", f"m{number}", interval, 5.0)[0] for number in range(500)]
    assert all(0 <= first < latest for first in firsts)
    counted = [sum(first < latest * part / 4 for first in firsts) for part in (1, 2, 3)]
    assert counted == pytest.approx([125, 250, 375], abs=40)


def test_after_the_first_check_a_thousand_monitors_spread_over_their_interval() -> None:
    slots = []
    for number in range(1000):
        first, grid = schedule.start(0.0, "acme", f"m{number}", 60.0, 5.0)
        due, missed = grid.after(first, first, confirming=False)
        assert missed == 0
        assert first < due < first + 60.0 + 1e-6
        slots.append(due)
    counted = [sum(due < 60.0 * part / 4 for due in slots) for part in (1, 2, 3)]
    assert counted == pytest.approx([250, 500, 750], abs=60)


def test_a_restart_changes_no_phase() -> None:
    assert schedule.phase("acme", "api") == schedule.phase("acme", "api")
    assert schedule.phase("acme", "api") != schedule.phase("other", "api")
