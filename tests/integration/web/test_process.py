"""Check a real process on loopback, with a real central database in SQLite."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from allswell.central import writer
from tests.integration.web.running import recover, serving

pytestmark = pytest.mark.integration


def test_a_real_process_shows_what_the_central_database_holds(
    central: tuple[str, writer.CentralWriter],
) -> None:
    with serving(central[0]) as running:
        html = running.get("/").body.decode()
        assert "Public &lt;API&gt; is down" in html
        assert "returned HTTP 503" in html
        status = json.loads(running.get("/api/v2/status.json").body)["status"]
        assert status == {"indicator": "critical", "description": "Major System Outage"}
        head = running.get("/", "HEAD", Accept_Encoding="gzip")
        assert head.headers["content-encoding"] == "gzip"
        assert int(head.headers["content-length"]) > 1000
        tag = running.get("/").headers["etag"]
        assert running.get("/", If_None_Match=tag).status == 304
        assert running.reads() == 1


def test_a_change_is_on_the_page_within_a_few_seconds(
    central: tuple[str, writer.CentralWriter],
) -> None:
    url, central_writer = central
    with serving(url) as running:
        assert b"is down" in running.get("/").body
        recover(central_writer)
        deadline = time.monotonic() + 20
        while b"is down" in running.get("/").body:
            assert time.monotonic() < deadline


def test_sigterm_ends_it_cleanly_within_ten_seconds(
    central: tuple[str, writer.CentralWriter],
) -> None:
    with serving(central[0]) as running:
        idle = http.client.HTTPConnection("127.0.0.1", running.port)
        idle.request("GET", "/")
        idle.getresponse().read()
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(10) == 0
        idle.close()


def test_it_stops_when_its_stdin_ends_if_it_is_told_to(
    central: tuple[str, writer.CentralWriter],
) -> None:
    with serving(central[0], ALLSWELL_STOP_WITH_STDIN="1") as running:
        assert running.process.stdin is not None
        running.process.stdin.close()
        assert running.process.wait(10) == 0
        running.process.stdin = None


def test_a_worker_does_not_outlive_the_process_that_started_it(
    central: tuple[str, writer.CentralWriter],
) -> None:
    with serving(central[0]) as running:
        running.process.kill()
        running.process.wait(5)
        deadline = time.monotonic() + 15
        while True:
            try:
                running.get("/healthz")
            except OSError:
                return
            assert time.monotonic() < deadline


def test_a_port_that_is_taken_gives_one_sentence_and_exit_code_one(
    central: tuple[str, writer.CentralWriter],
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
