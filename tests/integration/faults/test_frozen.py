"""Test frozen processes: silence is never taken for health."""

import signal
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from allswell.central import schema, session
from allswell.domain.state import State
from tests.integration.faults import installation, page_process
from tests.integration.faults.fork_server import ForkServer
from tests.integration.faults.installation import QUICK, SECOND, Installation
from tests.integration.faults.target import Target

pytestmark = pytest.mark.integration

COVER = QUICK.grace.cover(SECOND)


def test_a_frozen_checker_turns_the_page_unknown_and_never_green_beyond_its_cover(
    fork_server: ForkServer, target: Target, tmp_path: Path
) -> None:
    with installation.opened(tmp_path / "installation", fork_server, pace=QUICK) as running:
        running.register("default", [installation.monitor("api", target.url("api"))])
        central, checker = running.start_collector(), running.start_checker("default")
        with running.page() as url:
            assert page_process.wait_for_condition(url, "up"), running.log()
            checker.send(signal.SIGSTOP)
            reading = page_process.read_until(url, 20, lambda one: one.condition == "unknown")
            latest = target.endpoint("api").requests[-1].at + COVER
            assert reading[-1].condition == "unknown", running.log()
            assert "no monitoring data" in reading[-1].html.lower()
            green = [one for one in reading if one.condition == "up"]
            assert max(one.as_of for one in green) <= latest
            # The page tells whole seconds, and the target notes a check a moment after its start.
            assert reading[-1].as_of > latest - 2 * SECOND
            later = page_process.read_until(url, 3, lambda one: one.condition != "unknown")
            assert {one.condition for one in later} == {"unknown"}
            checker.send(signal.SIGCONT)
            assert page_process.wait_for_condition(url, "up"), running.log()
        gap = [one for one in running.history("default", "api") if one.state is State.UNKNOWN]
        assert gap[-1].start <= latest
        assert gap[-1].end - gap[-1].start > SECOND
        assert checker.stop() == 0, running.log()
        assert central.stop() == 0, running.log()


def age(running: Installation, by: timedelta) -> None:
    """Leave the database as a collector leaves it that was frozen so much earlier."""
    row, shown = schema.collector, schema.page
    milliseconds = by // timedelta(milliseconds=1)
    earlier = row.c.observed_through_ms - milliseconds
    with session.writing(running.engine) as connection:
        connection.execute(update(row).values(observed_through_ms=earlier))
        connection.execute(update(shown).values(version=shown.c.version + 1))


def test_with_the_collector_frozen_the_page_says_that_the_present_is_not_known(
    fork_server: ForkServer, target: Target, tmp_path: Path
) -> None:
    """Move the time observed through back, so as not to wait for two minutes."""
    with installation.opened(tmp_path / "installation", fork_server) as running:
        running.register("default", [installation.monitor("api", target.url("api"))])
        central, checker = running.start_collector(), running.start_checker("default")
        with running.page() as url:
            assert page_process.wait_for_condition(url, "up"), running.log()
            central.send(signal.SIGSTOP)
            age(running, timedelta(seconds=110))
            frozen = len(target.endpoint("api").requests)
            reading = page_process.read_until(url, 30, lambda one: one.condition == "unknown")
            last = reading[-1]
            assert last.condition == "unknown", running.log()
            assert last.headline == "The current status is unknown"
            assert "No monitoring data since" in last.html
            assert "from that time and may be outdated" in last.html
            assert last.at - last.as_of > timedelta(minutes=2)
            assert all(one.at - one.as_of < timedelta(seconds=122) for one in reading[:-1])
            assert target.wait_for_requests("api", frozen + 1, 5)
            target.change("api", good=False)
            assert (
                page_process.read_until(url, 3, lambda one: one.condition == "down")[-1].condition
                == "unknown"
            )
            central.send(signal.SIGCONT)
            assert page_process.wait_for_condition(url, "down", 45), running.log()
        assert running.states("default", "api") == [State.UP, State.DOWN]
        assert {one.state for one in running.history("default", "api")} <= {
            State.UNKNOWN,
            State.UP,
            State.DOWN,
        }
        assert checker.stop() == 0, running.log()
        assert central.stop() == 0, running.log()
