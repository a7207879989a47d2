"""Run a whole installation of real processes: checkers, collector, page, over one database."""

import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from allswell.central import engine as engines
from allswell.central import schema, session
from allswell.central.writer import CentralWriter
from allswell.checker import config
from allswell.checker.config import CheckerConfig
from allswell.domain import instant, timeline
from allswell.domain.cover import Grace
from allswell.domain.health import HealthClaim
from allswell.domain.report import Transition
from allswell.domain.spec import monitor as spec
from allswell.domain.spec import page as pages
from allswell.domain.spec.monitor import Monitor
from allswell.domain.state import State
from allswell.domain.timeline import Segment
from tests import central_database
from tests.integration.faults import collector_process, page_process
from tests.integration.faults.collector_process import CrashPlan
from tests.integration.faults.fork_server import ForkedProcess, ForkServer

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """The grace of a sample, and the intervals of heartbeats and of judging silence."""

    grace: Grace = field(default_factory=Grace)
    beat_every: timedelta = timedelta(seconds=30)
    watch_every: float = 15.0


QUICK = Pace(Grace(3 * SECOND, 3 * SECOND), SECOND, 1.0)


class Installation:
    """One installation; every namespace has a checker of its own."""

    def __init__(self, folder: Path, fork_server: ForkServer, database: str, pace: Pace) -> None:
        self.folder = folder
        self.port = free_port()
        self.database = database
        self._fork_server = fork_server
        self._pace = pace
        self._tokens: dict[str, tuple[str, str]] = {}
        self._log = folder / "log"
        self.archive: dict[str, str] = {}
        self.collector_port = self.port
        self.engine = engines.connect(database)
        engines.migrate(self.engine)

    def register(self, namespace: str, monitors: Sequence[Monitor]) -> None:
        """Make monitors known to the collector, on a page of their own, and to their checker."""
        writer, now = CentralWriter(self.engine, self._pace.grace), datetime.now(UTC)
        writer.start(now)
        for monitor in monitors:
            writer.register(monitor, namespace_uid=namespace, now=now)
        shown = _page(namespace, [monitor.meta.name for monitor in monitors])
        endpoints = pages.components(shown, [monitor.meta for monitor in monitors])
        writer.put_page(shown, endpoints, now, namespace_uid=namespace)
        here = self.folder / namespace
        here.mkdir()
        listed = CheckerConfig(
            monitors=tuple(monitors),
            grace=self._pace.grace,
            beat_every=self._pace.beat_every,
            allow_loopback=True,
        )
        (here / config.FILE).write_text(config.text(listed))
        (here / "token").write_text(f"token-{namespace}")
        # As on Kubernetes, a checker of one monitor speaks for that one alone.
        only = monitors[0].meta.name if len(monitors) == 1 else ""
        self._tokens[f"token-{namespace}"] = (namespace, only)

    def start_collector(self, crash_plan: CrashPlan | None = None) -> ForkedProcess:
        """Start the collector, always on the same port."""
        settings = collector_process.settings(
            self.database, self.port, self._tokens, self._pace.watch_every, crash_plan
        )
        settings |= self.archive
        return self._fork_server.start("collector", settings, self._log)

    def start_checker(
        self, namespace: str, data: Path | None = None, status: int = 0
    ) -> ForkedProcess:
        """Start the checker of a namespace; its results go to `data` if that is given."""
        here = self.folder / namespace
        settings = {
            "ALLSWELL_CONFIG": str(here),
            "ALLSWELL_DATA": str(data or here),
            "ALLSWELL_COLLECTOR_URL": f"http://127.0.0.1:{self.collector_port}",
            "ALLSWELL_TOKEN_FILE": str(here / "token"),
            "ALLSWELL_STATUS_BIND": f"127.0.0.1:{status}",
            "PATH": os.environ.get("PATH", os.defpath),
        }
        return self._fork_server.start("checker", settings, self._log)

    @contextmanager
    def page(self) -> Iterator[str]:
        """Run the web server; the address of its one page, or of the list of them."""
        token = self.folder / "page.token"
        token.write_text(collector_process.PAGE_TOKEN)
        settings = {
            "ALLSWELL_DATABASE_URL": self.database,
            "ALLSWELL_COLLECTOR_URL": f"http://127.0.0.1:{self.port}",
            "ALLSWELL_TOKEN_FILE": str(token),
        }
        with page_process.serve(settings, free_port(), self.folder / "web.log") as url:
            yield url

    def log(self) -> str:
        """Return the log of checkers and collector."""
        return self._log.read_text() if self._log.exists() else ""

    def transitions(self, namespace: str, name: str) -> tuple[Transition, ...]:
        """Return the transitions that the collector has of a monitor, in its order."""
        t, s, m = schema.transition.c, schema.store.c, schema.monitor.c
        statement = (
            select(s.store_id, t.sequence, t.state, t.since_ms, t.reason)
            .join_from(schema.transition, schema.store)
            .join(schema.monitor, m.id == t.monitor_id)
            .where(m.namespace == namespace, m.name == name)
            .order_by(s.number, t.sequence)
        )
        with session.reading(self.engine) as connection:
            return tuple(
                Transition(
                    name, store, number, HealthClaim(State(state), instant.from_ms(ms), reason)
                )
                for store, number, state, ms, reason in connection.execute(statement)
            )

    def states(self, namespace: str, name: str) -> list[State]:
        """Return the states of those transitions, in order."""
        return [entry.claim.state for entry in self.transitions(namespace, name)]

    def history(self, namespace: str, name: str) -> tuple[Segment, ...]:
        """Return a monitor's states as the page computes them, until now."""
        writer = CentralWriter(self.engine)
        rows = {(row.namespace, row.name): row for row in writer.living()}
        row = rows[namespace, name]
        claims = [entry.claim for entry in self.transitions(namespace, name)]
        overlays = central_database.overlays(self.engine, row.id)
        return timeline.segments(claims, overlays, row.born, datetime.now(UTC))

    def close(self) -> None:
        """Disconnect from the database."""
        self.engine.dispose()


@contextmanager
def opened(
    folder: Path, fork_server: ForkServer, *, database: str = "", pace: Pace | None = None
) -> Iterator[Installation]:
    """Yield an installation in a folder of its own; without a URL its database is a file there."""
    folder.mkdir(parents=True)
    installation = Installation(
        folder, fork_server, database or f"sqlite:///{folder}/central.sqlite", pace or Pace()
    )
    try:
        yield installation
    finally:
        installation.close()


def monitor(name: str, url: str, namespace: str = "default", *, failures: int = 1) -> Monitor:
    """Return a Monitor that is checked every second."""
    body: dict[str, object] = {
        "interval": "1s",
        "timeout": "1s",
        "confirm": {"failures": failures, "successes": 1, "every": "1s"},
        "http": {"url": url},
    }
    return spec.read(_manifest("Monitor", name, namespace, body))


def _page(namespace: str, names: Sequence[str]) -> pages.StatusPage:
    group = {"name": "All", "monitors": [{"name": name, "title": name} for name in names]}
    body: dict[str, object] = {"title": "Faults", "groups": [group]}
    return pages.read(_manifest("StatusPage", namespace, namespace, body))


def _manifest(kind: str, name: str, namespace: str, body: dict[str, object]) -> dict[str, object]:
    return {
        "apiVersion": "allswell.dev/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": body,
    }


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(seconds: float, holds: Callable[[], bool]) -> bool:
    """Wait until a condition holds; False when time is over."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
