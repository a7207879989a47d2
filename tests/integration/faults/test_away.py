"""Test that the collector, or the database, may be away for 30 s while a target breaks and heals.

Both databases and the collector are taken away side by side, each from an installation of its own.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from allswell.domain.report import Transition
from allswell.domain.state import State
from allswell.domain.timeline import Segment
from tests import needs, postgres
from tests.integration.faults import fork_server, installation, page_process, target
from tests.integration.faults.fork_server import ForkedProcess
from tests.integration.faults.installation import SECOND, Installation
from tests.integration.faults.page_process import PageReading
from tests.integration.faults.target import Endpoint, Target

pytestmark = pytest.mark.integration

AWAY = timedelta(seconds=30)
OUTAGE = [State.UP, State.DOWN, State.UP]
HOLDER = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""
TakeAway = Callable[[Installation, ForkedProcess], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Lived:
    """What was recorded of one outage, which lasted from `began` to `ended`."""

    began: datetime
    ended: datetime
    endpoint: Endpoint
    early: list[State]
    transitions: tuple[Transition, ...]
    history: tuple[Segment, ...]
    during: list[PageReading]
    after: PageReading


@contextmanager
def collector_away(running: Installation, collector: ForkedProcess) -> Iterator[None]:
    """Stop the collector by SIGKILL, and start it again."""
    collector.kill()
    yield
    running.start_collector()


@contextmanager
def sqlite_locked(running: Installation, _: ForkedProcess) -> Iterator[None]:
    """Hold, in another process, the lock without which nothing can be written."""
    command = [sys.executable, "-c", HOLDER, str(running.folder / "central.sqlite")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield
        holder.communicate(timeout=10)


def stopped(server: postgres.Server) -> TakeAway:
    """Stop the server as when a machine is lost, and start it again."""

    @contextmanager
    def away(_: Installation, __: ForkedProcess) -> Iterator[None]:
        server.stop()
        yield
        server.start()

    return away


def live(running: Installation, at: Target, endpoint: str, take_away: TakeAway) -> Lived:
    """Take something away, break and repair the target meanwhile, bring it back, and wait."""
    running.register("default", [installation.monitor(endpoint, at.url(endpoint), failures=2)])
    collector = running.start_collector()
    running.start_checker("default")
    with running.page() as url:
        assert page_process.wait_for_condition(url, "up", 30), running.log()
        with take_away(running, collector):
            began = datetime.now(UTC)
            during = page_process.read_until(url, 8, lambda _: False)
            at.change(endpoint, good=False)
            during += page_process.read_until(url, 10, lambda _: False)
            at.change(endpoint, good=True)
            during += page_process.read_until(url, 30, lambda reading: reading.at > began + AWAY)
            early = (
                []
                if running.engine.dialect.name != "sqlite"
                else running.states("default", endpoint)
            )
            ended = datetime.now(UTC)
        installation.wait_until(45, lambda: running.states("default", endpoint) == OUTAGE)
        after = page_process.read_until(url, 40, lambda reading: "HTTP 503" in reading.days)[-1]
        transitions, history = (
            running.transitions("default", endpoint),
            running.history("default", endpoint),
        )
    return Lived(began, ended, at.endpoint(endpoint), early, transitions, history, during, after)


@pytest.fixture(name="lived", scope="module")
def _lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Lived]]:
    """Yield all outages, by what was away."""
    folder = tmp_path_factory.mktemp("away")
    with ExitStack() as stack:
        own, at = stack.enter_context(fork_server.opened()), stack.enter_context(target.serving())
        plans: dict[str, tuple[str, TakeAway]] = {
            "collector": ("", collector_away),
            "sqlite": ("", sqlite_locked),
        }
        if not needs.lacking([needs.NEEDS["postgresql"]]):
            server = stack.enter_context(postgres.running())
            plans["postgresql"] = (server.create("faults"), stopped(server))
        futures = {}
        threads = stack.enter_context(ThreadPoolExecutor(len(plans)))
        for name, (database, take_away) in plans.items():
            running = installation.opened(folder / name, own, database=database)
            futures[name] = threads.submit(live, stack.enter_context(running), at, name, take_away)
        yield {name: future.result(150) for name, future in futures.items()}


AWAYS = [
    "collector",
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.needs("postgresql")),
]


@pytest.mark.parametrize("name", AWAYS)
def test_checks_go_on_in_time_while_the_collector_is_away(
    lived: dict[str, Lived], name: str
) -> None:
    outage = lived[name]
    assert outage.ended - outage.began >= AWAY
    assert outage.endpoint.longest_gap(outage.began, outage.ended) <= 2 * SECOND


@pytest.mark.parametrize("name", AWAYS)
def test_both_changes_arrive_afterwards_in_order_and_with_their_own_dates(
    lived: dict[str, Lived], name: str
) -> None:
    outage = lived[name]
    assert outage.early in ([], [State.UP])
    assert [entry.claim.state for entry in outage.transitions] == OUTAGE
    assert [entry.sequence for entry in outage.transitions] == [1, 2, 3]
    for change, entry in zip(outage.endpoint.changes, outage.transitions[1:], strict=True):
        assert change.at - SECOND <= entry.claim.since <= change.at + 2 * SECOND


@pytest.mark.parametrize("name", AWAYS)
def test_the_page_shows_the_outage_afterwards_and_no_time_unknown(
    lived: dict[str, Lived], name: str
) -> None:
    outage = lived[name]
    assert outage.after.condition == "up"
    assert "HTTP 503" in outage.after.days
    assert "no monitoring data" not in outage.after.html.lower()
    reading = [one for one in outage.history if one.end > outage.transitions[0].claim.since]
    assert [one.state for one in reading] == OUTAGE


@pytest.mark.parametrize("name", AWAYS)
def test_the_page_goes_on_from_its_cache_and_says_how_old_it_is(
    lived: dict[str, Lived], name: str
) -> None:
    outage = lived[name]
    moments = [outage.began, *(reading.at for reading in outage.during), outage.ended]
    assert max(after - before for before, after in pairwise(moments)) < 10 * SECOND
    assert {reading.condition for reading in outage.during} == {"up"}
    assert max(reading.as_of for reading in outage.during) <= outage.began + SECOND
    assert outage.during[-1].at - outage.during[-1].as_of >= AWAY - 2 * SECOND
