"""Measure a page that is in no cache: time and queries, from a real PostgreSQL."""

import gc
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Engine, event, insert

from allswell.central import engine, schema
from allswell.central.reader import CentralReader
from allswell.central.writer import CentralWriter
from allswell.domain import histogram, instant
from allswell.domain.health import HealthClaim
from allswell.domain.latency import LatencyBucket
from allswell.domain.report import Transition
from allswell.domain.spec import page as spec
from allswell.domain.state import State
from allswell_web import main
from allswell_web.build import Dependencies, build
from allswell_web.cache import latency_client
from tests import postgres
from tests.bench import processes
from tests.bench.figure import figure
from tests.integration.web import running

COMPONENTS = 100
DAYS = 90
ROUNDS = 9
# A second more than a copy is fresh.
STEP_S = 31.0
ENVIRON = {
    "REQUEST_METHOD": "GET",
    "PATH_INFO": "/",
    "HTTP_HOST": "localhost",
    "HTTP_ACCEPT_ENCODING": "br",
}


class Latency:
    """A collector: a day of five-minute buckets for each component, as JSON to read."""

    def __init__(self, now: datetime) -> None:
        last = instant.to_ms(now)
        self._rows = [
            [last - 300_000 * back, 5, 60_000 + 211 * back % 30_000, 95_000 + 307 * back % 40_000]
            for back in range(288, 0, -1)
        ]
        self._answers: dict[tuple[str, ...], bytes] = {}

    def buckets(self, public_ids: Sequence[str]) -> Mapping[str, tuple[LatencyBucket, ...]]:
        """Return the buckets of each; the answer is made once, and read each time."""
        asked = tuple(public_ids)
        if asked not in self._answers:
            answer = {"monitors": dict.fromkeys(asked, self._rows)}
            self._answers[asked] = json.dumps(answer).encode()
        return latency_client.read(self._answers[asked])


class AtOnce:
    """An executor that runs what it is given before it returns."""

    def submit(self, do: Any, /, *given: Any, **named: Any) -> "Future[Any]":  # noqa: ANN401
        """Run it."""
        done: Future[Any] = Future()
        done.set_result(do(*given, **named))
        return done


def filled(url: str, components: int, now: datetime) -> Engine:
    """Write a page of so many components, with 90 days of roll-ups and occasional outages each."""
    central = engine.connect(url)
    engine.migrate(central)
    writer, born = CentralWriter(central), now - timedelta(days=DAYS)
    writer.start(born)
    monitors = [
        processes.monitor(f"m{n:03}", "http://127.0.0.1:9/", "60s") for n in range(components)
    ]
    for number, entry in enumerate(monitors):
        row = writer.register(entry, namespace_uid="bench", now=born)
        writer.hello(row.id, "s", born)
        claims = [HealthClaim(State.UP, born)]
        for week in range(12):
            start = instant.floor(born + timedelta(days=7 * week + 1, minutes=number))
            claims += [HealthClaim(State.DOWN, start, "Timeout")]
            claims += [HealthClaim(State.UP, start + timedelta(minutes=9))]
        for sequence, claim in enumerate(claims, 1):
            writer.accept_transition(row.id, Transition(row.public_id, "s", sequence, claim), now)
        _days(central, row.id, now)
    entries = [{"name": entry.meta.name} for entry in monitors]
    manifest = {
        "apiVersion": "allswell.dev/v1alpha1",
        "kind": "StatusPage",
        "metadata": {"name": "page"},
        "spec": {"title": "Bench", "groups": [{"name": "All", "monitors": entries}]},
    }
    shown = spec.read(manifest)
    lines = spec.components(shown, [entry.meta for entry in monitors])
    writer.put_page(shown, lines, now, namespace_uid="bench")
    # So that the page speaks of the present for as long as this lasts.
    writer.observe(now + timedelta(hours=1))
    return central


