"""The collector, or the central database, is away for 30 seconds while a target breaks and heals.

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
from tests.integration.faults import house, nursery, page, target
from tests.integration.faults.house import SECOND, House
from tests.integration.faults.nursery import Forked
from tests.integration.faults.page import Seen
from tests.integration.faults.target import Part, Target

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
Taken = Callable[[House, Forked], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Lived:
    """What was seen of one absence, which lasted from `began` to `ended`."""

    began: datetime
    ended: datetime
    part: Part
    early: list[State]
    ledger: tuple[Transition, ...]
    history: tuple[Segment, ...]
    during: list[Seen]
    after: Seen


@contextmanager
def collector_away(found: House, central: Forked) -> Iterator[None]:
    """Kill the collector, and start it again."""
    central.kill()
    yield
    found.start_collector()


@contextmanager
def sqlite_locked(found: House, _: Forked) -> Iterator[None]:
    """Let another process hold the lock without which nobody can write."""
    command = [sys.executable, "-c", HOLDER, str(found.folder / "central.sqlite")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield
        holder.communicate(timeout=10)


def stopped(server: postgres.Server) -> Taken:
    """Stop the server as when a machine is lost, and start it again."""

    @contextmanager
    def away(_: House, __: Forked) -> Iterator[None]:
        server.stop()
        yield
        server.start()

    return away


def live(found: House, at: Target, part: str, taken: Taken) -> Lived:
    """Take something away, break and heal the target meanwhile, give it back, and wait."""
    found.register("default", [house.monitor(part, at.url(part), failures=2)])
    central = found.start_collector()
    found.start_checker("default")
    with found.page() as url:
        assert page.shows(url, "up", 30), found.log()
        with taken(found, central):
            began = datetime.now(UTC)
            during = page.looks(url, 8, lambda _: False)
            at.turn(part, good=False)
            during += page.looks(url, 10, lambda _: False)
            at.turn(part, good=True)
            during += page.looks(url, 30, lambda seen: seen.at > began + AWAY)
            early = [] if found.engine.dialect.name != "sqlite" else found.states("default", part)
            ended = datetime.now(UTC)
        house.within(45, lambda: found.states("default", part) == OUTAGE)
        after = page.looks(url, 40, lambda seen: "HTTP 503" in seen.days)[-1]
        ledger, history = found.ledger("default", part), found.history("default", part)
    return Lived(began, ended, at.part(part), early, ledger, history, during, after)


@pytest.fixture(name="lived", scope="module")
def _lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Lived]]:
    """All absences, by what was away."""
    folder = tmp_path_factory.mktemp("away")
    with ExitStack() as stack:
        own, at = stack.enter_context(nursery.opened()), stack.enter_context(target.serving())
        plans: dict[str, tuple[str, Taken]] = {
            "collector": ("", collector_away),
            "sqlite": ("", sqlite_locked),
        }
        if not needs.lacking([needs.NEEDS["postgresql"]]):
            server = stack.enter_context(postgres.running())
            plans["postgresql"] = (server.create("faults"), stopped(server))
        running = {}
        threads = stack.enter_context(ThreadPoolExecutor(len(plans)))
        for name, (database, taken) in plans.items():
            found = house.opened(folder / name, own, database=database)
            running[name] = threads.submit(live, stack.enter_context(found), at, name, taken)
        yield {name: future.result(150) for name, future in running.items()}


AWAYS = [
    "collector",
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.needs("postgresql")),
]


@pytest.mark.parametrize("name", AWAYS)
def test_checks_go_on_in_time_while_the_collector_is_away(
    lived: dict[str, Lived], name: str
) -> None:
    it = lived[name]
    assert it.ended - it.began >= AWAY
    assert it.part.longest_gap(it.began, it.ended) <= 2 * SECOND


@pytest.mark.parametrize("name", AWAYS)
def test_both_changes_arrive_afterwards_in_order_and_with_their_own_dates(
    lived: dict[str, Lived], name: str
) -> None:
    it = lived[name]
    assert it.early in ([], [State.UP])
    assert [entry.claim.state for entry in it.ledger] == OUTAGE
    assert [entry.sequence for entry in it.ledger] == [1, 2, 3]
    for turn, entry in zip(it.part.turns, it.ledger[1:], strict=True):
        assert turn.at - SECOND <= entry.claim.since <= turn.at + 2 * SECOND


@pytest.mark.parametrize("name", AWAYS)
def test_the_page_shows_the_outage_afterwards_and_no_time_unknown(
    lived: dict[str, Lived], name: str
) -> None:
    it = lived[name]
    assert it.after.condition == "up"
    assert "HTTP 503" in it.after.days
    assert "not looking" not in it.after.html
    seen = [one for one in it.history if one.end > it.ledger[0].claim.since]
    assert [one.state for one in seen] == OUTAGE


@pytest.mark.parametrize("name", AWAYS)
def test_the_page_goes_on_from_its_cache_and_says_how_old_it_is(
    lived: dict[str, Lived], name: str
) -> None:
    it = lived[name]
    moments = [it.began, *(seen.at for seen in it.during), it.ended]
    assert max(after - before for before, after in pairwise(moments)) < 10 * SECOND
    assert {seen.condition for seen in it.during} == {"up"}
    assert max(seen.as_of for seen in it.during) <= it.began + SECOND
    assert it.during[-1].at - it.during[-1].as_of >= AWAY - 2 * SECOND
