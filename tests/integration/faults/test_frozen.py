"""Processes that are frozen: nobody takes silence for health."""

import signal
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from allswell.central import schema, session
from allswell.domain.state import State
from tests.integration.faults import house, page
from tests.integration.faults.house import QUICK, SECOND, House
from tests.integration.faults.nursery import Nursery
from tests.integration.faults.target import Target

pytestmark = pytest.mark.integration

COVER = QUICK.grace.cover(SECOND)


def test_a_frozen_checker_turns_the_page_unknown_and_never_green_beyond_its_cover(
    nursery: Nursery, target: Target, tmp_path: Path
) -> None:
    with house.opened(tmp_path / "house", nursery, pace=QUICK) as found:
        found.register("default", [house.monitor("api", target.url("api"))])
        central, checker = found.start_collector(), found.start_checker("default")
        with found.page() as url:
            assert page.shows(url, "up"), found.log()
            checker.send(signal.SIGSTOP)
            seen = page.looks(url, 20, lambda one: one.condition == "unknown")
            latest = target.part("api").served[-1].at + COVER
            assert seen[-1].condition == "unknown", found.log()
            assert "not looking" in seen[-1].html
            green = [one for one in seen if one.condition == "up"]
            assert max(one.as_of for one in green) <= latest
            # The page tells whole seconds, and the target notes a check a moment after its start.
            assert seen[-1].as_of > latest - 2 * SECOND
            later = page.looks(url, 3, lambda one: one.condition != "unknown")
            assert {one.condition for one in later} == {"unknown"}
            checker.send(signal.SIGCONT)
            assert page.shows(url, "up"), found.log()
        gap = [one for one in found.history("default", "api") if one.state is State.UNKNOWN]
        assert gap[-1].start <= latest
        assert gap[-1].end - gap[-1].start > SECOND
        assert checker.stop() == 0, found.log()
        assert central.stop() == 0, found.log()


def age(found: House, by: timedelta) -> None:
    """Leave the database as a collector leaves it that was frozen so much earlier."""
    row, shown = schema.collector, schema.page
    milliseconds = by // timedelta(milliseconds=1)
    earlier = row.c.observed_through_ms - milliseconds
    with session.writing(found.engine) as connection:
        connection.execute(update(row).values(observed_through_ms=earlier))
        connection.execute(update(shown).values(version=shown.c.version + 1))


def test_with_the_collector_frozen_the_page_says_that_the_present_is_not_known(
    nursery: Nursery, target: Target, tmp_path: Path
) -> None:
    """Two minutes are not waited for: the moment to which the collector has seen is moved back."""
    with house.opened(tmp_path / "house", nursery) as found:
        found.register("default", [house.monitor("api", target.url("api"))])
        central, checker = found.start_collector(), found.start_checker("default")
        with found.page() as url:
            assert page.shows(url, "up"), found.log()
            central.send(signal.SIGSTOP)
            age(found, timedelta(seconds=110))
            frozen = len(target.part("api").served)
            seen = page.looks(url, 30, lambda one: one.condition == "unknown")
            last = seen[-1]
            assert last.condition == "unknown", found.log()
            assert last.sentence == "The current status is unknown"
            assert "No monitoring data since" in last.html
            assert "not how they stand now" in last.html
            assert last.at - last.as_of > timedelta(minutes=2)
            assert all(one.at - one.as_of < timedelta(seconds=122) for one in seen[:-1])
            assert target.asked("api", frozen + 1, 5)
            target.turn("api", good=False)
            assert (
                page.looks(url, 3, lambda one: one.condition == "down")[-1].condition == "unknown"
            )
            central.send(signal.SIGCONT)
            assert page.shows(url, "down", 45), found.log()
        assert found.states("default", "api") == [State.UP, State.DOWN]
        assert {one.state for one in found.history("default", "api")} <= {
            State.UNKNOWN,
            State.UP,
            State.DOWN,
        }
        assert checker.stop() == 0, found.log()
        assert central.stop() == 0, found.log()