def _days(central: Engine, monitor: int, now: datetime) -> None:
    """Write ninety days in one transaction; only reading is measured."""
    whole = timedelta(days=1) // instant.MILLISECOND
    rows = [
        {
            "monitor_id": monitor,
            "day": instant.day_of(now) - timedelta(days=back),
            "store_number": 1,
            "revision": 1,
            "checks": 1440,
            "successful": 1440,
            "average_us": 70_000,
            "p95_us": 98_000,
            "latencies": histogram.text(_day(97 * monitor + back)),
            "up_ms": whole,
            **dict.fromkeys(("degraded_ms", "down_ms", "unknown_ms"), 0),
            **dict.fromkeys(("paused_ms", "maintenance_ms"), 0),
            "stale": False,
        }
        for back in range(1, DAYS)
    ]
    with central.begin() as connection:
        connection.execute(insert(schema.rollup), rows)


def _day(seed: int) -> histogram.Histogram:
    """Return the latencies of a day, which are those of no other."""
    return histogram.of(40_000 + seed % 977 * 7 + (997 + seed) * n % 60_000 for n in range(1440))


@contextmanager
def counted(central: Engine) -> Iterator[list[str]]:
    """Yield the statements that are sent, transactions' own apart."""
    sent: list[str] = []

    def note(*arguments: object) -> None:
        sent.append(str(arguments[2]))

    event.listen(central, "before_cursor_execute", note)
    yield sent
    event.remove(central, "before_cursor_execute", note)


class Visit:
    """A page in this process, whose clock only moves when told to."""

    def __init__(self, central: Engine, now: datetime, latency: Latency | None = None) -> None:
        self.now = now
        self.seconds = 0.0
        self._central = central
        executor: Any = AtOnce()
        world = Dependencies(
            CentralReader(central), latency, lambda: self.now, lambda: self.seconds, executor
        )
        self._web = build(world)

    def ask(self) -> tuple[float, int]:
        """Let every copy become old, ask, and return the milliseconds and the queries it took.

        The versions are looked at before, as a thread of the page's process does every 2 s.
        """
        self.seconds += STEP_S
        self.now += timedelta(seconds=STEP_S)
        self._web.watch.poll()
        statuses: list[str] = []

        def start(status: str, *_: object) -> Callable[[bytes], object]:
            statuses.append(status)
            return statuses.__contains__

        with counted(self._central) as sent:
            began = time.perf_counter()
            self._web.front(dict(ENVIRON), start)
            took = time.perf_counter() - began
        if statuses != ["200 OK"]:
            raise RuntimeError(statuses)
        return took * 1000, len(sent)


@figure(name="page_cold_ms", unit="ms", limit=150)
@figure(name="page_cold_queries", unit="queries", limit=6)
@figure(name="page_cold_with_latency_ms", unit="ms", limit=300, needs=("postgresql",))
def cold() -> Iterator[tuple[str, float]]:
    """Measure 100 components over 90 days; and whether 10 components take as many queries.

    Once more with today's latency, which comes from the collector: 28,800 buckets to read.
    """
    now = instant.floor(datetime.now(UTC))
    gc.set_threshold(main.COLLECT_AFTER)
    sent_by: list[int] = []
    with postgres.running() as server:
        for components in (10, COMPONENTS):
            central = filled(server.create(f"of{components}"), components, now)
            asked = _asked(Visit(central, now))
            sent_by.append(max(sent for _, sent in asked))
            measured = _asked(Visit(central, now, Latency(now)))
            central.dispose()
    if len(set(sent_by)) > 1:
        raise RuntimeError(f"the number of queries grows with that of components: {sent_by}")
    yield "page_cold_ms", median(took for took, _ in asked)
    yield "page_cold_queries", float(sent_by[-1])
    yield "page_cold_with_latency_ms", median(took for took, _ in measured)


def _asked(visit: Visit) -> list[tuple[float, int]]:
    """Measure what a page costs, again and again; the first time includes everything else."""
    visit.ask()
    return [visit.ask() for _ in range(ROUNDS)]


@figure(name="page_first_ms", unit="ms", limit=1000, needs=("postgresql",))
def first() -> Iterator[tuple[str, float]]:
    """Measure the very first HTTP request to a process that has just started, for the same page."""
    with postgres.running() as server:
        url = server.create("first")
        filled(url, COMPONENTS, instant.floor(datetime.now(UTC))).dispose()
        with running.serving(url) as process:
            began = time.perf_counter()
            answer = process.get("/")
            took = time.perf_counter() - began
        if answer.status != 200:
            raise RuntimeError(answer.status)
    yield "page_first_ms", took * 1000
