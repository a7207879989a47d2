"""A real process on loopback, with a real central database in SQLite."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from allswell.central import engine, writer
from allswell.domain import instant, spec
from allswell.domain.health import Claim
from allswell.domain.report import Transition
from allswell.domain.spec import monitor, page
from allswell.domain.state import State

pytestmark = pytest.mark.integration
START_S = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Running:
    process: subprocess.Popen[bytes]
    port: int

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(connection):
            connection.request(method, path, headers=sent)
            with connection.getresponse() as response:
                found = {name.lower(): value for name, value in response.getheaders()}
                return Answer(response.status, found, response.read())


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


@pytest.fixture
def central(tmp_path: Path) -> tuple[str, writer.Writer]:
    """A database with one page of one monitor that went down a minute ago, seen until now."""
    url = f"sqlite:///{tmp_path}/central.db"
    connected = engine.connect(url)
    engine.migrate(connected)
    it, now = writer.Writer(connected), instant.floor(datetime.now(UTC))
    it.start(now - timedelta(hours=1))
    wanted = monitor.read(manifest("Monitor", "api", {"http": {"url": "https://example.com/"}}))
    born = now - timedelta(hours=1)
    row = it.register(wanted, namespace_uid="local", now=born)
    group = {"name": "API", "monitors": [{"name": "api", "title": "Public <API>"}]}
    shown = page.read(manifest("StatusPage", "acme", {"title": "Acme", "groups": [group]}))
    it.put_page(shown, page.components(shown, [wanted.meta]), now, namespace_uid="local")
    it.hello(row.id, "store", now)
    for sequence, claim in enumerate(
        (Claim(State.UP, born), Claim(State.DOWN, now - timedelta(minutes=1), "HTTP 503")), 1
    ):
        it.accept_transition(row.id, Transition(row.public_id, "store", sequence, claim), now)
    it.observe(now)
    return url, it


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


def test_a_real_process_shows_what_the_central_database_holds(
    central: tuple[str, writer.Writer],
) -> None:
    with serving(central[0]) as running:
        html = running.get("/").body.decode()
        assert "Public &lt;API&gt; is down" in html
        assert "answered HTTP 503" in html
        status = json.loads(running.get("/api/v2/status.json").body)["status"]
        assert status == {"indicator": "critical", "description": "Major System Outage"}
        head = running.get("/", "HEAD", Accept_Encoding="gzip")
        assert head.headers["content-encoding"] == "gzip"
        assert int(head.headers["content-length"]) > 1000
        tag = running.get("/").headers["etag"]
        assert running.get("/", If_None_Match=tag).status == 304
        reads = re.findall(r"facts_reads_total\S* (\d+)", running.get("/metrics").body.decode())
        assert reads == ["1"]


def test_a_change_is_on_the_page_within_a_few_seconds(
    central: tuple[str, writer.Writer],
) -> None:
    url, it = central
    with serving(url) as running:
        assert b"is down" in running.get("/").body
        (row,) = it.living()
        now = instant.floor(datetime.now(UTC))
        claim = Claim(State.UP, now)
        it.accept_transition(row.id, Transition(row.public_id, "store", 3, claim), now)
        it.observe(now + timedelta(milliseconds=1))
        deadline = time.monotonic() + 8
        while b"is down" in running.get("/").body:
            assert time.monotonic() < deadline


def test_sigterm_ends_it_cleanly_within_five_seconds(central: tuple[str, writer.Writer]) -> None:
    with serving(central[0]) as running:
        idle = http.client.HTTPConnection("127.0.0.1", running.port)
        idle.request("GET", "/")
        idle.getresponse().read()
        began = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(5) == 0
        assert time.monotonic() - began < 5
        idle.close()


def test_it_stops_when_its_stdin_ends_if_it_is_told_to(central: tuple[str, writer.Writer]) -> None:
    with serving(central[0], ALLSWELL_STOP_WITH_STDIN="1") as running:
        assert running.process.stdin is not None
        running.process.stdin.close()
        assert running.process.wait(5) == 0
        running.process.stdin = None


def test_a_worker_does_not_outlive_the_process_that_started_it(
    central: tuple[str, writer.Writer],
) -> None:
    with serving(central[0]) as running:
        running.process.kill()
        running.process.wait(5)
        deadline = time.monotonic() + 6
        while True:
            try:
                running.get("/healthz")
            except OSError:
                return
            assert time.monotonic() < deadline


def test_a_port_that_is_taken_gives_one_sentence_and_exit_code_one(
    central: tuple[str, writer.Writer],
) -> None:
    with serving(central[0]) as running:
        second = subprocess.run(
            [sys.executable, "-m", "allswell_web"],
            env=dict(os.environ)
            | {
                "ALLSWELL_DATABASE_URL": central[0],
                "ALLSWELL_BIND": f"127.0.0.1:{running.port}",
            },
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert second.returncode == 1
        assert second.stderr == (
            f"allswell page: cannot listen at 127.0.0.1:{running.port}: address already in use; "
            "set ALLSWELL_BIND to another address and port\n"
        )
        assert running.get("/").status == 200
