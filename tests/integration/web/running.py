"""Run a real page on loopback, over a real central database, and send it requests."""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from allswell.central import engine, writer
from allswell.domain import instant, spec
from allswell.domain.health import HealthClaim
from allswell.domain.hostname_claim import Proof
from allswell.domain.report import Transition
from allswell.domain.spec import monitor, page
from allswell.domain.state import State

# A start that hangs ends here; a busy machine needs longer than a quiet one.
START_S = 90.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Running:
    process: subprocess.Popen[bytes]
    port: int

    def reads(self) -> int:
        """Return how often this process has read the page's facts from the database."""
        counts = re.findall(r"facts_reads_total\S* (\d+)", self.get("/metrics").body.decode())
        return sum(map(int, counts))

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(connection):
            connection.request(method, path, headers=sent)
            with connection.getresponse() as response:
                headers_ = {name.lower(): value for name, value in response.getheaders()}
                return Answer(response.status, headers_, response.read())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def manifest(kind: str, name: str, body: dict[str, object]) -> dict[str, object]:
    return {
        "apiVersion": spec.meta.API_VERSION,
        "kind": kind,
        "metadata": {"name": name},
        "spec": body,
    }


@contextmanager
def serving(url: str, **more: str) -> Iterator[Running]:
    port = free_port()
    environ = dict(os.environ) | {
        "ALLSWELL_DATABASE_URL": url,
        "ALLSWELL_BIND": f"127.0.0.1:{port}",
        **more,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "allswell_web"],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        running = Running(process, port)
        answers(running)
        yield running
    finally:
        process.terminate()
        process.communicate(timeout=10)


def answers(running: Running) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            assert running.get("/healthz").status == 200
        except OSError:
            assert running.process.poll() is None
        else:
            return
    pytest.fail("the process did not answer")


def filled(url: str, **more: object) -> writer.CentralWriter:
    """Fill a database with one page of one monitor that went down a minute ago, seen until now."""
    connected = engine.connect(url)
    engine.migrate(connected)
    central, now = writer.CentralWriter(connected), instant.floor(datetime.now(UTC))
    central.start(now - timedelta(hours=1))
    monitor_spec = monitor.read(
        manifest("Monitor", "api", {"http": {"url": "https://example.com/"}})
    )
    born = now - timedelta(hours=1)
    row = central.register(monitor_spec, namespace_uid="local", now=born)
    group = {"name": "API", "monitors": [{"name": "api", "title": "Public <API>"}]}
    page_spec = page.read(
        manifest("StatusPage", "acme", {"title": "Acme", "groups": [group], **more})
    )
    listed = page.components(page_spec, [monitor_spec.meta])
    identity = central.put_page(page_spec, listed, now, namespace_uid="local")
    central.claims.request(identity, page_spec.hostnames, now)
    for host in page_spec.hostnames:
        central.claims.record_proof(identity, host, Proof.TXT, now)
    central.claims.set_served({(identity, host) for host in page_spec.hostnames}, now)
    central.hello(row.id, "store", now)
    for sequence, claim in enumerate(
        (
            HealthClaim(State.UP, born),
            HealthClaim(State.DOWN, now - timedelta(minutes=1), "HTTP 503"),
        ),
        1,
    ):
        central.accept_transition(row.id, Transition(row.public_id, "store", sequence, claim), now)
    central.observe(now)
    # Connections are made again when they are needed.
    connected.dispose()
    return central


def recover(central: writer.CentralWriter, sequence: int = 3) -> None:
    """Let the monitor be up again from now on."""
    (row,) = central.living()
    now = instant.floor(datetime.now(UTC))
    claim = HealthClaim(State.UP, now)
    central.accept_transition(row.id, Transition(row.public_id, "store", sequence, claim), now)
    central.observe(now + timedelta(milliseconds=1))


def hidden(central: writer.CentralWriter) -> None:
    """Take the page away."""
    central.hide_page("default", "acme", instant.floor(datetime.now(UTC)))
